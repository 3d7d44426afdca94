"""An override changes what is learned exactly where the recipe heeds it."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor
from upath import UPath

from preprocessing.config import HintConfig
from storage import digest
from tests.thin_vgg16 import thin_vgg16
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches, Pairs
from training.players import gather
from training.recipes import RECIPES, Recipe, RecipeName
from training.step import train_step

CPU = torch.device("cpu")
SIZE_PX, STEPS = 32, 3
SMALL: dict[str, Any] = {"width": 4, "critic_width": 4, "z_form": "lowres", "batch_size": 2}
OTHER: dict[str, Any] = {
    "layout": "B",
    "order": "conv-bn-relu",
    "bn_momentum": 0.3,
    "z_size": 7,
    "z_form": "literal",
    "critic_width": 6,
    "n_critic": 2,
    "penalty_weight": 3.0,
    "drift_weight": 0.5,
    "clip": 1e-5,
    "feature_layer": "conv1_1",
    "feature_shrink": 2,
    "beta1": 0.3,
    "beta2": 0.6,
}
CASES: dict[str, tuple[RecipeName, dict[str, Any]]] = {
    "unet-l2": ("unet-l2", {}),
    "gan": ("gan", {}),
    "wgan": ("wgan", {"n_critic": 1}),
    "paper": ("paper", {}),
    "paper by SGD": ("paper", {"optimizer": "sgd", "learning_rate": 1e-3}),
    "paper without its critic": ("paper", {"adversarial_weight": 0.0}),
    "paper without features": ("paper", {"feature_weight": 0.0}),
    "paintschainer": ("paintschainer", {}),
}
APART = {"recipe", "device", "feature_source", "feature_file", "feature_sha256"}


class Literally(TrainingConfig):
    """Overrides as they are given, heeded or not."""

    def resolved(self) -> Recipe:
        given = {name: getattr(self, name) for name in self.model_fields_set - APART}
        return dataclasses.replace(RECIPES[self.recipe], **given)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path: Path = tmp_path_factory.mktemp("features") / "vgg16.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    sha256 = digest.of_file(UPath(path))
    return {"feature_source": "file", "feature_file": str(path), "feature_sha256": sha256}


def learned(given: dict[str, Any]) -> dict[str, Tensor]:
    """Train some steps on fixed pictures, and give all that the generator remembers."""
    config = Literally.model_validate(given | {"device": "cpu"})
    chance = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (8, 4, SIZE_PX, SIZE_PX), dtype=torch.uint8, generator=chance)
    pairs = Pairs(pictures[:, :3], pictures[:, 3:])
    players = gather(config, SIZE_PX, CPU, 0)
    batches = Batches(pairs, HintConfig(), config.resolved(), CPU, 0)
    for step in range(STEPS):
        train_step(players, batches, step, Arithmetic.of(config))
    return players.generator.state_dict()


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(value, other[name]) for name, value in one.items()
    )


@pytest.mark.parametrize(("recipe", "given"), CASES.values(), ids=CASES)
def test_an_override_changes_what_is_learned_exactly_where_it_is_heeded(
    recipe: RecipeName, given: dict[str, Any], features: dict[str, str]
) -> None:
    base = SMALL | features | given | {"recipe": recipe}
    plain = learned(base)
    assert same(plain, learned(base))
    changed = {
        name for name, value in OTHER.items() if not same(plain, learned(base | {name: value}))
    }
    assert changed == OTHER.keys() - Literally.model_validate(base).resolved().unheeded


@pytest.mark.parametrize(
    ("recipe", "given", "idle"),
    [
        ("paper", {"clip": 0.5}, ["clip"]),
        ("wgan", {"clip": 0.5}, []),
        ("pix2pix", {"penalty_weight": 3.0, "layout": "B"}, ["layout", "penalty_weight"]),
        ("wgan", {"beta1": 0.1}, ["beta1"]),
        ("wgan", {"beta1": 0.1, "optimizer": "sgd"}, []),
        ("paper", {"feature_pixels": "caffe"}, ["feature_pixels"]),
        (
            "alacgan",
            {"layout": "B", "bn_momentum": 0.5, "clip": 0.5, "feature_pixels": "caffe"},
            ["bn_momentum", "clip", "feature_pixels", "layout"],
        ),
    ],
    ids=str,
)
def test_what_changes_nothing_is_told_and_makes_no_other_training(
    recipe: str, given: dict[str, Any], idle: list[str]
) -> None:
    config = TrainingConfig.model_validate(given | {"recipe": recipe})
    assert config.idle == idle
    heeded = {name: value for name, value in given.items() if name not in idle}
    assert (
        config.settings() == TrainingConfig.model_validate(heeded | {"recipe": recipe}).settings()
    )


@pytest.mark.parametrize(
    ("recipe", "given"),
    [
        ("unet-l2", {"critic_width": 16, "n_critic": 5, "penalty_weight": 3.0, "clip": 0.5}),
        ("unet-l2", {"z_form": "lowres", "feature_shrink": 2, "feature_layer": "conv1_1"}),
        ("unet-l2", {"feature_source": "hed16", "feature_pixels": "caffe"}),
        ("paper", {"adversarial_weight": 0.0, "drift_weight": 5.0}),
        ("paper", {"z_size": 0, "z_form": "lowres"}),
    ],
    ids=str,
)
def test_what_is_of_a_part_that_is_not_there_makes_no_other_training_without_a_word(
    recipe: str, given: dict[str, Any]
) -> None:
    config = TrainingConfig.model_validate(given | {"recipe": recipe})
    assert config.idle == []
    left = {name: given[name] for name in ("adversarial_weight", "z_size") if name in given}
    assert config.settings() == TrainingConfig.model_validate(left | {"recipe": recipe}).settings()


SHA256 = "a" * 64


@pytest.mark.parametrize(
    ("recipe", "given", "idle"),
    [
        ("paper", {"feature_source": "hed16", "feature_file": "a"}, ["feature_file"]),
        ("paper", {"feature_file": "a"}, []),
        ("paper", {"feature_sha256": SHA256}, ["feature_sha256"]),
        ("paper", {"feature_source": "hed16", "feature_sha256": SHA256}, ["feature_sha256"]),
        ("unet-l2", {"feature_source": "hed16", "feature_file": "a"}, []),
        (
            "paper",
            {"feature_source": "file", "feature_file": "a", "feature_sha256": SHA256},
            [],
        ),
    ],
    ids=str,
)
def test_weights_of_features_that_nobody_reads_are_told(
    recipe: str, given: dict[str, Any], idle: list[str]
) -> None:
    assert TrainingConfig.model_validate(given | {"recipe": recipe}).idle == idle


def test_with_features_their_source_and_pixels_make_another_training() -> None:
    given = {"feature_file": "a", "feature_sha256": SHA256, "feature_source": "file"}
    others: list[dict[str, str]] = [
        {},
        {"feature_source": "hed16"},
        given,
        given | {"feature_sha256": "b" * 64},
        given | {"feature_pixels": "caffe"},
    ]
    told = [TrainingConfig.model_validate(other).settings() for other in others]
    assert all(one != other for place, one in enumerate(told) for other in told[:place])


def test_without_features_nothing_of_them_is_asked() -> None:
    plain = TrainingConfig(recipe="unet-l2").settings()
    assert plain["feature_source"] == "imagenet"
    assert plain["feature_sha256"] == TrainingConfig().settings()["feature_sha256"]
    assert "feature_file" not in plain
