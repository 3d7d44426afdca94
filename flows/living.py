"""The whole system on one machine: a Prefect server, the deployments, and a worker.

All of it listens on loopback alone and lives in the project's folder. `up` is safe to repeat: what
runs is found and left alone, what is missing is started.
"""

import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from flows.daemon import Daemon
from storage.errors import BadInput, IrodoriError, told_of_place

logger = logging.getLogger(__name__)

PREFECT = (sys.executable, "-m", "prefect")
HOST = "127.0.0.1"
DEFAULT_PORT = 4200
START_SECONDS = 180.0
STOP_SECONDS = 30.0
ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class House:
    """One living system: where Prefect keeps its things, and the port of its server."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the UI; the API is below it."""
        return f"http://{HOST}:{self.port}"

    @property
    def living(self) -> Path:
        """The folder of what is known of the programs that run."""
        return self.home / "living"

    @property
    def server(self) -> Daemon:
        """The Prefect server."""
        return Daemon("server", self.living)

    @property
    def worker(self) -> Daemon:
        """The worker that runs what is asked for."""
        return Daemon("worker", self.living)

    @property
    def port_note(self) -> Path:
        """The file with the port that the server was started on last."""
        return self.living / "server.port"

    @property
    def environment(self) -> dict[str, str]:
        """What everything that is started here has to know."""
        return os.environ | {"PREFECT_HOME": str(self.home), "PREFECT_API_URL": f"{self.url}/api"}


def house_at(folder: Path, port: int) -> House:
    """Give the system of a project's folder, which has a home from now on.

    Raises:
        BadInput: the folder is not the project's, or there can be no home where one is wanted.
    """
    if not (folder / "prefect.yaml").exists():
        raise BadInput(f"{folder}: holds no prefect.yaml; run this in the project's folder")
    home = Path(os.environ.get("PREFECT_HOME", folder / ".prefect")).absolute()
    house = House(home, port)
    with told_of_place(f"PREFECT_HOME {home}"):
        house.living.mkdir(parents=True, exist_ok=True)
    return house


def up(house: House) -> str:
    """Start what does not run, wait until each part is ready, and say where to look.

    Raises:
        BadInput: another program has the port, or what runs is on another one.
        IrodoriError: a part did not start.
    """
    _refuse_other_port(house)
    if _is_up(house):
        return _welcome(house, "runs already")
    _start_server(house)
    os.environ["PREFECT_API_URL"] = f"{house.url}/api"
    os.environ["PREFECT_HOME"] = str(house.home)
    from flows import premises  # noqa: PLC0415

    premises.furnish()
    _deploy(house)
    _start_worker(house, premises.is_worker_online)
    return _welcome(house, "is up")


def down(house: House) -> str:
    """End the worker, then the server; a training that goes on leaves a bookmark first."""
    # A worker that ends kills its runs at once.
    was_at_work = house.worker.stop(STOP_SECONDS, children_first=True)
    ran = ["worker"] * was_at_work + ["server"] * house.server.stop(STOP_SECONDS)
    return f"ended: {', '.join(ran)}" if ran else "nothing was running"


def _is_up(house: House) -> bool:
    # The worker is started last, when all else is ready.
    return house.worker.pid() is not None and _answers(house)


def _start_server(house: House) -> None:
    if house.server.pid() is None:
        _refuse_taken_port(house)
        logger.info("starting server log=%s", house.server.log)
        words = (*PREFECT, "server", "start", "--host", HOST, "--port", str(house.port))
        house.server.start(words, house.environment)
        house.port_note.write_text(str(house.port))
    _wait_for(lambda: _answers(house), house.server, "answer")


def _deploy(house: House) -> None:
    logger.info("deploying what prefect.yaml says")
    done = subprocess.run(
        [*PREFECT, "--no-prompt", "deploy", "--all"],
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise IrodoriError(f"prefect deploy --all: {' '.join(told)}; run it by hand to see all")


def _start_worker(house: House, is_online: Callable[[str], bool]) -> None:
    if house.worker.pid() is not None:
        # It has outlived a server, and finds the new one by itself.
        return
    # A new name each time: what the server last heard of an older worker says nothing of this one.
    name = f"{socket.gethostname()}-{int(time.time())}"
    logger.info("starting worker log=%s", house.worker.log)
    words = (*PREFECT, "worker", "start", "--pool", "local", "--name", name)
    house.worker.start(words, house.environment)
    _wait_for(lambda: is_online(name), house.worker, "come online")


def _refuse_other_port(house: House) -> None:
    if not house.port:
        raise BadInput("--port 0: wanted 1 to 65535, as all that is started has to know the port")
    # A worker that has outlived its server waits for it on the port that it was told.
    runs = any(each.pid() is not None for each in (house.server, house.worker))
    if not runs or not house.port_note.exists():
        return
    runs_at = house.port_note.read_text()
    if runs_at != str(house.port):
        raise BadInput(f"--port {house.port}: runs already on port {runs_at}; irodori down first")


def _refuse_taken_port(house: House) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, house.port))
        except OSError as error:
            raise BadInput(
                f"--port {house.port}: taken by another program; end it, or say another --port"
            ) from error


def _answers(house: House) -> bool:
    try:
        with urllib.request.urlopen(f"{house.url}/api/health", timeout=ANSWER_SECONDS):
            return True
    except (OSError, HTTPException):
        return False


def _wait_for(is_ready: Callable[[], bool], daemon: Daemon, what: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not is_ready():
        if daemon.pid() is None:
            raise IrodoriError(f"the {daemon.name} ended before it could {what}; see {daemon.log}")
        if time.monotonic() > until:
            raise IrodoriError(
                f"the {daemon.name} did not {what} in {START_SECONDS:.0f} s; see {daemon.log}"
            )
        time.sleep(0.3)


def _welcome(house: House, state: str) -> str:
    lines = [f"irodori {state}: {house.url}", "next: prefect deployment run full-pipeline"]
    if house.port != DEFAULT_PORT:
        # Every command in this folder else looks where prefect.toml says.
        lines.insert(1, f"first: export PREFECT_API_URL={house.url}/api")
    return "\n".join([*lines, "to end it: irodori down"])
