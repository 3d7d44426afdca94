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

P = ParamSpec("P")

VARIANTS = 256
"""So many networks of one kind may one process compile, where torch goes on uncompiled after 8: a
grid of trainings has as many widths as it likes."""


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
    torch._dynamo.config.recompile_limit = VARIANTS
    # Dropout draws what it draws uncompiled, where Inductor has a stream of its own.
    torch._inductor.config.fallback_random = True
    for network in (players.generator, players.critic, players.features):
        if network is not None:
            # Batches are of one size, so kernels for any gain nothing.
            network.compile(dynamic=False)


def faster(function: Callable[P, Tensor], how: Arithmetic) -> Callable[P, Tensor]:
    """Give a function as it is to be called: compiled, if anything is."""
    return function if how.compiled == "off" else _compile(function)


@functools.cache
def _compile(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    return torch.compile(function, dynamic=False)
