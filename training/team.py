"""The processes that train one recipe together, each on its share of every batch.

Batches, hints and noise are those of one process, and so is what comes out, up to rounding: losses
are means over equal shares, so their gradients are averaged. We do that by hand, in one sum behind
each backward pass. DistributedDataParallel hides the sum behind the computing, but wants one
forward through the wrapped network before each backward; our critic is scored twice, asked for its
kernels by the penalty, and judges the generator's pictures without learning.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from storage.errors import BadInput, IrodoriError, LostPeer
from storage.place import Place

PATIENCE = timedelta(minutes=30)
"""So long may a process keep the others waiting: one machine may still decode its pictures."""


@dataclass(frozen=True, slots=True)
class Team:
    """All processes of a training, as one of them sees them; alone, everything here costs nothing.

    Raises, whatever is done together:
        LostPeer: another process has ended.
    """

    rank: int = 0
    size: int = 1
    device: torch.device | None = None

    def rows(self, batch_size: int) -> slice:
        """Give the own rows of a batch.

        Raises:
            BadInput: not all processes would get as many.
        """
        if batch_size % self.size:
            raise BadInput(
                f"--training.batch-size {batch_size}: {self.size} processes cannot share it"
                f" equally; take a multiple of {self.size} or another number of processes"
            )
        share = batch_size // self.size
        return slice(self.rank * share, (self.rank + 1) * share)

    def average(self, network: nn.Module) -> None:
        """Put in place of a network's gradients their mean over all processes."""
        if self.size == 1:
            return
        gradients = [value.grad for value in network.parameters() if value.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        sizes = [each.numel() for each in gradients]
        parts = torch.split(add_up(flat).div_(self.size), sizes)
        means = [part.view(each.shape) for part, each in zip(parts, gradients, strict=True)]
        torch._foreach_copy_(gradients, means)

    def mean(self, facts: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the means of some numbers over all processes, still on the device."""
        if self.size == 1:
            return facts
        means = add_up(torch.stack(list(facts.values()))) / self.size
        return dict(zip(facts, means.unbind(), strict=True))

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def gather(self, mine: Tensor) -> Tensor:
        """Give everybody's tensors, one a row; gradients find their way back."""
        slots = torch.arange(self.size, device=mine.device).view(-1, *[1] * mine.ndim)
        mine_alone = torch.where(slots == self.rank, mine, torch.zeros_like(mine))
        rows: Tensor = _Sum.apply(mine_alone)  # type: ignore[no-untyped-call]
        return rows

    def told(self, number: int = 0) -> int:
        """Wait for all, and give the number that the first process says."""
        if self.size == 1:
            return number
        said = number if self.rank == 0 else 0
        return int(add_up(torch.tensor([said], device=self.device)).item())


ALONE = Team()

OUT_OF_MEMORY = ("DefaultCPUAllocator", "out of memory", "ALLOC_FAILED")
"""Of a CPU, of CUDA beside torch's own allocator, and of its libraries: they have no error of
their own."""


@contextmanager
def gathered(device: torch.device) -> Iterator[Team]:
    """Find the other processes, if torchrun has started any, for as long as this lasts.

    Raises:
        BadInput: the processes of this machine are more than its GPUs.
        IrodoriError: the others are not found.
    """
    place = Place.here()
    if place.size == 1:
        yield ALONE
        return
    if device.type == "cuda":
        _take_gpu(place)
    backend = "nccl" if device.type == "cuda" else "gloo"
    try:
        dist.init_process_group(backend, timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        where = ":".join(os.environ.get(name, "?") for name in ("MASTER_ADDR", "MASTER_PORT"))
        raise IrodoriError(f"{place} does not find the others at {where}: {error}") from error
    try:
        yield Team(place.rank, place.size, device)
    finally:
        dist.destroy_process_group()


def add_up(mine: Tensor) -> Tensor:
    """Add the others' tensors to this one, in place; the same bits for all of them."""
    try:
        dist.all_reduce(mine)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        raise LostPeer(
            "another process of this training has ended, and its own line or torchrun's says why;"
            f" run the same command again and it goes on where it was ({_first_line(error)})"
        ) from error
    return mine


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether torch, or a library of its, has found no memory."""
    is_told = any(complaint in str(error) for complaint in OUT_OF_MEMORY)
    return is_told or isinstance(error, torch.OutOfMemoryError)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


class _Sum(torch.autograd.Function):
    """The sum over all processes: each one's loss depends on everybody's part of it."""

    @staticmethod
    def forward(ctx: Any, mine: Tensor) -> Tensor:  # noqa: ARG004
        return add_up(mine.clone())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:  # noqa: ARG004
        return _Sum.apply(gradient)  # type: ignore[no-untyped-call]


def _take_gpu(place: Place) -> None:
    gpus = torch.cuda.device_count()
    if place.on_machine >= gpus:
        raise BadInput(
            f"{place} finds {gpus} GPUs on its machine, wanted one for each; take"
            f" --nproc-per-node {gpus} or --training.device cpu"
        )
    torch.cuda.set_device(place.on_machine)
