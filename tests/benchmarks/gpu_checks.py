"""Fast and plain side by side on this machine's device: how far apart fifty steps ever are."""

import dataclasses
from typing import Any
from unittest import mock

import torch

from tests.benchmarks.feature_source import feature_source
from tests.side_by_side import JUDGED, PLAIN, Team, noise_pairs, walk
from training import padding
from training.config import TrainingConfig
from training.recorded import Recorded

PAIRS: dict[str, tuple[dict[str, str], dict[str, str], float]] = {
    # what is compared: the reference's way, the other's, the largest difference allowed
    "analytic penalty against its definition": ({}, {"penalty_form": "analytic"}, 1e-3),
    "kept features, resident pictures against none": (
        {}, {"target_features": "kept", "pictures": "resident"}, 1e-3,
    ),
    "bf16 against fp32": ({}, {"precision": "bf16", "penalty_form": "analytic"}, 0.1),
    "compiled against eager": (
        {"penalty_form": "analytic"}, {"penalty_form": "analytic", "compile": "on"}, 1e-3,
    ),
    "CUDA graph against compiled": (
        {"penalty_form": "analytic", "compile": "on"},
        {"penalty_form": "analytic", "compile": "graphs"}, 1e-3,
    ),
    "a training as it is by default, as a CUDA graph": (
        {"precision": "bf16", "penalty_form": "analytic", "compile": "on"},
        {
            "precision": "bf16", "penalty_form": "analytic", "compile": "graphs",
            "target_features": "kept", "pictures": "resident",
        }, 1e-2,
    ),
}  # fmt: skip
RECORDED_BOUND = 1e-2
"""Of gradients too: cuDNN sums in an order of its own each time, which turns ReLUs over."""


def check(name: str, width: int, size_px: int, steps: int) -> tuple[str, str, float]:
    """Walk one pair; give its largest difference in the losses, in the gradients, and the bound.

    Gradients are judged, and stand without brackets, only where the networks' own rounding is the
    same: weights moved by a ten-millionth already turn ReLUs over, and move a small generator's
    gradient by some percent.
    """
    _round_as_ever()
    reference, other, bound = PAIRS[name]
    pairs = noise_pairs(8, size_px)
    apart = walk(_team(reference, width, pairs), _team(other, width, pairs), steps)
    return _judge(name, apart, bound, gradients=_round_alike(reference, other))


def check_padded(width: int, size_px: int, steps: int) -> tuple[str, str, float]:
    """Walk the padded and the plain networks; the penalty of the plain ones is autograd's."""
    _round_as_ever()
    pairs = noise_pairs(8, size_px)
    with mock.patch.object(padding, "is_wanted", return_value=False):
        plain = _team({}, width, pairs)
    apart = walk(plain, _team({"penalty_form": "analytic"}, width, pairs), steps)
    return _judge("padded channels", apart, 1e-3, gradients=False)


def check_recorded(recipe: str, size_px: int, steps: int) -> tuple[str, str, float]:
    """Record a step of a recipe, eager; give its largest differences from the plain one."""
    pairs = noise_pairs(8, size_px)
    plain = _team({"recipe": recipe}, 8, pairs)
    other = dataclasses.replace(_team({"recipe": recipe}, 8, pairs), learn=Recorded())
    apart = walk(plain, other, steps)
    losses = max(apart[fact] for fact in JUDGED if fact in apart)
    gradients = max(apart["generator"], apart.get("critic", 0.0))
    if not max(losses, gradients) < RECORDED_BOUND:
        raise SystemExit(f"recorded {recipe}: {losses:.2g}, {gradients:.2g} apart")
    return f"{losses:.1e}", f"{gradients:.1e}", RECORDED_BOUND


def check_patience(recipe: str, size_px: int) -> tuple[str, str, str]:
    """Do some steps of a recipe in which no wait for the GPU is allowed."""
    way = {"recipe": recipe, "penalty_form": "analytic", "pictures": "resident"}
    team = _team(way, 8, noise_pairs(8, size_px))
    team = dataclasses.replace(team, learn=Recorded())
    # By then it is recorded.
    for number in range(5):
        team.step(number)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in range(5, 8):
            team.step(number)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return "", "", "no wait"


def _round_as_ever() -> None:
    # Else what is called fp32 has ten bits of mantissa on a GPU, and sums have no order.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True


def _judge(
    name: str, apart: dict[str, float], bound: float, *, gradients: bool
) -> tuple[str, str, float]:
    losses = max(apart[fact] for fact in JUDGED)
    worst = max(apart["generator"], apart["critic"])
    judged = max(losses, worst) if gradients else losses
    if not judged < bound:
        raise SystemExit(f"{name}: {judged:.2g} apart, wanted {bound:g}")
    return f"{losses:.1e}", f"{worst:.1e}" if gradients else f"({worst:.1e})", bound


def _round_alike(one: dict[str, str], other: dict[str, str]) -> bool:
    is_eager = [way.get("compile", "off") == "off" for way in (one, other)]
    return "precision" not in other and is_eager[0] == is_eager[1]


def _team(way: dict[str, str], width: int, pairs: Any) -> Team:
    config = {
        "recipe": "paper", "width": width, "critic_width": width, "z_form": "lowres",
        "feature_layer": "conv3_1",
    } | feature_source()  # fmt: skip
    return Team.of(TrainingConfig.model_validate(PLAIN | config | way), pairs)
