import sys
import time
from pathlib import Path

import pytest

from flows.daemon import Daemon

SLEEP = (sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('here', flush=True); time.sleep(60)",
)


@pytest.fixture
def daemon(tmp_path: Path):
    daemon = Daemon("sleeper", tmp_path)
    yield daemon
    daemon.stop(0)


def _start(daemon: Daemon, words: tuple[str, ...]) -> None:
    daemon.start(words, {})
    while "here" not in daemon.log.read_text():
        time.sleep(0.01)


def test_it_is_found_by_whoever_comes_later(daemon: Daemon):
    assert daemon.pid() is None
    _start(daemon, SLEEP)
    assert Daemon("sleeper", daemon.folder).pid() is not None


def test_it_is_never_started_twice(daemon: Daemon):
    _start(daemon, SLEEP)
    with pytest.raises(BlockingIOError):
        daemon.start(SLEEP, {})


def test_it_ends_when_asked_and_can_be_started_again(daemon: Daemon):
    _start(daemon, SLEEP)
    first = daemon.pid()
    assert daemon.stop(10)
    assert daemon.pid() is None
    assert not daemon.stop(10)
    _start(daemon, SLEEP)
    assert daemon.pid() not in (None, first)


def test_one_that_does_not_listen_is_made_to_end(daemon: Daemon):
    _start(daemon, DEAF)
    assert daemon.stop(0.2)
    assert daemon.pid() is None


PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], start_new_session=True)

def end(*_):
    child.kill()
    sys.exit()

signal.signal(signal.SIGTERM, end)
print("here", flush=True)
time.sleep(60)
"""
CHILD = """
import pathlib, signal, sys, time

def end(*_):
    time.sleep(0.5)
    pathlib.Path({path!r}).write_text("in order")
    sys.exit()

signal.signal(signal.SIGTERM, end)
pathlib.Path({path!r}).write_text("at work")
time.sleep(60)
"""


@pytest.mark.parametrize("children_first", [True, False])
def test_what_it_has_started_has_time_to_leave_its_work_in_order(
    daemon: Daemon, tmp_path: Path, *, children_first: bool
):
    work = tmp_path / "work"
    _start(daemon, (sys.executable, "-c", PARENT, CHILD.format(path=str(work))))
    while not work.exists() or not work.read_text():
        time.sleep(0.01)
    assert daemon.stop(10, children_first=children_first)
    assert daemon.pid() is None
    assert work.read_text() == ("in order" if children_first else "at work")


def test_a_number_left_by_one_that_has_died_is_nobody(daemon: Daemon):
    (daemon.folder / "sleeper.pid").write_text("1")
    assert daemon.pid() is None
