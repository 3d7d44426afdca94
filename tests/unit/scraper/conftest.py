"""Sites to scrape: the sample booru with an ear on it, and small sites that misbehave."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from scraper.config import ScraperConfig
from scraper.sample_booru.board import build_board
from scraper.sample_booru.serving import serve_app

BOARD_POSTS = 120


class Ear:
    """Hears every request to an app; may answer some of them in the app's place."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.heard: list[str] = []
        self.times: list[float] = []
        self.agents: set[str] = set()
        self.instead: Callable[[str, int], Response | None] = lambda path, number: None

    def forget(self) -> None:
        self.heard, self.times = [], []
        self.instead = lambda path, number: None

    def kill_at(self, number: int, command: Sequence[str]) -> None:
        """Run a command, and kill it while it waits for the answer to a request of this number."""

        def kill(_: str, at: int) -> None:
            if at == number:
                victim.kill()

        self.instead = kill
        victim = subprocess.Popen(command)
        assert victim.wait() == -signal.SIGKILL

    def files(self) -> list[str]:
        return [path for path in self.heard if path.startswith(("/images", "/lines"))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode()
        path = scope["path"] + (f"?{query}" if query else "")
        with self._lock:
            self.heard.append(path)
            self.times.append(time.monotonic())
            self.agents.add(dict(scope["headers"]).get(b"user-agent", b"").decode())
            number = len(self.heard)
        answer = self.instead(path, number) or self._app
        await answer(scope, receive, send)


class Site:
    """A served app, its address, and the ear on it."""

    def __init__(self, address: str, ear: Ear) -> None:
        self.address, self.ear = address, ear


@pytest.fixture
def serve_site() -> Iterator[Callable[..., Site]]:
    """Serve functions by path, as long as the test runs: `serve_site({"/a": answer})`."""
    with ExitStack() as stack:

        def serve(routes: dict[str, Callable[[Request], Response]]) -> Site:
            known = {"/robots.txt": lambda _: PlainTextResponse("", 404)} | routes
            ear = Ear(Starlette(routes=[Route(path, answer) for path, answer in known.items()]))
            return Site(stack.enter_context(serve_app(ear)), ear)

        yield serve


@pytest.fixture(scope="session")
def shared_board() -> Iterator[Site]:
    ear = Ear(build_board(BOARD_POSTS))
    with serve_app(ear) as address:
        yield Site(address, ear)


@pytest.fixture
def board(shared_board: Site) -> Site:
    """The sample booru, served once for all tests (so each picture is drawn once)."""
    shared_board.ear.forget()
    return shared_board


@pytest.fixture
def make_config() -> Callable[..., ScraperConfig]:
    """Make a config that asks quickly and gives up soon."""

    def make(address: str, **changes: Any) -> ScraperConfig:
        return ScraperConfig(
            **{
                "base_url": address,
                "tags": (),
                "requests_per_second": 1000,
                "backoff_seconds": 0.01,
                "max_attempts": 3,
                "timeout_seconds": 20,
            }
            | changes
        )

    return make


@pytest.fixture
def recorded() -> Path:
    """A folder of the real site's recorded answers, where there is one."""
    folder = os.environ.get("IRODORI_RECORDED", "")
    if not folder:
        pytest.skip("IRODORI_RECORDED names no folder of recorded answers")
    return Path(folder)
