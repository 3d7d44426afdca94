import json
import shutil
from pathlib import Path

import pytest

from evaluation.folder_checkpoint import find_checkpoint
from storage import files
from storage.errors import BadInput, MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from training.recipes import RecipeName

Trainings = dict[RecipeName, StageRecord]


@pytest.fixture
def training(layout: DataLayout, trained: Trainings) -> Path:
    return Path(str(layout.stage(Stage.TRAIN, trained["paper"].key)))


def test_a_step_is_what_its_folder_holds(layout: DataLayout, training: Path, paired: StageRecord):
    found = find_checkpoint(str(training / "checkpoints" / "step-0000002"), layout)
    assert (found.step, found.recipe, found.size_px) == (2, "paper", 32)
    assert (found.dataset, found.seed, found.hint_seed) == (paired.key, 3, 3)
    assert found.drawing == {name: paired.settings[name] for name in ("edges", "hints")}


def test_a_training_stands_for_its_best_checkpoint(layout: DataLayout, training: Path):
    best = files.read_json(layout.stage(Stage.TRAIN, training.name) / "best.json")["step"]
    by_folder, by_key = (
        find_checkpoint(named, layout) for named in (str(training), training.name[:6])
    )
    assert by_folder == by_key
    assert (by_folder.step, by_folder.which) == (best, "best on validation")


def test_where_none_is_named_the_newest_that_can_be_read_is_meant(training: Path, tmp_path: Path):
    layout = DataLayout.at(str(tmp_path))
    with pytest.raises(MissingInput, match=f"--root {tmp_path}: no trained model yet"):
        find_checkpoint("", layout)
    second, newest, oldest = (letter * 12 for letter in "bac")
    for key, day in ((second, 2), (newest, 3), (oldest, 1)):
        copy = tmp_path / "train" / key
        shutil.copytree(training, copy, ignore=shutil.ignore_patterns("events"))
        record = json.loads((copy / "stage.json").read_text())
        told = record | {"key": key, "ended_at": f"2026-01-0{day}"}
        (copy / "stage.json").write_text(json.dumps(told))
    assert find_checkpoint("", layout).train == newest
    shutil.rmtree(tmp_path / "train" / newest / "checkpoints")
    assert find_checkpoint("", layout).train == second


def test_a_training_that_cannot_say_which_is_best_stands_for_its_newest_checkpoint(
    layout: DataLayout, training: Path, tmp_path: Path
):
    copy = tmp_path / "elsewhere" / "train" / "copy"
    shutil.copytree(training, copy, ignore=shutil.ignore_patterns("*.json", "events"))
    for step in (2, 4):
        name = f"checkpoints/step-{step:07d}/state.json"
        shutil.copy(training / name, copy / name)
    found = find_checkpoint(str(copy), layout)
    assert (found.step, found.which) == (4, "the newest")
    assert (found.recipe, found.dataset, found.drawing) == ("", "", {})


def test_what_is_no_checkpoint_is_said_with_what_is_wanted(layout: DataLayout, tmp_path: Path):
    for named in (str(tmp_path), str(tmp_path / "typo"), "ffffff", str(layout.root)):
        with pytest.raises(MissingInput, match="train/<key> folder"):
            find_checkpoint(named, layout)


def test_a_key_that_begins_as_several_do_is_not_guessed(tmp_path: Path):
    for key in ("abc1" * 3, "abc2" * 3):
        (tmp_path / "train" / key).mkdir(parents=True)
    with pytest.raises(BadInput, match="2 trainings begin so: abc1abc1abc1, abc2"):
        find_checkpoint("abc", DataLayout.at(str(tmp_path)))


def test_a_training_that_has_not_ended_is_of_the_only_dataset_below_its_root(
    training: Path, paired: StageRecord, layout: DataLayout, tmp_path: Path
):
    unfinished = tmp_path / "train" / "abc"
    shutil.copytree(training, unfinished, ignore=shutil.ignore_patterns("stage.json", "events"))
    record = f"condition/{paired.key}/stage.json"
    (tmp_path / record).parent.mkdir(parents=True)
    shutil.copy(str(layout.root / record), tmp_path / record)
    found = find_checkpoint(str(unfinished), layout)
    assert (found.dataset, found.recipe) == (paired.key, "")
    assert found.drawing["edges"] == paired.settings["edges"]
