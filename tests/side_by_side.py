"""One training computed in two ways, side by side: how far apart they ever are.

Left alone, two trainings part by rounding alone, as any game does. So before each step the other
way is put where the reference is: what differs then is the way of computing and nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from training import compiled, recorded, residence
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches, Pairs, hints_of
from training.players import Players, gather
from training.step import Facts, Learn, train_step

PLAIN: dict[str, Any] = {
    "precision": "fp32",
    "penalty_form": "autograd",
    "target_features": "computed",
    "pictures": "streamed",
    "compile": "off",
}
"""The reference: nothing is fast."""

JUDGED = ("loss", "l1", "l2", "tv", "features", "penalty")
"""Facts that are no difference of two large numbers."""


@dataclass(frozen=True, slots=True)
class Team:
    """A training, ready to step."""

    players: Players
    batches: Batches
    how: Arithmetic
    learn: Learn

    @classmethod
    def of(cls, config: TrainingConfig, pairs: Pairs) -> "Team":
        """Make ready as the train stage does."""
        how = Arithmetic.of(config)
        players = gather(config, pairs.size_px, how.device, 0)
        compiled.compile_networks(players, how)
        lying = residence.settle(pairs, how.device, config.pictures)
        hints = hints_of({"hints": {}}, players.recipe)
        batches = Batches(lying, hints, players.recipe, how.device, 0)
        return cls(players, batches, how, recorded.learning(how))

    def step(self, number: int) -> Facts:
        """Do one step; what is dropped out in it follows from its number, as in a training."""
        torch.manual_seed(number)
        with self.how.kernels():
            return train_step(self.players, self.batches, number, self.how, self.learn)

    @property
    def networks(self) -> list[nn.Module]:
        """Who learns."""
        critic = self.players.critic
        return [self.players.generator, critic] if critic else [self.players.generator]


def noise_pairs(count: int, size_px: int) -> Pairs:
    """Make pictures of noise: no pixel is like its neighbour, so no rounding is like another."""
    chance = torch.Generator().manual_seed(1)
    pixels = torch.randint(
        0, 256, (count, 4, size_px, size_px), dtype=torch.uint8, generator=chance
    )
    return Pairs(pixels[:, :3], pixels[:, 3:])


def walk(reference: Team, other: Team, steps: int) -> dict[str, float]:
    """Walk with the reference and let the other do every step from where it is.

    Returns:
        The largest relative difference that any step shows, of each fact and of the gradients that
        each network learns by (`generator`, `critic`), as the norm of the difference by the norm.
    """
    worst: dict[str, float] = {}
    for number in range(steps):
        for leads, follows in zip(reference.networks, other.networks, strict=True):
            follows.load_state_dict(leads.state_dict())
        wanted, found = reference.step(number), other.step(number)
        apart = {name: _apart([found[name]], [wanted[name]]) for name in JUDGED if name in wanted}
        for name, leads, follows in zip(
            ("generator", "critic"), reference.networks, other.networks, strict=False
        ):
            apart[name] = _apart(_gradients(follows), _gradients(leads))
        worst = {name: max(value, worst.get(name, 0.0)) for name, value in apart.items()}
    return worst


def _gradients(network: nn.Module) -> list[Tensor]:
    return [value.grad for value in network.parameters() if value.grad is not None]


def _apart(found: Iterable[Tensor], wanted: Iterable[Tensor]) -> float:
    one, other = (torch.cat([each.double().flatten() for each in all_]) for all_ in (found, wanted))
    return float((one - other).norm() / other.norm())
