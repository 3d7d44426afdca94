"""A living system whose run is cancelled, and that loses its server, its worker or its disk."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows import plan
from flows.config import PipelineConfig
from storage.layout import DataLayout
from storage.records import Output
from tests.living_system import PATIENCE_SECONDS, Living, changed, process_of
from tests.living_training import STEPS, begin
from tests.waiting import wait_for

PART = STEPS // 10
STOPS_WITHIN_SECONDS = 10.0
PAGE = 4096

pytestmark = [pytest.mark.living, pytest.mark.timeout(1_500)]

Tell = Callable[[str], None]


def test_a_cancelled_training_stops_within_seconds_and_goes_on_from_its_bookmark(
    living: Living, grounds: PipelineConfig, tell: Tell
):
    training = begin(living, grounds, checkpoint_every=STEPS)
    told = time.monotonic()
    living.ask(f"/flow_runs/{training.run}/set_state", {"state": {"type": "CANCELLING"}})
    wait_for(lambda: process_of(training.run) is None, PATIENCE_SECONDS)
    seconds = time.monotonic() - told
    tell(f"cancelled: stopped after {seconds:.1f} s")
    assert seconds <= STOPS_WITHIN_SECONDS
    # Its own last word is a crash, until the worker says what it was.
    wait_for(lambda: living.state(training.run) == "CANCELLED", PATIENCE_SECONDS)

    bookmarked = training.said("bookmarked step=")
    assert 0 < bookmarked < STEPS
    training.finish()
    assert training.said("resumed step=") == bookmarked
    assert not any("Irodori: train" in line for line in living.said(training.run))


def test_a_training_whose_house_is_shut_goes_on_from_its_bookmark(
    living: Living, grounds: PipelineConfig, tell: Tell
):
    training = begin(living, grounds, checkpoint_every=STEPS)
    began = time.monotonic()
    assert living.down() == "ended: worker, server\n"
    done, seconds = training.last_step, time.monotonic() - began
    assert process_of(training.run) is None

    assert "is up" in living.up()
    assert living.state(training.run) == "CRASHED"
    bookmarked = training.said("bookmarked step=")
    tell(f"shut: ended after {seconds:.1f} s at step {bookmarked}")
    assert done <= bookmarked < STEPS
    training.finish()
    assert training.said("resumed step=") == bookmarked


def test_a_training_goes_on_while_the_server_is_killed_and_started_again(
    living: Living, grounds: PipelineConfig, tell: Tell
):
    training = begin(living, grounds, PART)
    process = process_of(training.run)
    os.killpg(_pid(living, "server"), signal.SIGKILL)
    training.goes_on()
    assert process_of(training.run) == process

    assert "is up" in living.up()
    tell(f"server killed: the run ended {training.finish()}")


def test_a_run_whose_worker_is_killed_is_retried_by_the_next_one_and_redoes_one_part_at_most(
    living: Living, grounds: PipelineConfig, tell: Tell
):
    training = begin(living, grounds, PART)
    os.kill(_pid(living, "worker"), signal.SIGKILL)
    wait_for(lambda: process_of(training.run) is None, PATIENCE_SECONDS)
    done = training.last_step

    assert "is up" in living.up()
    first = training.finish()
    resumed = training.said("resumed step=")
    tell(f"worker killed at step {done}: the run ended {first}, and went on from step {resumed}")
    assert first != "COMPLETED"
    assert done - resumed <= PART


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
