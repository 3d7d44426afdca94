"""Trainings to be timed beside each other: each a step, its pictures and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.side_by_side import Team
from training import compiled, penalty
from training.config import TrainingConfig
from training.data import Pairs
from training.networks.critic import Critic
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
        with team.how.kernels():
            critic_update(team.players, batch, fake, team.how)

    counted = Team.of(_plainly(config), pairs)
    one = counted.batches.draw(0)
    gflop = _gflop(lambda: critic_update(counted.players, one, one.color, counted.how))
    return Contender(name, step, team.players.recipe.batch_size, gflop)


def penalty_alone(name: str, config: TrainingConfig, pairs: Pairs) -> Contender:
    """Time the gradient penalty alone, value and gradients, in the form that a training takes."""
    team = Team.of(config, pairs)
    critic, batch = team.players.critic, team.batches.draw(0)
    assert isinstance(critic, Critic)
    fake = torch.rand_like(batch.color) * 2 - 1
    mixed = penalty.mix(batch.color, fake, torch.full((len(fake),), 0.5, device=fake.device))

    eager = penalty.analytic if config.penalty_form == "analytic" else penalty.by_autograd
    form = compiled.faster(eager, team.how) if eager is penalty.analytic else eager

    def step() -> None:
        critic.zero_grad()
        with team.how.kernels():
            with team.how.networks():
                value = form(critic, mixed, batch.given)
            torch.autograd.backward(value)

    counted = Team.of(_plainly(config), pairs)
    one, plain = counted.batches.draw(0), counted.players.critic
    gflop = _gflop(lambda: torch.autograd.backward(eager(plain, one.color, one.given)))
    return Contender(name, step, len(fake), gflop)


def gflop_of_step(config: TrainingConfig, pairs: Pairs) -> float:
    """Count one step of one picture; features that are kept are known by then."""
    one = Pairs(pairs.color[:1], pairs.edge[:1])
    team = Team.of(_plainly(config), one)
    team.step(0)
    return _gflop(lambda: team.step(1))


def _gflop(work: Callable[[], object]) -> float:
    counter = FlopCounterMode(display=False)
    with counter:
        work()
    return counter.get_total_flops() / GIGA


def _plainly(config: TrainingConfig) -> TrainingConfig:
    """Have one picture computed where nothing is added to it: no kernel filled up or unseen."""
    plain = {"device": "cpu", "compile": "off", "batch_size": 1}
    return TrainingConfig.model_validate(config.model_dump() | plain)
