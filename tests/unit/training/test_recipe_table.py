"""The recipes' numbers, held against those of their sources."""

import pytest
import torch

from preprocessing.config import HintConfig
from preprocessing.hints import make_masked_hints
from training.recipes import RECIPES, RecipeName

OPTIMIZERS: dict[RecipeName, tuple[object, ...]] = {
    # optimizer, rate, betas, batch, updates of the critic
    "unet-l2": ("adam", 1e-4, 0.9, 0.999, 4, 1),
    "unet-l1": ("adam", 1e-4, 0.9, 0.999, 4, 1),
    "gan": ("adam", 2e-4, 0.5, 0.999, 4, 1),
    "cgan": ("adam", 2e-4, 0.5, 0.999, 4, 1),
    "wgan": ("rmsprop", 5e-5, 0.9, 0.999, 4, 5),
    "paper": ("adam", 1e-4, 0.5, 0.9, 4, 1),
    "paper-plus": ("adam", 1e-4, 0.5, 0.9, 4, 1),
    "deepcolor": ("adam", 2e-4, 0.5, 0.999, 4, 1),
    "pix2pix": ("adam", 2e-4, 0.5, 0.999, 1, 1),
    "auto-painter": ("adam", 2e-4, 0.5, 0.999, 1, 1),
    "paintschainer": ("adam", 1e-4, 0.9, 0.999, 16, 1),
    "alacgan": ("adam", 1e-4, 0.5, 0.9, 4, 1),
}

WITHOUT_HINT: dict[RecipeName, float] = {
    "deepcolor": 0.0,
    "auto-painter": 0.0,
    "paintschainer": 0.4,
    "alacgan": 0.5,
}
"""The share of pictures that a recipe of its own hints gives none."""

PICTURES = 1_000


@pytest.mark.parametrize("name", RECIPES)
def test_it_is_optimised_as_its_source_says(name: RecipeName) -> None:
    recipe = RECIPES[name]
    found = (
        recipe.optimizer, recipe.learning_rate, recipe.beta1, recipe.beta2, recipe.batch_size,
        recipe.n_critic,
    )  # fmt: skip
    assert found == OPTIMIZERS[name]


@pytest.mark.parametrize("name", WITHOUT_HINT)
def test_as_many_pictures_have_no_hint_as_its_source_says(name: RecipeName) -> None:
    hints = HintConfig.model_validate(RECIPES[name].hints)
    chance = torch.Generator().manual_seed(1)
    truth = torch.rand(PICTURES, 3, 32, 32, generator=chance) * 2 - 1
    masked = make_masked_hints(truth, hints, chance)
    empty = (masked[:, 3] == 0).flatten(1).all(dim=1).float().mean().item()
    assert empty == pytest.approx(WITHOUT_HINT[name], abs=0.05)
