"""The user's own words, against a real Prefect server: deploy, run by bare name, be scheduled."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.prefect_api import ask
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
PREFECT = str(Path(sys.executable).with_name("prefect"))
START_SECONDS = 120
# The scheduler looks once a minute.
SCHEDULE_SECONDS = 90


class Server:
    """A Prefect server with the project's deployments on it."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/api"
        self.environment = os.environ | {
            "PREFECT_HOME": str(home),
            "PREFECT_API_URL": self.url,
            "PREFECT_PLUGINS_ENABLED": "true",
        }
        # As `prefect server start` does; but its output is nobody's business here.
        self.process = subprocess.Popen(
            [PREFECT, "server", "start", "--port", str(port)],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def prefect(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command `prefect` as a person does."""
        return subprocess.run(
            [PREFECT, *words],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def ask(self, path: str, content: Any = None, method: str = "POST") -> Any:
        """Ask the server's API."""
        return ask(self.url, path, content, method)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("prefect"))
    try:
        answers = partial(started.ask, "/health", method="GET")
        wait_for(lambda: answers() is True, START_SECONDS, by=started.process)
        assert started.prefect("work-pool", "create", "local", "--type", "process").returncode == 0
        deployed = started.prefect("--no-prompt", "deploy", "--all")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield started
    finally:
        started.process.terminate()
        started.process.wait(timeout=30)


def test_everything_in_prefect_yaml_is_deployed_without_a_question(server: Server):
    names = {each["name"] for each in server.ask("/deployments/filter", {})}
    assert names == {
        *("full-pipeline", "dataset-refresh", "train", "evaluate", "experiments", "alarm")
    }


@pytest.mark.parametrize("name", ["full-pipeline", "full-pipeline/full-pipeline"])
def test_a_run_is_asked_for_by_its_bare_name_and_by_its_full_one(server: Server, name: str):
    # Of others the server makes some by itself, which wait for their schedule.
    asked = {"deployments": {"name": {"any_": ["full-pipeline"]}}}
    before = server.ask("/flow_runs/count", asked)
    done = server.prefect("deployment", "run", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert server.ask("/flow_runs/count", asked) == before + 1


def test_an_unknown_name_is_one_readable_line(server: Server):
    done = server.prefect("deployment", "run", "fool-pipeline")
    assert done.returncode == 1
    assert "No deployment is named 'fool-pipeline'" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_nightly_schedule_brings_scheduled_runs(server: Server):
    (refresh,) = server.ask(
        "/deployments/filter", {"deployments": {"name": {"any_": ["dataset-refresh"]}}}
    )
    wanted = {"flow_runs": {"deployment_id": {"any_": [refresh["id"]]}}}
    wait_for(lambda: server.ask("/flow_runs/count", wanted) > 0, SCHEDULE_SECONDS)
    run = server.ask("/flow_runs/filter", wanted)[0]
    assert run["state"]["type"] == "SCHEDULED"
    assert "T03:00:00" in run["state"]["state_details"]["scheduled_time"]
