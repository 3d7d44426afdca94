"""A Prefect server that is named and is none, or has no place to be."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from flows import server
from storage.errors import BadInput


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """An address that PREFECT_API_URL holds, where no server answers."""
    url = request.param or f"http://127.0.0.1:{request.getfixturevalue('babbler')}/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    with temporary_settings({PREFECT_API_URL: url}):
        yield url


@pytest.mark.parametrize("named", ["", "foo", "http://127.0.0.1:1/a b"], indirect=True)
def test_an_address_at_which_no_server_answers_is_said_in_one_line(named: str):
    with (
        pytest.raises(BadInput, match=f"PREFECT_API_URL: no server answers at {named}"),
        server.listening(),
    ):
        pass


@pytest.mark.parametrize("home", ["/dev/null", "/proc/x"])
@pytest.mark.filterwarnings("ignore:Failed to create the Prefect home")
def test_a_home_that_can_be_none_is_said_in_one_line(home: str):
    with (
        temporary_settings({PREFECT_HOME: home, PREFECT_API_URL: None}),
        pytest.raises(BadInput, match=rf"^PREFECT_HOME {home} cannot be written \(.+\); name"),
        server.listening(),
    ):
        pass


def test_nobody_can_take_the_port_of_a_server_that_is_still_starting(
    monkeypatch: pytest.MonkeyPatch,
):
    taken = pytest.raises(OSError, match="in use")

    def start(words: list[str], *, pass_fds: list[int], **how: object) -> None:
        assert words[-1] == str(pass_fds[0])
        with socket.socket(fileno=socket.dup(pass_fds[0])) as door, socket.socket() as other, taken:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(door.getsockname())
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", start)
    with (
        temporary_settings({PREFECT_API_URL: None}),
        pytest.raises(KeyboardInterrupt),
        server.listening(),
    ):
        pass
    # Nor does another process wait for one that has not started.
    monkeypatch.undo()
    place = PREFECT_HOME.value() / server.TURN_NAME
    ask = f"import pathlib, storage.lease as lease; print(lease.lock(pathlib.{place!r}))"
    words = [sys.executable, "-c", ask]
    assert subprocess.check_output(words, text=True).startswith("<storage.lease.Lease")
