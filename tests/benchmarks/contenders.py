"""Trainings to be timed beside each other: each a step, its pictures and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.side_by_side import Team
from training.config import TrainingConfig
from training.data import Pairs
from training.networks.flops import GIGA
from training.step import critic_update


@dataclass(frozen=True, slots=True)
class Contender:
    """One thing to be timed: what it does, for how many pictures, of how many GFLOP each."""

    name: str
    step: Callable[[], object]
    batch_size: int
    gflop: float


def training(name: str, config: TrainingConfig, pairs: Pairs) -> Contender:
    """Time whole steps of a training."""
    team, numbers = Team.of(config, pairs), count()
    batch_size = team.players.recipe.batch_size
    return Contender(
        name, lambda: team.step(next(numbers)), batch_size, gflop_of_step(config, pairs)
    )


def critic_alone(name: str, config: TrainingConfig, pairs: Pairs) -> Contender:
    """Time the critic's updates alone, on one batch and its fakes."""
    team = Team.of(config, pairs)
    batch = team.batches.draw(0)
    fake = torch.rand_like(batch.color) * 2 - 1

    def step() -> None:
        critic_update(team.players, batch, fake, team.how)

    # Counted on a step of one form: the same number of pictures whichever is compiled.
    eager = Team.of(_with(config, compile="off"), pairs)
    counter = FlopCounterMode(display=False)
    with counter:
        critic_update(eager.players, batch, fake, eager.how)
    size = team.players.recipe.batch_size
    return Contender(name, step, size, counter.get_total_flops() / GIGA / size)


def gflop_of_step(config: TrainingConfig, pairs: Pairs) -> float:
    """Count one step of one picture; features that are kept are known by then."""
    one = Pairs(pairs.color[:1], pairs.edge[:1], None)
    team = Team.of(_with(config, compile="off", batch_size=1), one)
    team.step(0)
    counter = FlopCounterMode(display=False)
    with counter:
        team.step(1)
    return counter.get_total_flops() / GIGA


def _with(config: TrainingConfig, **overrides: Any) -> TrainingConfig:
    return TrainingConfig.model_validate(config.model_dump() | overrides)
