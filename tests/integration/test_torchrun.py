"""The command as torchrun starts it: two processes on this machine, one training."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows import command_line
from storage import lease, ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from tests import datasets
from tests.waiting import wait_for
from training.stage import train

PROJECT = Path(__file__).parents[2]
FLAGS = {
    "preset": "paper",
    "scraper.base-url": "sample:",
    "scraper.max-posts": 20_000,
    "clean.min-side-px": 64,
    "pack.size-px": 64,
    "pack.samples-per-shard": 16,
    "condition.edges.offset": 10,
    "training.device": "cpu",
    "training.width": 4,
    "training.critic-width": 4,
    "training.z-form": "lowres",
    "training.feature-weight": 0,
    # Adam makes a whole step of the rounding of a tiny gradient, so steps are short here, where
    # trainings are compared in single precision; gradients are compared in double elsewhere.
    "training.learning-rate": 1e-6,
    "training.steps": 30,
    "training.checkpoint-every": 10,
    "training.log-every": 5,
}
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


@pytest.fixture
def layout(tmp_path: Path) -> DataLayout:
    return DataLayout.at(str(tmp_path / "root"))


@pytest.fixture
def paired(layout: DataLayout) -> StageRecord:
    return datasets.dataset_of(layout, datasets.posts_of(layout, range(1, 41)))


def start(words: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *TORCHRUN, "-m", "flows", *words],
        cwd=PROJECT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def words_of(layout: DataLayout, **more: int) -> list[str]:
    flags = FLAGS | {f"training.{name.replace('_', '-')}": value for name, value in more.items()}
    named = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    return ["train", "--root", str(layout.root), *named]


def told(error: str) -> list[str]:
    return [line for line in error.splitlines() if line.startswith("irodori: ")]


def helper_of(torchrun: "subprocess.Popen[str]") -> int:
    """Give the process that torchrun has started as the second."""
    children = Path(f"/proc/{torchrun.pid}/task/{torchrun.pid}/children").read_text().split()
    ranked = {pid: Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") for pid in children}
    (helper,) = [pid for pid, names in ranked.items() if b"RANK=1" in names]
    return int(helper)


@pytest.mark.slow
def test_two_processes_train_what_one_trains_although_one_was_killed(
    layout: DataLayout, paired: StageRecord
) -> None:
    first = start(words_of(layout))
    checkpoints = layout.root / "train"
    wait_for(lambda: list(checkpoints.glob("*/checkpoints/*/state.json")), 120, 0.05, by=first)
    os.kill(helper_of(first), signal.SIGKILL)
    killed_at = time.monotonic()
    _, error = first.communicate(timeout=120)
    assert time.monotonic() - killed_at < 20
    assert first.returncode == 1
    assert len(told(error)) <= 1

    out, error = start(words_of(layout)).communicate(timeout=120)
    (folder,) = out.splitlines()
    assert not told(error)

    config = command_line.parse(words_of(layout)).config
    alone_layout = DataLayout.at(f"{layout.root}-alone")
    again = datasets.dataset_of(alone_layout, datasets.posts_of(alone_layout, range(1, 41)))
    assert again.key == paired.key
    alone = train(config.training, again, alone_layout, config.seed)
    together = json.loads((Path(folder) / "stage.json").read_text())
    assert together["key"] == alone.key
    assert [each["name"] for each in together["outputs"]] == [each.name for each in alone.outputs]
    alone_folder = Path(str(alone_layout.stage("train", alone.key)))
    for mine, theirs in zip(rows(Path(folder)), rows(alone_folder), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-4)


def rows(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_what_all_processes_find_wrong_is_said_once(
    layout: DataLayout, paired: StageRecord
) -> None:
    _, error = start(words_of(layout, batch_size=5)).communicate(timeout=120)
    (line,) = told(error)
    assert "--training.batch-size 5: 2 processes cannot share it equally" in line


@pytest.mark.slow
def test_a_training_that_another_run_is_writing_is_refused_and_no_process_waits(
    layout: DataLayout, paired: StageRecord
) -> None:
    config = command_line.parse(words_of(layout)).config
    key = ledger.key_of(Stage.TRAIN, config.training, {"condition": paired.key}, config.seed)
    held = lease.lock(Path(str(layout.lease(Stage.TRAIN, key))))
    assert held
    torchrun = start(words_of(layout))
    _, error = torchrun.communicate(timeout=120)
    (line,) = told(error)
    assert f"stage=train key={key}: another run is writing it" in line
    assert torchrun.returncode != 0
    held.release()


def test_torchrun_is_refused_where_it_could_only_do_harm(layout: DataLayout) -> None:
    _, error = start(["run", "--root", str(layout.root)]).communicate(timeout=120)
    (line,) = told(error)
    assert "run: torchrun is for train alone" in line
