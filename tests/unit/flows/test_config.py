import dataclasses

import pytest
from pydantic import ValidationError

from flows import plan
from flows.config import PipelineConfig
from flows.presets import PRESETS, preset
from storage import files
from storage.errors import MissingInput
from storage.layout import DataLayout
from storage.ledger import OpenStage, Stage
from storage.takedowns import Takedown
from training.config import TrainingConfig


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_valid_configuration(name: str):
    assert isinstance(preset(name), PipelineConfig)


def test_the_papers_preset_is_the_papers():
    config = preset("paper")
    assert (config.clean.num_train, config.clean.num_val, config.clean.num_test) == (
        14_000,
        3_000,
        3_000,
    )
    recipe = config.training.resolved()
    assert (config.pack.size_px, recipe.batch_size, recipe.learning_rate) == (256, 4, 1e-4)
    assert config.recipes == ("unet-l2", "paper")


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="stepz"):
        PipelineConfig.model_validate({"training": {"stepz": 3}})


def test_each_recipe_is_trained_once():
    config = PipelineConfig(rivals=("unet-l2", "paper"), training=TrainingConfig(recipe="paper"))
    assert config.recipes == ("unet-l2", "paper")


def test_a_plan_holds_every_stage_in_order_with_its_own_key():
    planned = plan.plan(preset("sample"))
    assert list(planned) == [
        "scrape",
        "clean",
        "pack",
        "condition",
        "train-unet-l2",
        "evaluate-unet-l2",
        "train-paper",
        "evaluate-paper",
        "report",
    ]
    assert len({each.key for each in planned.values()}) == len(planned)


@pytest.mark.parametrize(
    ("verb", "wanted"),
    [
        ("scrape", []),
        ("clean", ["scrape"]),
        ("pack", ["clean"]),
        ("condition", ["pack"]),
        ("train", ["condition"]),
        ("evaluate", ["condition", "train-paper"]),
        (
            "report",
            [
                *("scrape", "clean", "pack", "condition"),
                *("train-unet-l2", "evaluate-unet-l2", "train-paper", "evaluate-paper"),
            ],
        ),
    ],
)
def test_a_stage_alone_wants_what_it_reads(verb: str, wanted: list[str]):
    assert plan.inputs_of(verb, preset("sample")) == wanted


def test_a_seed_changes_what_chance_touches_and_nothing_above():
    one = plan.plan(PipelineConfig(seed=1))
    other = plan.plan(PipelineConfig(seed=2))
    changed = [label for label in one if one[label].key != other[label].key]
    assert changed == list(one)[3:]


def test_nothing_is_finished_in_an_empty_root(layout: DataLayout):
    assert plan.finished(preset("sample"), layout) == {}


def _seal(config: PipelineConfig, layout: DataLayout, *labels: str) -> None:
    planned = plan.plan(config)
    for each in (planned[label] for label in labels):
        layout.stage(each.stage, each.key).mkdir(parents=True)
        OpenStage(each.stage, each.key, {}, {}, layout, "", None).seal({})


def test_a_verb_is_done_when_all_that_it_makes_is_finished(layout: DataLayout):
    config = PipelineConfig(root=str(layout.root))
    labels = list(plan.plan(config))
    _seal(config, layout, "scrape", "train-paper")
    assert list(plan.found("scrape", config, layout)) == ["scrape"]
    assert list(plan.found("train", config, layout)) == ["train-paper"]
    assert all(plan.found(verb, config, layout) == {} for verb in ("run", "pack", "evaluate"))
    _seal(config, layout, *(label for label in labels if label not in {"scrape", "train-paper"}))
    assert list(plan.found("evaluate", config, layout)) == ["evaluate-paper"]
    assert list(plan.found("run", config, layout)) == labels
    # Only the site knows whether there is something new.
    assert plan.found("refresh", config, layout) == {}


def test_what_lacks_is_named_with_what_has_to_be_made_before_it(layout: DataLayout):
    config = PipelineConfig(root=str(layout.root))
    with pytest.raises(MissingInput, match=r"pack.*, and before that scrape and clean$"):
        plan.require(config, Stage.PACK, layout)
    _seal(config, layout, "scrape", "clean")
    with pytest.raises(MissingInput, match=r"^(?!.*before that)"):
        plan.require(config, Stage.PACK, layout)


def test_what_is_taken_down_changes_the_dataset_and_not_the_scrape(layout: DataLayout):
    config = PipelineConfig(root=str(layout.root))
    before = plan.plan(config)
    files.write_json(
        layout.takedowns(), [dataclasses.asdict(Takedown("one:", 1, "a" * 32, "", "", ""))]
    )
    after = plan.plan(config)
    changed = [label for label in before if before[label].key != after[label].key]
    assert changed == list(before)[1:]
