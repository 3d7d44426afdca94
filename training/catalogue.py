"""What each recipe amounts to: its networks built at full size, weighed, and never run."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from training.networks.build import build_critic, build_generator, hint_channels
from training.networks.flops import gflop
from training.recipes import RECIPES, Recipe, RecipeName

SIZE_PX = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """One recipe; `critic` is empty without one, GFLOP are of one picture's forward pass.

    `losses` are the weights of those that take part; `settings` are all numbers of the recipe.
    """

    name: str
    source: str
    generator: str
    generator_parameters: int
    generator_gflop: float
    critic: str
    critic_parameters: int
    losses: Mapping[str, float]
    settings: Mapping[str, Any]


LEVIN = Entry(
    name="levin",
    source="Levin and others 2004: the hint's colours spread by optimisation; nothing is trained",
    generator="",
    generator_parameters=0,
    generator_gflop=0.0,
    critic="",
    critic_parameters=0,
    losses={},
    settings={},
)
"""The classical floor, `evaluation/levin.py`: a sparse linear system for each picture."""


def entries() -> list[Entry]:
    """Describe every recipe, and the one answer of the field that needs no training."""
    return [*(describe(name) for name in RECIPES), LEVIN]


def describe(name: RecipeName) -> Entry:
    """Weigh a recipe's networks, at 256 px."""
    recipe = RECIPES[name]
    # Tensors with a shape and nothing in them: no memory, and no time to draw weights.
    with torch.device("meta"):
        generator = build_generator(recipe, SIZE_PX).eval()
        critic = build_critic(recipe, SIZE_PX) if recipe.adversarial_weight else None
    planes = [(1, SIZE_PX, SIZE_PX), (hint_channels(recipe), SIZE_PX, SIZE_PX)]
    noise = [(recipe.z_size,)] if recipe.z_size else []
    settings = dataclasses.asdict(recipe)
    return Entry(
        name=name,
        source=settings.pop("source"),
        generator=type(generator).__name__,
        generator_parameters=_count(generator),
        generator_gflop=round(gflop(generator, *planes, *noise), 2),
        critic=type(critic).__name__ if critic else "",
        critic_parameters=_count(critic) if critic else 0,
        losses=_losses(recipe),
        settings=settings,
    )


def _losses(recipe: Recipe) -> dict[str, float]:
    weights = {
        "adversarial": recipe.adversarial_weight,
        "L1": recipe.l1_weight,
        "L2": recipe.l2_weight,
        "features": recipe.feature_weight,
        "TV": recipe.tv_weight,
        "lines": recipe.lines_weight,
    }
    return {name: weight for name, weight in weights.items() if weight}


def _count(network: torch.nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())
