import dataclasses

import pytest
from pydantic import ValidationError

from preprocessing import hed_weights
from training.config import TrainingConfig
from training.recipes import RECIPES, Recipe


def test_every_number_of_a_recipe_can_be_overridden() -> None:
    # What makes a system this one, and no number, stays.
    its_own = {"source", "network", "rule", "conditional", "mask", "l1_space", "hints"}
    names = {field.name for field in dataclasses.fields(Recipe)} - its_own
    missing = names - set(TrainingConfig.model_fields)
    assert not missing
    assert all(TrainingConfig.model_fields[name].default is None for name in names)


def test_an_override_replaces_one_number_and_leaves_the_others() -> None:
    recipe = TrainingConfig(recipe="paper", l1_weight=0).resolved()
    assert recipe == dataclasses.replace(RECIPES["paper"], l1_weight=0)


def test_the_papers_numbers_are_the_defaults() -> None:
    config = TrainingConfig()
    recipe = config.resolved()
    assert (config.recipe, recipe.batch_size) == ("paper", 4)
    assert (recipe.learning_rate, recipe.beta1, recipe.beta2) == (1e-4, 0.5, 0.9)
    assert (recipe.penalty_weight, recipe.n_critic, recipe.z_size) == (10, 1, 100)
    assert recipe.feature_layer == "conv5_3"


def test_saying_what_the_recipe_says_anyway_changes_no_setting() -> None:
    assert TrainingConfig(l1_weight=100).settings() == TrainingConfig().settings()


def test_every_change_of_the_recipe_changes_the_settings() -> None:
    assert TrainingConfig(l1_weight=99).settings() != TrainingConfig().settings()
    assert TrainingConfig(recipe="unet-l2").settings() != TrainingConfig().settings()


def test_where_and_how_to_compute_changes_no_setting() -> None:
    elsewhere = TrainingConfig(device="cpu", penalty_form="autograd", feature_file="/a/b.pth")
    assert elsewhere.settings() == TrainingConfig().settings()


def test_a_short_training_has_ten_checkpoints_too() -> None:
    assert TrainingConfig(steps=200).rhythm.checkpoint == 20
    assert TrainingConfig(steps=3).rhythm.checkpoint == 1
    assert TrainingConfig(steps=200, checkpoint_every=50).rhythm.checkpoint == 50


def test_the_settings_name_the_weights_of_the_features() -> None:
    config = TrainingConfig(feature_source="hed16")
    assert config.settings()["feature_sha256"] == hed_weights.SHA256
    assert config.settings()["feature_sha256"] != TrainingConfig().settings()["feature_sha256"]


def test_a_file_of_features_is_refused_without_its_digest() -> None:
    with pytest.raises(ValidationError, match="feature_sha256"):
        TrainingConfig(feature_source="file", feature_file="/a/b.pth")
