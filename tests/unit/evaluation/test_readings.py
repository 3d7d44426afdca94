import json
from dataclasses import replace

import pytest

from evaluation.readings import READINGS, heeded, value_of
from storage.ledger import Stage
from storage.records import Contract, StageRecord
from training.config import TrainingConfig
from training.recipes import RECIPES


def _trained(recipe: str, **overrides: object) -> StageRecord:
    config = TrainingConfig.model_validate({"recipe": recipe} | overrides)
    settings = json.loads(json.dumps(config.settings() | {"seed": 1}))
    return StageRecord(
        Stage.TRAIN, "0" * 12, Contract.CHECKPOINT, settings, {}, {}, (), "", "", ""
    )  # fmt: skip


def test_of_a_training_without_critic_and_features_nothing_is_told_of_them():
    record = _trained("unet-l2")
    told = heeded(record)
    assert not {"rule", "critic_width", "penalty_weight", "feature_source"} & told.keys()
    assert told.items() >= {"recipe": "unet-l2", "l2_weight": 1.0, "seed": 1}.items()
    (features,) = (each for each in READINGS if each.number == "A13")
    assert value_of(features, record) == ""
    assert "imagenet" in value_of(features, _trained("paper"))


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_told_of_a_recipe_holds_all_its_losses(recipe: str):
    told = heeded(_trained(recipe))
    losses = RECIPES[recipe].losses
    weights = {name: value for name, value in told.items() if name.endswith("_weight")}
    assert sum(map(bool, weights.values())) >= len(losses)


def test_another_stage_tells_all_its_settings():
    record = replace(_trained("unet-l2"), stage=Stage.EVALUATE)
    assert heeded(record) == record.settings
