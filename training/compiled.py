"""Networks compiled: the same arithmetic in fewer, larger kernels.

Eager is the reference, and what is compiled is held to it by a test. Weights, names and what is
saved stay as they are; a network's plain `forward` stays eager, for all that is called seldom.
"""

import functools
import os
import shutil
from collections.abc import Callable
from typing import ParamSpec

import torch
from torch import Tensor

from storage.errors import BadInput
from training.arithmetic import Arithmetic
from training.players import Players

MODES = {"on": "default", "graphs": "reduce-overhead"}
"""Torch's words for ours. Batches are of one size, so kernels for any (`dynamic`) gain nothing."""

P = ParamSpec("P")


def compile_networks(players: Players, how: Arithmetic) -> None:
    """Have generator, critic and feature network compiled when they are first called.

    Raises:
        BadInput: on a CPU, and there is no C++ compiler.
    """
    if how.compiled == "off":
        return
    if how.device.type == "cpu" and not shutil.which(os.environ.get("CXX", "g++")):
        raise BadInput(
            "--training.compile on: torch.compile needs the C++ compiler g++ on a CPU and finds"
            " none; install it or take --training.compile off"
        )
    for network in (players.generator, players.critic, players.features):
        if network is not None:
            network.compile(mode=MODES[how.compiled], dynamic=False)


def faster(function: Callable[P, Tensor], how: Arithmetic) -> Callable[P, Tensor]:
    """Give a function as it is to be called: compiled, if anything is."""
    return function if how.compiled == "off" else _compile(function, how.compiled)


def begin_step(how: Arithmetic) -> None:
    """Tell CUDA graphs that what the step before has computed may be overwritten."""
    if how.compiled == "graphs":
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]


@functools.cache
def _compile(function: Callable[P, Tensor], compiled: str) -> Callable[P, Tensor]:
    faster = torch.compile(function, mode=MODES[compiled], dynamic=False)

    def copied(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        # A graph's output is overwritten when it is replayed; what a step found has to last.
        return faster(*args, **kwargs).clone()

    return copied
