"""A living system whose run is cancelled, and that loses its server, its worker or its disk."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows import plan
from flows.config import PipelineConfig
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Output, StageRecord
from tests.living_system import PATIENCE_SECONDS, Living, changed, process_of
from tests.prefect_api import wait_for

STEPS = 1_500
STOPS_WITHIN_SECONDS = 10.0
PAGE = 4096

pytestmark = [pytest.mark.living, pytest.mark.timeout(1_500)]

Begun = Callable[[int], tuple[PipelineConfig, str]]
Tell = Callable[[str], None]


@pytest.fixture
def begun(living: Living, config: PipelineConfig, reported: StageRecord, tmp_path: Path) -> Begun:
    """Begin a long training on a dataset of its own; give its settings and its run."""
    layout = DataLayout.at(config.root)
    for name in (Stage.SCRAPE, Stage.CLEAN, Stage.PACK, Stage.CONDITION):
        shutil.copytree(str(layout.root / name), tmp_path / name)

    def begin(checkpoint_every: int) -> tuple[PipelineConfig, str]:
        rhythm = {"steps": STEPS, "checkpoint_every": checkpoint_every, "log_every": 10}
        asked = changed(config, training=rhythm, root=str(tmp_path))
        run = living.run("train", asked)
        wait_for(lambda: _last_step(asked) > checkpoint_every % STEPS, PATIENCE_SECONDS)
        return asked, run

    return begin


def test_a_cancelled_training_stops_within_seconds_and_goes_on_from_its_bookmark(
    living: Living, begun: Begun, tell: Tell
):
    asked, run = begun(STEPS)
    told = time.monotonic()
    living.ask(f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    wait_for(lambda: process_of(run) is None, PATIENCE_SECONDS)
    seconds = time.monotonic() - told
    tell(f"cancelled: stopped after {seconds:.1f} s")
    assert seconds <= STOPS_WITHIN_SECONDS
    assert living.end_of(run) == "CANCELLED"

    bookmarked = _said(living, run, "bookmarked step=")
    assert 0 < bookmarked < STEPS
    living.retry(run)
    wait_for(lambda: living.state(run) == "COMPLETED", PATIENCE_SECONDS)
    assert _said(living, run, "resumed step=") == bookmarked
    assert _is_sealed(asked)


def test_a_training_goes_on_while_the_server_is_killed_and_started_again(
    living: Living, begun: Begun, tell: Tell
):
    asked, run = begun(STEPS // 10)
    process = process_of(run)
    _kill_all(living, "server")
    before = _last_step(asked)
    wait_for(lambda: _last_step(asked) > before + 20, PATIENCE_SECONDS)
    assert process_of(run) == process

    living.up()
    end = living.end_of(run)
    tell(f"server killed: the run ended {end} after {len(living.said(run))} lines")
    if end != "COMPLETED":
        living.retry(run)
        wait_for(lambda: living.state(run) == "COMPLETED", PATIENCE_SECONDS)
    assert _is_sealed(asked)


def test_a_run_whose_worker_is_killed_is_retried_by_the_next_one_and_redoes_one_part_at_most(
    living: Living, begun: Begun, tell: Tell
):
    part = STEPS // 10
    asked, run = begun(part)
    os.kill(_pid(living, "worker"), signal.SIGKILL)
    wait_for(lambda: process_of(run) is None, PATIENCE_SECONDS)
    done = _last_step(asked)

    assert "is up" in living.up()
    end = living.end_of(run)
    assert end != "COMPLETED"
    tell(f"worker killed: the run ended {end} at step {done}: {living.message(run)}")
    living.retry(run)
    wait_for(lambda: living.state(run) == "COMPLETED", PATIENCE_SECONDS)
    assert done - _said(living, run, "resumed step=") <= part
    assert _is_sealed(asked)


def test_on_a_full_disk_a_run_says_so_and_goes_on_when_there_is_room(
    living: Living,
    config: PipelineConfig,
    undisturbed: dict[str, tuple[Output, ...]],
    small_disk: Path,
    tell: Tell,
):
    asked = changed(config, root=str(small_disk))
    layout, failed_in = DataLayout.at(asked.root), []
    sizes = _sizes_that_end_within(Path(config.root))
    _resize(small_disk, sizes[0])
    run = living.run("full-pipeline", asked)
    for size in [*sizes[1:], 1 << 30]:
        wait_for(lambda: living.state(run) in {"FAILED", "COMPLETED"}, PATIENCE_SECONDS)
        if living.state(run) == "COMPLETED":
            break
        message = living.message(run)
        assert "the disk is full" in message
        assert "\n" not in message
        # What says that it is finished is whole.
        finished = plan.finished(asked, layout)
        assert {label: undisturbed[label] for label in finished} == {
            label: record.outputs for label, record in finished.items()
        }
        failed_in.append(next(label for label in plan.plan(asked) if label not in finished))
        _resize(small_disk, size)
        living.retry(run)

    wait_for(lambda: living.state(run) == "COMPLETED", PATIENCE_SECONDS)
    tell(f"full disk: failed in {', '.join(failed_in)}")
    assert len(set(failed_in)) >= 3
    found = plan.finished(asked, layout)
    assert {label: record.outputs for label, record in found.items()} == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, in memory; it takes a superuser to have one."""
    made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], check=False)
    if made.returncode:
        pytest.skip("cannot mount a small disk here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def _resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def _sizes_that_end_within(root: Path) -> list[int]:
    """Give the sizes of disks that are full in the middle of one stage after the other."""
    sizes, before = [], 0
    for names in (["scrape", "images"], ["clean", "looks"], ["pack"], ["condition"], ["train"]):
        files = [path for name in names for path in (root / name).rglob("*") if path.is_file()]
        taken = sum(-(-path.stat().st_size // PAGE) * PAGE for path in files)
        sizes.append(before + taken // 2)
        before += taken
    return sizes


def _pid(living: Living, name: str) -> int:
    pid = living.daemon(name).pid()
    assert pid is not None
    return pid


def _kill_all(living: Living, name: str) -> None:
    os.killpg(_pid(living, name), signal.SIGKILL)


def _train_folder(config: PipelineConfig) -> Path:
    key = plan.plan(config)[plan.label_of(Stage.TRAIN, config.training.recipe)].key
    return Path(str(DataLayout.at(config.root).stage(Stage.TRAIN, key)))


def _last_step(config: PipelineConfig) -> int:
    """Give the step up to which a training has written its journal."""
    journal = _train_folder(config) / "metrics.jsonl"
    return journal.read_text().count("\n") * 10 if journal.exists() else 0


def _is_sealed(config: PipelineConfig) -> bool:
    layout, folder = DataLayout.at(config.root), _train_folder(config)
    return ledger.find(layout, Stage.TRAIN, folder.name) is not None


def _said(living: Living, run: str, what: str) -> int:
    """Give the number that the last line that says so ends its first word with."""
    lines = [line for line in living.said(run) if line.startswith(what)]
    return int(lines[-1].removeprefix(what).split()[0])
