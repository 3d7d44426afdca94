"""A living system to test on: what `irodori up` starts, asked and disturbed as in life."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.config import PipelineConfig
from flows.daemon import Daemon
from tests.prefect_api import ask
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[1]
PATIENCE_SECONDS = 240
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True, slots=True)
class Living:
    """What `irodori up` has started, and how to ask it."""

    port: int
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """The address of the server's API."""
        return f"http://127.0.0.1:{self.port}/api"

    def ask(self, path: str, content: Any = None, method: str = "POST") -> Any:
        """Ask the server's API."""
        return ask(self.url, path, content, method)

    def command(self, *words: str) -> str:
        """Run a command as a person does; give what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self) -> str:
        """Start what does not run."""
        return self.command("flows", "up", "--port", str(self.port))

    def down(self) -> str:
        """End all of it."""
        return self.command("flows", "down")

    def daemon(self, name: str) -> Daemon:
        """Give the server or the worker."""
        return Daemon(name, Path(self.environment["PREFECT_HOME"]) / "living")

    def deployment(self, name: str) -> dict[str, Any]:
        """Read a deployment by its bare name."""
        (found,) = self.ask("/deployments/filter", {"deployments": {"name": {"any_": [name]}}})
        return found

    def run(self, deployment: str, config: PipelineConfig, **also: str) -> str:
        """Ask for a run as the UI does; give its id."""
        asked = {
            "parameters": {"config": config.model_dump(mode="json"), **also},
            "state": {"type": "SCHEDULED"},
        }
        found = self.deployment(deployment)["id"]
        return str(self.ask(f"/deployments/{found}/create_flow_run", asked)["id"])

    def runs(self, deployment: str) -> list[dict[str, Any]]:
        """Give the runs of a deployment that have begun or are about to, the oldest first."""
        wanted = {"deployment_id": {"any_": [self.deployment(deployment)["id"]]}}
        found = self.ask("/flow_runs/filter", {"flow_runs": wanted, "sort": "START_TIME_ASC"})
        soon = datetime.now(UTC) + timedelta(minutes=2)
        return [run for run in found if time_of(run["expected_start_time"]) < soon]

    def have_all_ended(self, deployment: str) -> bool:
        """Whether all runs of a deployment, at least one, have ended."""
        runs = self.runs(deployment)
        return bool(runs) and all(run["state"]["type"] in ENDED for run in runs)

    def state(self, run: str) -> str:
        """Give the type of a run's state."""
        return self._run(run)["state"]["type"]

    def message(self, run: str) -> str:
        """Give what a run's state says."""
        return str(self._run(run)["state"]["message"])

    def end_of(self, run: str) -> str:
        """Wait until a run has ended; give the type of its state."""
        wait_for(lambda: self.state(run) in ENDED, PATIENCE_SECONDS)
        return self.state(run)

    def retry(self, run: str) -> None:
        """Retry a run as a person does."""
        self.command("prefect", "flow-run", "retry", run)

    def said(self, run: str) -> list[str]:
        """Give the lines that a run has logged."""
        wanted = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC"}
        return [line["message"] for line in self.ask("/logs/filter", wanted)]

    def crashes_told(self) -> int:
        """Count how often the worker has had its last word on a crash."""
        return self.daemon("worker").log.read_text().count("flow_runs.worker - Check whether")

    def _run(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"/flow_runs/{run}", method="GET")
        return found


@contextmanager
def living_at(home: Path, also: Mapping[str, str] | None = None) -> Iterator[Living]:
    """Have a living system with a home of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_PLUGINS_ENABLED": "true",
        "PREFECT_LOGGING_TO_API_ENABLED": "true",
        **(also or {}),
    }
    system = Living(port, environment)
    try:
        system.up()
        yield system
    finally:
        told = system.down()
    assert told == "ended: worker, server\n"


def process_of(run: str) -> int | None:
    """Give the process of a run, if there is one."""
    wanted = f"PREFECT__FLOW_RUN_ID={run}".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environ.read_bytes().split(b"\0"):
                return int(environ.parent.name)
        except OSError:
            continue
    return None


def kill(run: str) -> bool:
    """Kill the process of a run, if there is one."""
    pid = process_of(run)
    try:
        if pid:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return pid is not None


def changed(config: PipelineConfig, **sections: Mapping[str, Any]) -> PipelineConfig:
    """Give a configuration with some fields changed, by section."""
    told = config.model_dump(mode="json")
    for name, fields in sections.items():
        told[name] = told[name] | fields if isinstance(told[name], dict) else fields
    return PipelineConfig.model_validate(json.loads(json.dumps(told)))


def time_of(told: str) -> datetime:
    """Read a time as the server writes it."""
    return datetime.fromisoformat(told.replace("Z", "+00:00"))
