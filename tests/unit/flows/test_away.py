"""A worker process drops its part when it is told to end, and does not outlive its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from flows import away
from storage.parts import Dropped
from tests.waiting import wait_for

PATIENCE_SECONDS = 60.0


def begin(marker: str) -> None:
    """Be a part that never ends by itself, and says who does it."""
    Path(marker).write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)


@pytest.fixture
def worker() -> Iterator[ProcessPoolExecutor]:
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn, away.prepare_process) as pool:
        yield pool


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or would be if its parent asked how it ended."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(") ")[2].startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return True


def pid_in(marker: Path) -> int:
    wait_for(lambda: marker.exists() and bool(marker.read_text()), PATIENCE_SECONDS)
    return int(marker.read_text())


def test_a_part_is_dropped_at_sigterm_and_its_worker_leaves_in_order(
    worker: ProcessPoolExecutor, tmp_path: Path
):
    parts = [worker.submit(away.do, begin, str(tmp_path / name)) for name in ("begun", "next")]
    os.kill(pid_in(tmp_path / "begun"), signal.SIGTERM)
    # What the pool has handed to it already is not begun any more.
    for part in parts:
        with pytest.raises(Dropped):
            part.result(PATIENCE_SECONDS)
    assert not (tmp_path / "next").exists()


def test_a_part_is_not_begun_by_who_was_told_to_end_before(
    worker: ProcessPoolExecutor, tmp_path: Path
):
    pid, _ = worker.submit(away.do, _pid_of, None).result(PATIENCE_SECONDS)
    os.kill(pid, signal.SIGTERM)
    with pytest.raises(Dropped):
        worker.submit(away.do, begin, str(tmp_path / "begun")).result(PATIENCE_SECONDS)
    assert not (tmp_path / "begun").exists()


def test_a_worker_ends_with_the_process_that_started_it(tmp_path: Path):
    marker = tmp_path / "begun"
    code = f"from tests.unit.flows.test_away import start;start({str(marker)!r})"
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        pid = pid_in(marker)
        parent.kill()
    wait_for(lambda: has_ended(pid), PATIENCE_SECONDS)


def start(marker: str) -> None:
    """Be the parent of a worker that never ends by itself."""
    with ProcessPoolExecutor(1, get_context("spawn"), away.prepare_process) as pool:
        pool.submit(away.do, begin, marker).result()


def _pid_of(_: None) -> int:
    return os.getpid()
