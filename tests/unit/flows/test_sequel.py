from typing import Any

import pytest

from flows import plan, sequel
from flows.config import PipelineConfig
from storage import files
from storage.layout import DataLayout
from storage.ledger import OpenStage, Stage
from storage.records import StageRecord


@pytest.fixture(autouse=True)
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would be told to a server, which these tests have none of."""
    events: list[dict[str, Any]] = []
    monkeypatch.setattr(
        sequel, "emit_event", lambda event, **told: events.append({"event": event} | told)
    )
    return events


@pytest.fixture
def config(layout: DataLayout) -> PipelineConfig:
    return PipelineConfig(root=str(layout.root))


def _seal(stage: Stage, key: str, layout: DataLayout) -> StageRecord:
    folder = layout.stage(stage, key)
    folder.mkdir(parents=True)
    return OpenStage(stage, key, {}, {}, layout, "", None).seal({})


def test_a_dataset_without_a_model_is_to_be_trained_on_with_the_same_settings(
    config: PipelineConfig, layout: DataLayout, emitted: list[dict[str, Any]]
):
    paired = _seal(Stage.CONDITION, "feed", layout)
    assert sequel.announce(config, paired, layout) == sequel.DATASET_SEALED
    (event,) = emitted
    assert event["event"] == sequel.DATASET_SEALED
    assert event["payload"]["dataset"] == "feed"
    assert PipelineConfig.model_validate(event["payload"]["config"]) == config


def test_a_model_that_nobody_has_judged_is_to_be_judged(config: PipelineConfig, layout: DataLayout):
    paired = _seal(Stage.CONDITION, "feed", layout)
    _seal(Stage.TRAIN, plan.sequel_of(config, "feed").train, layout)
    assert sequel.announce(config, paired, layout) == sequel.MODEL_SEALED


def test_what_has_followed_is_not_announced_again(config: PipelineConfig, layout: DataLayout):
    paired = _seal(Stage.CONDITION, "feed", layout)
    follows = plan.sequel_of(config, "feed")
    _seal(Stage.TRAIN, follows.train, layout)
    _seal(Stage.EVALUATE, follows.evaluate, layout)
    assert sequel.announce(config, paired, layout) == ""


def test_a_model_that_has_lost_a_file_is_to_be_trained_again(
    config: PipelineConfig, layout: DataLayout
):
    paired = _seal(Stage.CONDITION, "feed", layout)
    folder = layout.stage(Stage.TRAIN, plan.sequel_of(config, "feed").train)
    files.write_text(folder / "weights", "all of them")
    OpenStage(Stage.TRAIN, folder.name, {}, {}, layout, "", None).seal({})
    assert sequel.announce(config, paired, layout) == sequel.MODEL_SEALED
    (folder / "weights").unlink()
    assert sequel.announce(config, paired, layout) == sequel.DATASET_SEALED


def test_the_keys_of_what_follows_are_those_of_the_plan(config: PipelineConfig):
    planned = plan.plan(config)
    follows = plan.sequel_of(config, planned[Stage.CONDITION].key)
    recipe = config.training.recipe
    assert planned[plan.label_of(Stage.TRAIN, recipe)].key == follows.train
    assert planned[plan.label_of(Stage.EVALUATE, recipe)].key == follows.evaluate


def test_an_event_is_of_the_dataset_or_of_the_model_that_is_there(
    config: PipelineConfig, layout: DataLayout, emitted: list[dict[str, Any]]
):
    paired = _seal(Stage.CONDITION, "feed", layout)
    sequel.announce(config, paired, layout)
    trained = plan.sequel_of(config, "feed").train
    _seal(Stage.TRAIN, trained, layout)
    sequel.announce(config, paired, layout)
    told = [event["resource"]["prefect.resource.id"] for event in emitted]
    assert told == ["irodori.dataset.feed", f"irodori.model.{trained}"]
