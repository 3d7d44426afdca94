import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest
from upath import UPath

from storage import digest, files
from storage.errors import BadInput, CorruptFile, IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord
from tests.circle_pairs import make_pairs
from tests.unit.training.conftest import SIZE_PX
from tests.waiting import wait_for
from training import checkpoint
from training.config import TrainingConfig
from training.stage import train

SMALL: dict[str, Any] = {
    "steps": 12,
    "batch_size": 4,
    "width": 4,
    "critic_width": 4,
    "z_form": "lowres",
    "feature_weight": 0,
    "checkpoint_every": 4,
    "log_every": 3,
    "device": "cpu",
}

KILLED = """
import json, sys
from storage import ledger
from storage.layout import DataLayout
from training.config import TrainingConfig
from training.stage import train
import torch
torch.set_num_threads(1)
root, key, config = sys.argv[1:]
layout = DataLayout.at(root)
paired = ledger.require(layout, ledger.Stage.CONDITION, key)
train(TrainingConfig.model_validate_json(config), paired, layout, 0)
"""


def config_of(**overrides: Any) -> TrainingConfig:
    return TrainingConfig.model_validate(SMALL | overrides)


def folder_of(layout: DataLayout, record: StageRecord) -> UPath:
    return layout.stage(Stage.TRAIN, record.key)


def digests(record: StageRecord) -> dict[str, str]:
    return {output.name: output.sha256 for output in record.outputs}


@pytest.mark.parametrize("recipe", ["unet-l2", "paper"])
def test_a_training_leaves_checkpoints_metrics_and_pictures(
    layout: DataLayout, paired: StageRecord, recipe: str
) -> None:
    record = train(config_of(recipe=recipe), paired, layout, 0)
    folder = folder_of(layout, record)
    assert [each.step for each in checkpoint.list_checkpoints(folder)] == [4, 8, 12]
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [3, 4, 6, 8, 9, 12]
    assert ("wasserstein" in rows[0]) == (recipe == "paper")
    sheet = cv2.imread(str(folder / "pictures" / "step-0000012.png"))
    assert sheet is not None
    assert sheet.shape == (3 * SIZE_PX, 4 * SIZE_PX, 3)
    assert record.counts["steps"] == 12
    assert record.counts["train_pictures"] == 10
    assert (record.counts["critic_parameters"] > 0) == (recipe == "paper")


def test_the_record_holds_every_number_of_the_recipe(
    layout: DataLayout, paired: StageRecord
) -> None:
    record = train(config_of(recipe="paper", steps=1), paired, layout, 0)
    assert record.settings["penalty_weight"] == 10
    assert record.settings["critic_width"] == 4
    assert None not in record.settings.values()


@pytest.mark.parametrize(("recipe", "is_told"), [("deepcolor", True), ("unet-l2", False)])
def test_an_override_that_the_recipes_network_knows_nothing_of_is_told(
    layout: DataLayout,
    paired: StageRecord,
    recipe: str,
    is_told: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    train(config_of(recipe=recipe, steps=1, bn_momentum=0.5), paired, layout, 0)
    told = f"--training.bn-momentum changes nothing here, with the recipe {recipe}"
    assert (told in caplog.text) == is_told


def test_an_override_that_changes_nothing_makes_no_other_training() -> None:
    plain = config_of(recipe="alacgan", z_form=None)
    assert config_of(recipe="alacgan", z_size=10, layout="B").settings() == plain.settings()
    assert config_of(recipe="paper", z_size=10).settings() != config_of(recipe="paper").settings()


def test_a_finished_training_is_not_done_again(layout: DataLayout, paired: StageRecord) -> None:
    first = train(config_of(), paired, layout, 0)
    assert train(config_of(), paired, layout, 0) == first


def test_killed_at_any_time_it_goes_on_and_ends_in_the_same_bytes(tmp_path: Path) -> None:
    config = config_of(recipe="paper", steps=120, checkpoint_every=5)
    counts = {Split.TRAIN: [10], Split.VAL: [3]}
    undisturbed, disturbed = DataLayout.at(f"{tmp_path}/a"), DataLayout.at(f"{tmp_path}/b")
    wanted = train(config, make_pairs(undisturbed, counts, SIZE_PX), undisturbed, 0)

    paired = make_pairs(disturbed, counts, SIZE_PX)
    folder = disturbed.stage(Stage.TRAIN, wanted.key)
    command = [sys.executable, "-c", KILLED, str(disturbed.root), paired.key]
    process = subprocess.Popen(
        [*command, config.model_dump_json()], cwd=Path.cwd(), stderr=subprocess.PIPE
    )
    wait_for(
        lambda: len(checkpoint.list_checkpoints(folder)) >= 2, 60, pause_seconds=0.01, by=process
    )
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 2 <= len(checkpoint.list_checkpoints(folder)) < 24

    assert digests(train(config, paired, disturbed, 0)) == digests(wanted)


def test_an_unfinished_training_does_not_go_on_with_other_pictures(
    layout: DataLayout, paired: StageRecord
) -> None:
    record = train(config_of(), paired, layout, 0)
    layout.record(Stage.TRAIN, record.key).unlink()
    other = make_pairs(layout, {Split.TRAIN: [9], Split.VAL: [3]}, SIZE_PX)
    assert other.key == paired.key
    with pytest.raises(BadInput, match="begun before its condition was made again"):
        train(config_of(), other, layout, 0)
    files.remove(folder_of(layout, record))
    anew = train(config_of(), other, layout, 0)
    assert anew.counts["train_pictures"] == 9


def test_a_finished_training_that_lost_a_file_has_it_again_or_says_so(
    layout: DataLayout, paired: StageRecord, caplog: pytest.LogCaptureFixture
) -> None:
    record = train(config_of(), paired, layout, 0)
    folder = folder_of(layout, record)
    for name in ("best.json", f"checkpoints/{checkpoint.name_of(12)}/generator.safetensors"):
        (folder / name).unlink()
        assert digests(train(config_of(), paired, layout, 0)) == digests(record)
    assert "not made again" not in caplog.text
    metrics = folder / "metrics.jsonl"
    rows = metrics.read_text().splitlines(keepends=True)
    for left in ([], rows[:-1]):
        metrics.write_text("".join(left))
        best = (folder / "best.json").read_text()
        with pytest.raises(
            CorruptFile, match=rf"{metrics}: ends at step \d+, wanted 12; put it back"
        ):
            train(config_of(), paired, layout, 0)
        assert (folder / "best.json").read_text() == best
    metrics.write_text(rows[0][:-9])
    with pytest.raises(CorruptFile, match=rf"{metrics}: no readable JSON lines; put it back"):
        train(config_of(), paired, layout, 0)
    metrics.write_text("".join(rows))
    name = "checkpoints/step-0000004/generator.safetensors"
    (folder / name).unlink()
    assert name not in digests(train(config_of(), paired, layout, 0))
    assert f"not made again file={folder / name}; the stage is sealed without it" in caplog.text


@pytest.mark.parametrize("name", ["generator.safetensors", "state.json"])
@pytest.mark.parametrize("rubbish", [b"", b"x", b"rubbish" * 9, None], ids=str)
def test_an_older_checkpoint_that_was_damaged_meanwhile_is_not_sealed(
    layout: DataLayout, paired: StageRecord, name: str, rubbish: bytes | None
) -> None:
    record = train(config_of(), paired, layout, 0)
    layout.record(Stage.TRAIN, record.key).unlink()
    older = folder_of(layout, record) / "checkpoints" / checkpoint.name_of(4)
    whole = (older / name).read_bytes()
    (older / name).write_bytes(whole[:-9] if rubbish is None else rubbish)
    with pytest.raises(CorruptFile, match=rf"{older / name}: no readable .*; put it back .* anew$"):
        train(config_of(), paired, layout, 0)
    (older / name).write_bytes(whole)
    assert digests(train(config_of(), paired, layout, 0)) == digests(record)


def test_what_a_killed_run_wrote_after_its_last_checkpoint_is_forgotten(
    layout: DataLayout, paired: StageRecord
) -> None:
    record = train(config_of(recipe="paper"), paired, layout, 0)
    # As if killed before the first checkpoint was complete, with later rows already logged.
    for step in ("0000004", "0000008", "0000012"):
        (folder_of(layout, record) / "checkpoints" / f"step-{step}" / checkpoint.STATE).unlink()
    layout.record(Stage.TRAIN, record.key).unlink()
    assert digests(train(config_of(recipe="paper"), paired, layout, 0)) == digests(record)


def test_a_training_that_diverges_stops_and_saves_nothing_broken(
    layout: DataLayout, paired: StageRecord
) -> None:
    config = config_of(recipe="paper", l1_weight=3e38, l2_weight=3e38)
    with pytest.raises(IrodoriError, match=r"diverged at step 3: .*loss.* none yet.*learning-rate"):
        train(config, paired, layout, 0)
    assert list((layout.root / "train").rglob("state.json")) == []
    assert list((layout.root / "train").rglob("stage.json")) == []


def test_pictures_of_a_size_the_networks_cannot_take_are_refused(tmp_path: Path) -> None:
    layout = DataLayout.at(str(tmp_path))
    paired = make_pairs(layout, {Split.TRAIN: [2], Split.VAL: [1]}, 48)
    assert train(config_of(recipe="unet-l2", steps=1), paired, layout, 0).counts["steps"] == 1
    with pytest.raises(BadInput, match="multiple of 32"):
        train(config_of(recipe="paper", steps=1), paired, layout, 0)


def test_a_gpu_that_is_not_there_is_one_clear_line(layout: DataLayout, paired: StageRecord) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(BadInput, match="take auto or cpu"):
        train(config_of(device="cuda"), paired, layout, 0)


def test_gradients_that_a_cpu_gets_wrong_are_refused(
    layout: DataLayout, paired: StageRecord
) -> None:
    with pytest.raises(BadInput, match=r"--training.precision bf16: .* alacgan .* auto or fp32"):
        train(config_of(recipe="alacgan", precision="bf16"), paired, layout, 0)


def test_another_seed_gives_another_training(layout: DataLayout, paired: StageRecord) -> None:
    one, two = (train(config_of(steps=1), paired, layout, seed) for seed in (0, 1))
    assert one.key != two.key
    names = {name for name in digests(one) if name.endswith("generator.safetensors")}
    assert all(digests(one)[name] != digests(two)[name] for name in names)


def test_looking_at_a_training_does_not_change_it(layout: DataLayout, paired: StageRecord) -> None:
    rare = {"picture_every": 12, "checkpoint_every": 12, "log_every": 12}
    often = {"picture_every": 1, "checkpoint_every": 2, "log_every": 1}
    last = "checkpoints/step-0000012/generator.safetensors"
    one, two = (train(config_of(recipe="paper", **how), paired, layout, 0) for how in (rare, often))
    assert one.key != two.key
    assert digests(one)[last] == digests(two)[last]


def test_no_output_holds_a_time_or_a_path(layout: DataLayout, paired: StageRecord) -> None:
    record = train(config_of(steps=2), paired, layout, 0)
    folder = folder_of(layout, record)
    for output in record.outputs:
        content = (folder / output.name).read_bytes()
        assert digest.of_bytes(content) == output.sha256
        assert str(layout.root).encode() not in content
