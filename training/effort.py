"""How much one step computes, and how much of what the machine can do that is."""

import functools
import math
import time
from dataclasses import replace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from training import weightless
from training.arithmetic import Arithmetic
from training.networks.flops import GIGA
from training.recipes import Recipe
from training.step import learn_from
from training.team import ALONE

PICTURES = 2
"""Counted on so many at once, for some networks normalise over a batch of more than one."""

SIDE = 8192
SECONDS = 0.5
"""Long enough that the clocks are up: they idle low."""


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Torch's own counts, without its sums by module, which a second derivative does not allow."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flop: int = 0

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = operation(*args, **(kwargs or {}))
        count = flop_registry.get(operation.overloadpacket)
        if count:
            self.flop += count(*args, **(kwargs or {}), out_val=result)
        return result


def gflop_per_picture(
    recipe: Recipe, size_px: int, how: Arithmetic, *, targets_kept: bool = False
) -> float:
    """Count what one step does for each picture of its batch, by doing it without numbers.

    It is the very code of the step: every forward and backward, the penalty in the form it is
    computed in, all updates of the critic. The tensors have a shape and nothing else.

    Args:
        recipe: what is trained.
        size_px: the side of its pictures.
        how: the arithmetic.
        targets_kept: whether the features of the true pictures are there already.

    Returns:
        GFLOP of convolutions and matrix products; a multiplication with its addition counts 2.
        Optimisers, averages, hints and all else that is done by the element count nothing.
    """
    players = weightless.players_of(recipe, size_px)
    # Autocast knows no device without numbers, and would not change the count; nor do others, who
    # are not asked.
    how = replace(how, device=torch.device("cpu"), bf16=False, team=ALONE)
    turns = recipe.n_critic if players.critic else 1
    seen = [weightless.batch_of(recipe, size_px, PICTURES) for _ in range(turns)]
    with _Counter() as counter:
        wanted = players.targets.of(seen[-1]) if players.targets else None
        if targets_kept:
            counter.flop = 0
        learn_from(players, seen, wanted, how)
    gflop: float = counter.flop / PICTURES / GIGA
    return gflop


@functools.cache
def peak_tflops(device: torch.device, bf16: bool) -> float:
    """Measure what a GPU does at best: the fastest of some large matrix products.

    Returns:
        TFLOP a second, in the arithmetic of the networks.
    """
    dtype = torch.bfloat16 if bf16 else torch.float32
    one, two = (torch.randn(SIDE, SIDE, device=device, dtype=dtype) for _ in range(2))
    best, first = math.inf, time.perf_counter()
    while (begun := time.perf_counter()) - first < SECONDS:
        one @ two
        torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - begun)
    return 2 * SIDE**3 / best / 1e12
