"""Which Prefect server hears of a run: the configured one if it answers, else one for this run."""

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPException

from prefect.context import refresh_global_settings_context
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_HOME

from storage import lease
from storage.errors import BadInput, IrodoriError, told_of_place

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 3
START_SECONDS = 120
DRAIN_SECONDS = 10
TURN_NAME = ".irodori-starts-server"


@contextmanager
def listening() -> Iterator[None]:
    """Run flows inside with a server that answers.

    Raises:
        BadInput: PREFECT_API_URL names a server that does not answer, or PREFECT_HOME no folder
            to write in.
    """
    url = PREFECT_API_URL.value()
    if url and _answers(url):
        yield
        return
    if os.environ.get("PREFECT_API_URL"):
        raise BadInput(f"PREFECT_API_URL: no server answers at {url}; start it or unset this")
    logger.info("starting a Prefect server for this run")
    with _temporary() as url, _settled(url):
        try:
            yield
        finally:
            # What is still queued for the server has to reach it before it goes.
            EventsWorker.drain_all(timeout=DRAIN_SECONDS)
            APILogWorker.drain_all(timeout=DRAIN_SECONDS)


@contextmanager
def _settled(url: str) -> Iterator[None]:
    # In the environment, where Prefect's own threads see it too: one that does not know of this
    # server, such as that of a process pool, starts one more.
    os.environ["PREFECT_API_URL"] = url
    refresh_global_settings_context()
    try:
        yield
    finally:
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()


@contextmanager
def _temporary() -> Iterator[str]:
    home = PREFECT_HOME.value()
    with ExitStack() as at_the_end:
        with socket.socket() as door:
            # Bound from now on: a free port that is only looked up may be taken when it is wanted.
            door.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{door.getsockname()[1]}"
            # The first start ever makes Prefect's database, which two must not do at once.
            with told_of_place(f"PREFECT_HOME {home}"):
                turn = lease.wait(home / TURN_NAME, "for the server of another run to start")
            at_the_end.callback(turn.release)
            process = _start(door, f"{address}/api")
        at_the_end.callback(process.communicate)
        until = time.monotonic() + START_SECONDS
        while not _answers(f"{address}/api"):
            if process.poll() is not None or time.monotonic() > until:
                raise IrodoriError("the temporary Prefect server did not start; see above for why")
            time.sleep(0.1)
        turn.release()
        logger.info("watch this run at %s while it lasts", address)
        yield f"{address}/api"


def _start(door: socket.socket, url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "flows.temporary_server", str(door.fileno())],
        stdin=subprocess.PIPE,
        # The run's name for the settings does not reach the server: it needs no API but its own.
        env={**os.environ, "PREFECT_API_URL": url},
        pass_fds=[door.fileno()],
        start_new_session=True,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=PATIENCE_SECONDS):
            return True
    except (OSError, ValueError, HTTPException):
        return False
