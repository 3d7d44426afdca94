"""Where and how exactly a training computes: device, precision, form of the penalty."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch.utils import deterministic

from storage.errors import BadInput
from training.config import TrainingConfig
from training.team import ALONE, Team, gathered

WRONG_IN_BF16 = {"alacgan"}
"""Networks whose grouped and dilated convolutions get wrong gradients on a CPU, NaN at worst.

torch 2.13 with oneDNN: up to 163 % off, where fp32 is right to 2e-6 (32 channels in 16 groups).
"""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The device, whether in bf16, the penalty's form, what is compiled, and who computes."""

    device: torch.device
    bf16: bool
    penalty_form: Literal["analytic", "autograd"]
    team: Team = ALONE
    compiled: Literal["off", "on", "graphs"] = "off"

    @classmethod
    def of(cls, config: TrainingConfig) -> "Arithmetic":
        """Settle what the configuration leaves to the machine.

        Raises:
            BadInput: a GPU is asked for and there is none, or the CPU's bf16 is wrong.
        """
        has_gpu = torch.cuda.is_available()
        if config.device == "cuda" and not has_gpu:
            raise BadInput("--training.device cuda: torch finds no GPU here; take auto or cpu")
        device = torch.device("cuda" if has_gpu and config.device != "cpu" else "cpu")
        bf16 = config.precision == "bf16" or (config.precision == "auto" and device.type == "cuda")
        if bf16 and device.type == "cpu" and config.resolved().network in WRONG_IN_BF16:
            raise BadInput(
                f"--training.precision bf16: torch's gradients for the recipe {config.recipe} are"
                " wrong by it on a CPU; take auto or fp32"
            )
        by_device: Literal["graphs", "off"] = "graphs" if device.type == "cuda" else "off"
        compiled = by_device if config.compile == "auto" else config.compile
        return cls(device, bf16, config.penalty_form, compiled=compiled)

    def networks(self) -> torch.autocast:
        """Open the arithmetic of the networks; what lies outside is fp32."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16)

    @contextmanager
    def together(self) -> Iterator["Arithmetic"]:
        """Compute with the other processes of the training, if torchrun has started any."""
        with gathered(self.device) as team:
            yield replace(self, team=team)

    @contextmanager
    def kernels(self) -> Iterator[None]:
        """Choose by what kernels it is computed.

        On a CPU, only by those that give the same bits every time. On a GPU, whose sums have no
        order, each convolution by the fastest, which cuDNN finds out when it first sees its shape;
        what is not in bf16 has the whole mantissa of fp32, and not the ten bits of TF32.
        """
        before = torch.are_deterministic_algorithms_enabled()
        fills = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
        tries, rounds = torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32
        torch.use_deterministic_algorithms(before or self.device.type == "cpu")
        torch.backends.cudnn.benchmark = tries or self.device.type == "cuda"
        torch.backends.cudnn.allow_tf32 = False
        # Every new tensor would be filled with NaN; nothing here reads what it has not written.
        deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before)
            deterministic.fill_uninitialized_memory = fills  # type: ignore[attr-defined]
            torch.backends.cudnn.benchmark = tries
            torch.backends.cudnn.allow_tf32 = rounds
