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


def test_a_number_left_by_one_that_has_died_is_nobody(daemon: Daemon):
    (daemon.folder / "sleeper.pid").write_text("1")
    assert daemon.pid() is None
