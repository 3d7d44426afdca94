"""Every recipe, narrow, learns eight pictures by heart: whatever it plays, it learns to colour."""

from pathlib import Path
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
STEPS = 60
# Narrow networks on eight pictures want a higher rate than full ones on thousands.
SMALL: dict[str, Any] = {
    "width": 8, "critic_width": 8, "z_form": "lowres", "batch_size": PICTURES,
    "learning_rate": 4e-3, "device": "cpu",
}  # fmt: skip
NEEDS_MORE: dict[str, dict[str, Any]] = {}


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("features") / "thin.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    sha256 = digest.of_bytes(path.read_bytes())
    return {"feature_source": "file", "feature_file": str(path), "feature_sha256": sha256}


def eight_pictures() -> Pairs:
    """Patches of colour, and dark patches in place of lines, which tell them from one another."""
    chance = torch.Generator().manual_seed(2)
    patches = torch.rand(PICTURES, 4, 4, 4, generator=chance)
    patches[:, 3:] = (patches[:, 3:] > 0.5).float()
    pixels = (F.interpolate(patches, size=(SIZE_PX, SIZE_PX)) * 255).to(torch.uint8)
    return Pairs(pixels[:, :3], pixels[:, 3:], None)


def l1_over_steps(recipe: RecipeName, **overrides: Any) -> list[float]:
    config = TrainingConfig.model_validate(SMALL | {"recipe": recipe} | overrides)
    players = gather(config, SIZE_PX, CPU, 0)

    batches = Batches(eight_pictures(), HintConfig(), players.recipe, CPU, 0)
    how = Arithmetic.of(config)
    steps = overrides.get("steps", STEPS)
    facts = [train_step(players, batches, step, how) for step in range(steps)]; print({k:[round(float(f[k]),3) for f in facts[::15]] for k in facts[0]})
    return [float(f["l1"]) for f in facts]


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_learns_eight_pictures_by_heart(recipe: RecipeName, features: dict[str, str]) -> None:
    l1 = l1_over_steps(recipe, **features, **NEEDS_MORE.get(recipe, {}))
    assert sum(l1[-5:]) / 5 < 0.5 * l1[0]
