"""Every recipe, narrow, learns eight pictures by heart: whatever it plays, it learns to colour.

No hint is given, so that nothing but memory tells the colours.
"""

from typing import Any

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F

from preprocessing.config import HintConfig
from storage import digest
from tests.thin_vgg16 import thin_vgg16
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches, Pairs
from training.players import gather
from training.recipes import RECIPES, RecipeName
from training.step import train_step

CPU = torch.device("cpu")
SIZE_PX = 32
PICTURES = 8
STEPS = 70
NO_HINT = HintConfig(kind="none")
SMALL: dict[str, Any] = {
    "width": 8, "critic_width": 4, "z_form": "lowres", "batch_size": PICTURES, "device": "cpu",
}  # fmt: skip
RATE = 4e-3
"""Narrow networks on eight pictures want a higher one than full ones on thousands."""
SLOW = {"alacgan": 110, "wgan": 110, "paintschainer": 110}
"""Deep tunnels without normalisation, clipped weights, a low rate."""
RATES = {"paintschainer": 1e-3}
"""At a higher one its critic, which is told nothing but the picture, shouts down all else."""
LEARNS_BY = {"alacgan": "features"}
"""The picture loss that is looked at: L1, but where a recipe is never told of colours as such."""


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("features") / "thin.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    sha256 = digest.of_bytes(path.read_bytes())
    return {"feature_source": "file", "feature_file": str(path), "feature_sha256": sha256}


def patches(number: int) -> Pairs:
    """Patches of colour, and dark patches in place of lines, which tell them from one another."""
    chance = torch.Generator().manual_seed(2)
    patches = torch.rand(number, 4, 4, 4, generator=chance)
    patches[:, 3:] = (patches[:, 3:] > 0.5).float()
    pixels = (F.interpolate(patches, size=(SIZE_PX, SIZE_PX)) * 255).to(torch.uint8)
    return Pairs(pixels[:, :3], pixels[:, 3:])


def picture_loss(recipe: RecipeName, pairs: Pairs | None = None, **overrides: Any) -> list[float]:
    """Give the loss before each step on pictures, by default the eight."""
    given = SMALL | {"recipe": recipe, "learning_rate": RATES.get(recipe, RATE)} | overrides
    config = TrainingConfig.model_validate(given)
    players = gather(config, SIZE_PX, CPU, 0)
    batches = Batches(pairs or patches(PICTURES), NO_HINT, players.recipe, CPU, 0)
    how, name = Arithmetic.of(config), LEARNS_BY.get(recipe, "l1")
    steps = range(SLOW.get(recipe, STEPS))
    return [float(train_step(players, batches, step, how)[name]) for step in steps]


def fall(losses: list[float]) -> float:
    """Give what is left of the loss at the end, of its start."""
    return sum(losses[-5:]) / 5 / losses[0]


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_learns_eight_pictures_by_heart(recipe: RecipeName, features: dict[str, str]) -> None:
    assert fall(picture_loss(recipe, **features)) < 0.5


def test_pictures_that_are_never_seen_twice_are_not_learned() -> None:
    assert fall(picture_loss("unet-l2", patches(STEPS * PICTURES))) > 0.6


def test_without_a_learning_rate_nothing_is_learned() -> None:
    assert fall(picture_loss("unet-l2", learning_rate=1e-12)) > 0.95
