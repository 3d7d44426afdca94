"""What each recipe amounts to: its networks built at full size, weighed, and never run."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from training.networks.build import build_critic, build_generator
from training.networks.flops import gflop, num_parameters
from training.recipes import RECIPES, RecipeName

SIZE_PX = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """One recipe; `critic` is empty without one, GFLOP are of one picture's forward pass.

    `losses` are the weights of those that take part; `settings` are all that the recipe heeds;
    `differs` says where it is not what its source has, empty where nothing is known to differ.
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
    differs: str = ""


DIFFERS: Mapping[RecipeName, str] = {
    "wgan": "the paper's L1, features and TV stand beside the game, as in gan and cgan",
    "paper-plus": (
        "no noise, which networks learn to pass over; lines are those of the dataset, not of a"
        " detector drawn for each picture"
    ),
    "deepcolor": "L1 50 for its 100, whose pictures are in [0, 1]",
    "pix2pix": "no jitter, no mirroring; it answers by running statistics and without dropout",
    "auto-painter": (
        "features and TV are means (features by their target's energy), where its 1e-4 and 1e-3"
        " weigh sums; a stroke has one colour, the mean of what it covers; its code takes a rate of"
        " 2e-5, 512 px and mirroring, and leaves dropout on when it answers"
    ),
    "paintschainer": (
        "dots are discs of 1 to 3 px at 256 px, their colours not rounded to steps of 20; lines by"
        " dilation stand for those of its LNET; any size, not 128 px alone"
    ),
    "alacgan": (
        "no tag features, whose weights are not free; the features' distance is divided by their"
        " target's energy; dots of 4 px stand for the pixels that it keeps of the small picture;"
        " the penalty's norm is over a picture, where its code takes each pixel's, so that its"
        " adversarial 1e-4 counts for more (7 times at 64 px); no mirroring, and the rate stays"
    ),
}
"""Where a recipe leaves its source, and where what it leaves open had to be read."""

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
        critic = build_critic(recipe, SIZE_PX) if recipe.has_critic else None
    planes = [(1, SIZE_PX, SIZE_PX), (recipe.hint_channels, SIZE_PX, SIZE_PX)]
    noise = [(recipe.z_size,)] if recipe.z_size else []
    told = dataclasses.asdict(recipe)
    settings = {name: value for name, value in told.items() if name not in recipe.unheeded}
    return Entry(
        name=name,
        source=settings.pop("source"),
        generator=type(generator).__name__,
        generator_parameters=num_parameters(generator),
        generator_gflop=round(gflop(generator, *planes, *noise), 2),
        critic=type(critic).__name__ if critic else "",
        critic_parameters=num_parameters(critic),
        losses=recipe.losses,
        settings=settings,
        differs=DIFFERS.get(name, ""),
    )
