"""The recipes' numbers, held against those of their sources."""

import dataclasses
from typing import Any

import pytest
import torch

from preprocessing.config import HintConfig
from preprocessing.hints import make_masked_hints
from training.config import TrainingConfig
from training.players import gather
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

PAPERS = {"l1_weight": 100, "feature_weight": 1, "feature_layer": "conv5_3", "tv_weight": 5}
"""The paper's losses beside the adversarial one."""

LOSSES: dict[RecipeName, dict[str, object]] = {
    "unet-l2": {"l2_weight": 1},
    "unet-l1": {"l1_weight": 1},
    "gan": PAPERS | {"rule": "bce", "conditional": False, "adversarial_weight": 1, "z_size": 100},
    "cgan": PAPERS | {"rule": "bce", "adversarial_weight": 1, "z_size": 100},
    "wgan": PAPERS | {"rule": "wgan-clip", "clip": 0.01, "adversarial_weight": 0.1, "z_size": 100},
    "paper": PAPERS | {"adversarial_weight": 0.1, "penalty_weight": 10, "z_size": 100},
    "paper-plus": PAPERS | {
        "adversarial_weight": 0.1, "feature_layer": "conv3_3", "mask": True, "flips": True,
        "ema": 0.999, "hints": {"kind": "mix"},
    },
    "deepcolor": {
        "rule": "bce", "adversarial_weight": 1, "l1_weight": 50,
        "hints": {"whiteout_px": 50, "blur_shape": "box", "blur_box_px": 100, "max_blocks": 0},
    },
    "pix2pix": {"rule": "bce", "adversarial_weight": 1, "l1_weight": 100},
    "auto-painter": {
        "rule": "bce", "adversarial_weight": 1, "l1_weight": 50, "feature_weight": 1,
        "feature_layer": "conv3_2", "tv_weight": 1,
    },
    "paintschainer": {
        "rule": "bce", "conditional": False, "adversarial_weight": 1, "l1_weight": 127.5,
        "l1_space": "yuv", "lines_weight": 10, "weight_decay": 1e-5, "mask": True,
    },
    "alacgan": {
        "adversarial_weight": 1e-4, "penalty_weight": 10, "drift_weight": 1e-3,
        "feature_weight": 1, "feature_layer": "conv2_2", "mask": True,
    },
}  # fmt: skip
"""What differs from a recipe that says nothing; hints of their own are tried below."""

WITHOUT_HINT: dict[RecipeName, float] = {
    "deepcolor": 0.0,
    "auto-painter": 0.0,
    "paintschainer": 0.4,
    "alacgan": 0.5,
}
"""The share of pictures that a recipe of its own hints gives none."""

LOSS_FIELDS = (
    "adversarial_weight", "drift_weight", "l1_weight", "l2_weight", "lines_weight",
    "feature_weight", "tv_weight", "weight_decay", "ema", "z_size",
)  # fmt: skip
DEFAULTS = {
    "rule": "wgan-gp", "conditional": True, "mask": False, "flips": False, "l1_space": "rgb",
}  # fmt: skip

PICTURES = 1_000


@pytest.mark.parametrize("name", RECIPES)
def test_it_is_optimised_as_its_source_says(name: RecipeName) -> None:
    recipe = RECIPES[name]
    found = (
        recipe.optimizer, recipe.learning_rate, recipe.beta1, recipe.beta2, recipe.batch_size,
        recipe.n_critic,
    )  # fmt: skip
    assert found == OPTIMIZERS[name]


@pytest.mark.parametrize(
    ("overrides", "kind", "wanted"),
    [
        ({"recipe": "paper"}, torch.optim.Adam, {"lr": 1e-4, "betas": (0.5, 0.9)}),
        ({"recipe": "paintschainer"}, torch.optim.Adam, {"weight_decay": 1e-5}),
        ({"recipe": "wgan"}, torch.optim.RMSprop, {"lr": 5e-5, "weight_decay": 0}),
        (
            {"recipe": "paper", "optimizer": "sgd", "learning_rate": 0.5},
            torch.optim.SGD,
            {"lr": 0.5, "momentum": 0.5},
        ),
    ],
)
def test_both_networks_get_the_optimiser_that_the_recipe_names(
    overrides: dict[str, Any], kind: type, wanted: dict[str, Any]
) -> None:
    small = {"width": 4, "critic_width": 4, "feature_weight": 0, "device": "cpu"}
    config = TrainingConfig.model_validate(small | overrides)
    players = gather(config, 32, torch.device("cpu"), 0)
    for optimizer in (players.generator_optimizer, players.critic_optimizer):
        assert type(optimizer) is kind
        (group,) = optimizer.param_groups
        assert {name: group[name] for name in wanted} == wanted


@pytest.mark.parametrize("name", RECIPES)
def test_its_losses_are_weighed_as_its_source_says(name: RecipeName) -> None:
    wanted = dict.fromkeys(LOSS_FIELDS, 0.0) | DEFAULTS | LOSSES[name]
    recipe = dataclasses.asdict(RECIPES[name])
    assert {field: recipe[field] for field in wanted} == wanted


@pytest.mark.parametrize("name", WITHOUT_HINT)
def test_as_many_pictures_have_no_hint_as_its_source_says(name: RecipeName) -> None:
    hints = HintConfig.model_validate(RECIPES[name].hints)
    chance = torch.Generator().manual_seed(1)
    truth = torch.rand(PICTURES, 3, 32, 32, generator=chance) * 2 - 1
    masked = make_masked_hints(truth, hints, chance)
    empty = (masked[:, 3] == 0).flatten(1).all(dim=1).float().mean().item()
    assert empty == pytest.approx(WITHOUT_HINT[name], abs=0.05)
