"""What `irodori up` refuses at once."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import living
from flows.living import House
from storage.errors import BadInput

SERVER = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
SimpleHTTPRequestHandler.do_GET = lambda self: (self.send_response(200), self.end_headers())
HTTPServer(("127.0.0.1", int(sys.argv[-1])), SimpleHTTPRequestHandler).serve_forever()
"""
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A system with a home of its own, which ends with the test."""
    house = House(tmp_path, 1)
    yield house
    living.down(house)


def test_a_program_that_speaks_no_http_has_the_port(house: House, babbler: int):
    house.worker.start(SLEEP, {})
    with pytest.raises(BadInput, match=f"--port {babbler}: taken by another program"):
        living.up(House(house.home, babbler))


@pytest.mark.parametrize("outlived", [False, True])
def test_what_runs_on_another_port_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch, *, outlived: bool
):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        running = House(house.home, probe.getsockname()[1])
    monkeypatch.setattr(living, "PREFECT", (sys.executable, "-c", SERVER))
    monkeypatch.setattr(living, "START_SECONDS", 20)
    living._start_server(running)
    if outlived:
        house.worker.start(SLEEP, {})
        house.server.stop(10)
    with pytest.raises(BadInput, match=f"^--port 1: runs already on port {running.port}; .*down"):
        living.up(house)


def test_a_port_that_nobody_would_know_is_refused(house: House):
    with pytest.raises(BadInput, match="--port 0: wanted"):
        living.up(House(house.home, 0))


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/x", "/proc/x"])
def test_a_home_that_can_be_none_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
):
    (tmp_path / "prefect.yaml").touch()
    monkeypatch.setenv("PREFECT_HOME", home)
    with pytest.raises(BadInput, match=rf"^PREFECT_HOME {home} cannot be written \(.+\); name"):
        living.house_at(tmp_path, 4200)
