"""A tiny grid through the real flow on the sample booru: two recipes, two seeds, two hints."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from prefect.client.orchestration import get_client

from flows import plan
from flows.command_line import parse
from flows.config import PipelineConfig
from flows.experiments import experiments
from storage import ledger
from storage.errors import IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240.0

FLAGS = [
    *("--scraper.sample-posts", "60", "--scraper.max-posts", "60"),
    *("--clean.min-side-px", "64", "--pack.size-px", "32"),
    *("--training.steps", "8", "--training.width", "4", "--training.critic-width", "4"),
    *("--training.feature-weight", "0", "--training.checkpoint-every", "4"),
    *("--evaluation.num-pictures", "2", "--evaluation.num-curve-pictures", "4"),
    *("--evaluation.num-hint-pictures", "1", "--evaluation.num-line-pictures", "1"),
    *("--evaluation.num-perceptual-pictures", "1"),
    *("--experiments.hints", "paper,none"),
]
CELLS = ["--experiments.recipes", "unet-l2,paper", "--experiments.seeds", "1,2"]
DIVERGING = '[{}, {"optimizer": "sgd", "learning_rate": 10, "log_every": 1}]'


def grid(root: Path, *more: str) -> PipelineConfig:
    return parse(["experiments", "--root", str(root), *FLAGS, *(more or CELLS)]).config


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("grid")


@pytest.fixture(scope="module")
def compared(root: Path, prefect_server: None) -> StageRecord:
    torch.set_num_threads(1)
    return experiments(grid(root))


def read(root: Path, record: StageRecord) -> list[dict[str, Any]]:
    folder = DataLayout.at(str(root)).stage(Stage.EXPERIMENTS, record.key)
    return json.loads((folder / "comparison.json").read_text())


def times(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def test_every_cell_is_trained_once_and_judged_with_each_hint(root: Path, compared: StageRecord):
    layout, planned = DataLayout.at(str(root)), plan.experiments(grid(root))
    assert all(ledger.find(layout, each.stage, each.key) for each in planned.values())
    assert planned[Stage.EXPERIMENTS].key == compared.key
    assert len(layout.records(Stage.TRAIN)) == 2 * 2
    assert len(layout.records(Stage.EVALUATE)) == 2 * 2 * 2
    told = (layout.stage(Stage.EXPERIMENTS, compared.key) / "comparison.md").read_text()
    paired = plan.dataset(grid(root))[Stage.CONDITION].key
    assert f" test pictures of dataset `{paired[:8]}`, from detected edges, after 8 steps." in told


def test_every_training_is_shown_while_it_goes_on(compared: StageRecord):
    with get_client(sync_client=True) as client:
        keys = {artifact.key for artifact in client.read_artifacts()}
    for cell in ("unet-l2-1", "unet-l2-2", "paper-1", "paper-2"):
        assert {f"train-{cell}-progress", f"train-{cell}-pictures"} <= keys
    assert "experiments-progress" in keys


def test_the_table_has_mean_and_spread_over_the_seeds(root: Path, compared: StageRecord):
    rows = read(root, compared)
    told = [(row["hints"], row["answer"]) for row in rows]
    assert told == [
        (hints, answer)
        for hints, hint in (("paper", "The hint itself"), ("none", "White paper"))
        for answer in (
            *("White paper with the lines", hint, "The spread hint (Levin)"),
            *("unet-l2", "paper"),
        )
    ]
    (paper,) = (row for row in rows if (row["hints"], row["answer"]) == ("none", "paper"))
    one, two = (seed["l2"] for seed in paper["seeds"])
    assert one != two
    assert paper["mean"]["l2"] == pytest.approx((one + two) / 2)
    assert paper["spread"]["l2"] == pytest.approx(abs(one - two) / 2**0.5)


def test_the_hint_that_a_model_is_judged_with_is_the_one_named(root: Path, compared: StageRecord):
    rows = {(row["hints"], row["answer"]): row["mean"]["l2"] for row in read(root, compared)}
    # No hint is white paper; the paper's hint is not.
    assert rows["none", "White paper"] > rows["paper", "The hint itself"]
    assert rows["none", "unet-l2"] != rows["paper", "unet-l2"]


def test_a_second_run_redoes_nothing(root: Path, compared: StageRecord):
    before = times(root)
    assert experiments(grid(root)) == compared
    assert times(root) == before


def test_a_cell_that_diverges_is_a_row_that_says_so_and_stops_no_other(
    root: Path, compared: StageRecord
):
    config = grid(root, *CELLS, "--experiments.overrides", DIVERGING)
    record = experiments(config)
    rows = {
        (row["answer"], row["changed"]): row
        for row in read(root, record)
        if row["hints"] == "paper" and row["seeds"]
    }
    (diverged,) = (row for row in rows.values() if row["mean"]["l2"] is None)
    assert diverged["answer"] == "paper"
    assert all("diverged at step" in seed["failure"] for seed in diverged["seeds"])
    assert len(rows) == 4
    told = DataLayout.at(str(root)).stage(Stage.EXPERIMENTS, record.key) / "comparison.md"
    assert "0 of 2, 2 diverged" in told.read_text()
    assert str(root) not in told.read_text()
    assert record.counts["diverged"] == 2 * 2
    # What diverged would diverge again: it is not tried again.
    before = times(root)
    assert experiments(config) == record
    assert times(root) == before


def test_a_cell_that_fails_otherwise_is_tried_again(root: Path, compared: StageRecord):
    missing = '[{"feature_weight": 1, "feature_source": "file", "feature_file": "/none.npz",'
    config = grid(
        root,
        *("--experiments.overrides", missing + f' "feature_sha256": "{"0" * 64}"}}]'),
        *("--experiments.recipes", "unet-l1", "--experiments.seeds", "1"),
    )
    with pytest.raises(IrodoriError, match=r"2 of 2 cells failed, the first: .*/none.npz"):
        experiments(config)
    assert plan.found(Stage.EXPERIMENTS, config, DataLayout.at(str(root))) == {}


@pytest.mark.timeout(600)
def test_trainings_in_processes_of_their_own_end_with_the_command(
    root: Path, compared: StageRecord
):
    known = len(list(root.glob("train/*/metrics.jsonl")))
    endless = ("--training.steps", "1000000", "--training.checkpoint-every", "1000000")
    # Else the first row, by which we see that a training has begun, comes after 5,000 steps.
    telling = ("--training.log-every", "10")
    abreast = ("--experiments.recipes", "unet-l2", "--experiments.seeds", "1,2")
    command = subprocess.Popen(
        [
            *(sys.executable, "-m", "flows", "experiments", "--root", str(root)),
            *(*FLAGS, *endless, *telling, *abreast, "--experiments.at-once", "2"),
        ],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(
            lambda: len(list(root.glob("train/*/metrics.jsonl"))) == known + 2,
            PATIENCE_SECONDS,
            by=command,
        )
        command.terminate()
        _, said = command.communicate(timeout=PATIENCE_SECONDS)
    finally:
        command.kill()
        command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 128 + signal.SIGTERM
    assert said.splitlines()[-1].startswith("irodori: interrupted; run the same command again")
    assert len(list(root.glob("train/*/bookmark"))) == 2
