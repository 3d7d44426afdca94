import json

import pytest
from pydantic import ValidationError

from flows import plan
from flows.command_line import parse
from flows.config import PipelineConfig
from flows.grid import ExperimentsConfig
from flows.presets import GRIDS, preset
from flows.trials import require, trials_of
from storage import ledger
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.ledger import Stage


def grid(name: str, *more: str) -> PipelineConfig:
    return parse(["experiments", "--grid", name, *more]).config


@pytest.mark.parametrize("name", GRIDS)
def test_every_named_grid_gives_every_cell_a_training_of_its_own(name: str):
    config = grid(name)
    keys = [each.key for each in plan.experiments(config).values() if each.stage == Stage.TRAIN]
    assert len(set(keys)) == len(keys) == len(trials_of(config)) > 1


def test_the_searches_are_the_papers():
    rates = [trial.training.resolved().learning_rate for trial in trials_of(grid("learning-rate"))]
    assert rates == [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]
    sizes = [trial.training.resolved().batch_size for trial in trials_of(grid("batch-size"))]
    assert sizes == [1, 4, 16, 64]
    optimizers = {trial.training.resolved().optimizer for trial in trials_of(grid("optimizer"))}
    assert optimizers == {"adam", "sgd"}


def test_the_ablation_takes_out_each_loss_of_the_paper_alone():
    whole, *rest = (trial.training.resolved() for trial in trials_of(grid("ablation"))[::3])
    weights = ("adversarial_weight", "l1_weight", "feature_weight", "tv_weight")
    assert all(getattr(whole, name) > 0 for name in weights)
    out = [[name for name in weights if getattr(recipe, name) == 0] for recipe in rest]
    assert out == [[name] for name in weights]


def test_the_size_comes_from_the_preset_and_a_flag_wins_over_the_grid():
    config = grid("ablation", "--preset", "paper", "--experiments.seeds", "7")
    assert config.training == preset("paper").training
    assert [trial.seed for trial in trials_of(config)] == [7] * 5


def test_a_set_of_changes_is_a_flag_in_json():
    changed = '[{}, {"learning_rate": 0.1, "optimizer": "sgd"}]'
    config = grid("learning-rate", "--experiments.overrides", changed)
    told = [trial.change for trial in trials_of(config)]
    assert told == ["", "learning_rate 0.1, optimizer sgd"]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            {"lerning_rate": 1},
            r"no field 'lerning_rate' to change \(did you mean learning_rate\?\)",
        ),
        ({"learning_rate": -1}, r"training.learning_rate: .*greater than 0, not -1"),
        ({"recipe": "paper"}, r"a recipe is none of the changes; --experiments\.recipes names"),
    ],
)
def test_a_change_that_cannot_be_made_is_told_before_anything_runs(overrides: dict, told: str):
    with pytest.raises(ValidationError, match=told):
        ExperimentsConfig(overrides=(overrides,))


def test_a_wrong_change_on_the_command_line_is_one_line():
    with pytest.raises(BadInput, match=r"--experiments.overrides: .*'stepz'.*steps") as error:
        grid("comparison", "--experiments.overrides", '[{"stepz": 3}]')
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", ["{learning_rate:0.1}", '{"steps": 1'])
def test_a_set_of_changes_that_cannot_be_read_is_shown_how_it_is_written(given: str):
    with pytest.raises(BadInput, match=r"^--experiments.*: a list cannot be read; .* '\{\"learn"):
        grid("comparison", "--experiments.overrides", given)


@pytest.mark.parametrize("value", [[0.1, 0.2], None, {}])
def test_a_change_has_one_value(value: object):
    told = (
        r"^--experiments.overrides: learning_rate is .*, wanted one value a set, as in \{[^'\[]*$"
    )
    with pytest.raises(BadInput, match=told):
        grid("comparison", "--experiments.overrides", json.dumps({"learning_rate": value}))


def test_a_cell_that_can_never_be_trained_is_refused_before_all_others():
    changes = '{}, {"feature_shrink": 16, "feature_layer": "conv5_3"}'
    config = grid("comparison", "--experiments.overrides", changes, "--pack.size-px", "64")
    told = r"^the cell paper, feature_shrink 16, feature_layer conv5_3: training: a batch of"
    with pytest.raises(BadInput, match=told):
        require(trials_of(config), config.pack.size_px)
    require([trial for trial in trials_of(config) if not trial.change], config.pack.size_px)


@pytest.mark.parametrize(
    ("asked", "twice"),
    [
        ({"seeds": (1, 2, 1)}, "1"),
        ({"recipes": ("paper", "wgan", "paper")}, "'paper'"),
        ({"hints": ("none", "paper", "none")}, "'none'"),
    ],
    ids=["seeds", "recipes", "hints"],
)
def test_nothing_is_asked_twice(asked: dict, twice: str):
    with pytest.raises(ValidationError, match=f"{twice} is there twice, wanted once"):
        ExperimentsConfig(**asked)


@pytest.mark.parametrize("seed", [-1, 1 << 63])
def test_a_seed_that_is_none_is_refused(seed: int):
    assert ExperimentsConfig(seeds=(0, (1 << 63) - 1)).seeds == (0, (1 << 63) - 1)
    with pytest.raises(ValidationError, match="a seed is at least 0 and below"):
        ExperimentsConfig(seeds=(1, seed))


def test_a_number_in_quotes_is_that_number():
    asked = ExperimentsConfig(overrides=({"learning_rate": "0.001", "ema": 0},))
    assert asked.overrides == ({"learning_rate": 0.001, "ema": 0.0},)
    with pytest.raises(ValidationError, match=r"'learning_rate': 0\.001.* is there twice"):
        ExperimentsConfig(overrides=({"learning_rate": 0.001}, {"learning_rate": "0.001"}))


def test_a_change_is_judged_together_with_the_training_that_it_changes():
    of_file = ("--training.feature-file", "vgg.pth", "--training.feature-sha256", 64 * "a")
    to_file = ("--experiments.overrides", '[{"feature_source": "file"}]')
    trial = trials_of(grid("comparison", *of_file, *to_file))[0]
    assert trial.training.feature_source == "file"
    told = r"^--experiments\.overrides \{'feature_source': 'file'\}: feature_source is file, so "
    with pytest.raises(BadInput, match=told):
        grid("comparison", *to_file)
    no_file = ("--experiments.overrides", '[{"feature_file": ""}]')
    told = r"^--experiments\.overrides \{'feature_file': ''\}: feature_source is file, so "
    with pytest.raises(BadInput, match=told):
        grid("comparison", "--training.feature-source", "file", *of_file, *no_file)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ([{}, {"n_critic": 5}], ["unet-l2-1", "paper-1", "paper-n_critic 5-1"]),
        ([{"n_critic": 5}, {}], ["unet-l2-1", "paper-n_critic 5-1", "paper-1"]),
        (
            [{"n_critic": 1}, {"n_critic": 5}],
            ["unet-l2-1", "paper-n_critic 1-1", "paper-n_critic 5-1"],
        ),
        (
            [{"clip": 0.1}, {"clip": 0.2, "learning_rate": 0.1}],
            ["unet-l2-1", "unet-l2-learning_rate 0.1-1", "paper-1", "paper-learning_rate 0.1-1"],
        ),
        (
            [{"feature_source": "imagenet"}, {"feature_source": "hed16"}],
            ["unet-l2-1", "paper-feature_source imagenet-1", "paper-feature_source hed16-1"],
        ),
    ],
    ids=str,
)
def test_what_a_recipe_does_not_heed_makes_no_cell_of_it(
    overrides: list[dict[str, object]], told: list[str]
):
    flags = ("--experiments.recipes", "unet-l2,paper", "--experiments.seeds", "1")
    asked = grid("comparison", *flags, "--experiments.overrides", json.dumps(overrides))
    trials = trials_of(asked)
    assert [trial.label for trial in trials] == told
    assert len({str(trial.training.settings()) for trial in trials}) == len(told)
    plan.experiments(asked)


def test_two_cells_that_are_the_same_training_are_refused():
    twins = grid("comparison", "--experiments.overrides", '[{}, {"learning_rate": 0.002}]')
    with pytest.raises(BadInput, match=r"train-unet-l2-1 and .* 0\.002-1 are the same"):
        plan.experiments(twins)


def test_how_many_trainings_run_at_once_makes_no_other_comparison():
    one, two = grid("comparison"), grid("comparison", "--experiments.at-once", "2")
    assert plan.experiments(one) == plan.experiments(two)


def test_a_model_that_is_judged_with_the_datasets_hints_is_that_of_a_whole_run():
    config = grid("comparison")
    run, experiments = plan.plan(config), plan.experiments(config)
    assert experiments["condition-paper"].key == run[Stage.CONDITION].key
    assert experiments["train-paper-1"].key == run["train-paper"].key
    assert experiments["evaluate-paper-1-paper"].key == run["evaluate-paper"].key


def test_models_of_every_seed_are_judged_by_the_one_seed_of_the_run():
    config = grid("comparison")
    keys = {label: each.key for label, each in plan.experiments(config).items()}
    for seed in (1, 2, 3):
        inputs = {"train": keys[f"train-paper-{seed}"], "condition": keys["condition-none"]}
        wanted = ledger.key_of(Stage.EVALUATE, config.evaluation, inputs, config.seed)
        assert keys[f"evaluate-paper-{seed}-none"] == wanted


def finish(name: str, root: str, *more: str) -> tuple[PipelineConfig, str]:
    """Seal the comparison of a named grid, as `irodori experiments` does at its end."""
    config = grid(name, "--root", root, *more)
    planned = plan.experiments(config)
    key = planned.pop(Stage.EXPERIMENTS).key
    opened = ledger.open_stage(
        Stage.EXPERIMENTS,
        config.experiments,
        inputs={},
        layout=DataLayout.at(root),
        also={label: each.key for label, each in planned.items()},
    )
    assert opened.seal({}).key == key
    return config, key


def test_a_finished_grid_of_the_same_dataset_is_part_of_the_report(layout: DataLayout):
    root = str(layout.root)
    config = parse(["report", "--root", root]).config
    before = plan.plan(config)
    assert plan.finished_grids(config, layout) == {}

    _, key = finish("learning-rate", root)

    found = plan.finished_grids(config, layout)
    assert {label: record.key for label, record in found.items()} == {
        "experiments-learning-rate": key
    }
    after = plan.plan(config)
    assert [label for label in before if before[label].key != after[label].key] == ["report"]


def test_a_grid_of_another_dataset_is_none_of_the_reports(layout: DataLayout):
    root = str(layout.root)
    config = parse(["report", "--root", root]).config
    before = plan.plan(config)

    finish("batch-size", root, "--pack.size-px", "64")

    assert plan.finished_grids(config, layout) == {}
    assert plan.plan(config) == before


def test_a_grid_that_could_not_be_run_with_these_settings_stops_no_report(layout: DataLayout):
    root = str(layout.root)
    finish("learning-rate", root)
    config = parse(["report", "--root", root, "--training.learning-rate", "0.1"]).config
    with pytest.raises(BadInput, match="are the same"):
        plan.experiments(grid("optimizer", "--root", root, "--training.learning-rate", "0.1"))
    assert Stage.REPORT in plan.plan(config)
