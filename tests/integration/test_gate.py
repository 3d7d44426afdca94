"""Two scrapes of one site by two processes that share a Prefect server and nothing else."""

import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL
from starlette.types import ASGIApp, Receive, Scope, Send

from flows import gate
from scraper.sample_booru.board import build_board
from scraper.sample_booru.serving import serve_app

PROJECT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("gate_child.py")
NAMES = ["one", "two"]


class Ear:
    """Stands before an app and notes who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.agents: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        agent = dict(scope["headers"])[b"user-agent"].decode()
        self.agents.append(agent.split()[0])
        await self._app(scope, receive, send)


@pytest.mark.usefixtures("prefect_server")
def test_two_workers_ask_a_site_one_after_the_other(tmp_path: Path):
    ear = Ear(build_board(40))
    with serve_app(ear) as address:
        processes = [_start(address, tmp_path / name, name) for name in NAMES]
        told = [process.communicate(timeout=200)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    asked = [name for name, _ in groupby(ear.agents)]
    assert sorted(asked) == NAMES
    assert sum("a scrape elsewhere is asking it" in each for each in told) <= 1
    assert not any("another scrape of this machine" in each for each in told)


@pytest.mark.usefixtures("prefect_server")
def test_a_slot_that_is_held_is_free_again_after_a_failure():
    def fail() -> None:
        with gate.passed("https://example.org"):
            raise ValueError("the site is down")

    for _ in range(2):
        with pytest.raises(ValueError, match="the site is down"):
            fail()
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name("asks example.org")
    assert (limit.limit, limit.active_slots) == (1, 0)


def _start(address: str, root: Path, name: str) -> "subprocess.Popen[str]":
    # Another folder for temporary files: this machine's own lock is not seen, as on another one.
    temporary = root.with_name(f"temporary-{name}")
    temporary.mkdir()
    environment = os.environ | {
        "PYTHONPATH": str(PROJECT),
        "TMPDIR": str(temporary),
        "PREFECT_API_URL": str(PREFECT_API_URL.value()),
    }
    return subprocess.Popen(
        [sys.executable, str(CHILD), address, str(root), name],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
