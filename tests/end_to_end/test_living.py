"""One living system: killed in every stage and retried, refreshed by its schedule, ended."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import plan
from flows.config import PipelineConfig
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Output
from tests.prefect_api import ask, wait_for

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240

# A server, a worker, and a dozen runs of flows.
pytestmark = [pytest.mark.living, pytest.mark.timeout(1_500)]


@dataclass(frozen=True, slots=True)
class Living:
    """What `irodori up` has started, and how to ask it."""

    url: str
    environment: dict[str, str]

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

    def deployment(self, name: str) -> dict[str, Any]:
        """Read a deployment by its bare name."""
        (found,) = self.ask("/deployments/filter", {"deployments": {"name": {"any_": [name]}}})
        return found

    def runs(self, deployment: str) -> list[dict[str, Any]]:
        """Give the runs of a deployment that have begun or are about to, the oldest first."""
        wanted = {"deployment_id": {"any_": [self.deployment(deployment)["id"]]}}
        found = self.ask("/flow_runs/filter", {"flow_runs": wanted, "sort": "START_TIME_ASC"})
        soon = datetime.now(UTC) + timedelta(minutes=2)
        return [run for run in found if _time(run["expected_start_time"]) < soon]

    def crashes_told(self) -> int:
        """Count how often the worker has had its last word on a crash."""
        log = Path(self.environment["PREFECT_HOME"]) / "living" / "worker.log"
        return log.read_text().count("prefect.flow_runs.worker - Check whether")

    def state(self, run: str) -> str:
        """Give the type of a run's state."""
        return self.ask(f"/flow_runs/{run}", method="GET")["state"]["type"]


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    environment = os.environ | {
        "PREFECT_HOME": str(tmp_path_factory.mktemp("home")),
        "PREFECT_API_URL": url,
        "PREFECT_PLUGINS_ENABLED": "true",
        "PREFECT_LOGGING_TO_API_ENABLED": "true",
    }
    system = Living(url, environment)
    try:
        system.command("flows", "up", "--port", str(port))
        yield system
    finally:
        told = system.command("flows", "down")
    assert told == "ended: worker, server\n"


@pytest.fixture(scope="module")
def own(config: PipelineConfig, tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    """The small pipeline with another root, which the living system works in."""
    root = tmp_path_factory.mktemp("living")
    return PipelineConfig(**dict(config) | {"root": str(root)})


def test_a_second_up_finds_it_running(living: Living):
    port = living.url.rpartition(":")[2].removesuffix("/api")
    assert "runs already" in living.command("flows", "up", "--port", port)
    assert len(living.ask("/work_pools/local/workers/filter", {})) == 1


def test_a_run_killed_in_every_stage_is_retried_to_the_undisturbed_end(
    living: Living, own: PipelineConfig, undisturbed: dict[str, tuple[Output, ...]]
):
    layout = DataLayout.at(own.root)
    living.command(
        *("prefect", "deployment", "run", "full-pipeline"),
        *("--params", json.dumps({"config": own.model_dump(mode="json")})),
    )
    (run,) = [each["id"] for each in living.runs("full-pipeline")]
    for each in plan.plan(own).values():
        folder = Path(str(layout.stage(each.stage, each.key)))
        wait_for(
            lambda folder=folder: _begun(folder) or living.state(run) == "COMPLETED",
            PATIENCE_SECONDS,
        )
        told = living.crashes_told()
        if not _kill(run):
            break
        # The worker tells of a crash a second time, seconds later, which would fall on a retry.
        wait_for(lambda told=told: living.crashes_told() > told, PATIENCE_SECONDS)
        assert living.state(run) == "CRASHED"
        living.command("prefect", "flow-run", "retry", run)

    wait_for(lambda: living.state(run) == "COMPLETED", PATIENCE_SECONDS)
    found = plan.finished(own, layout)
    assert {label: record.outputs for label, record in found.items()} == undisturbed


def test_the_schedule_finds_a_new_post_all_that_follows_follows_and_the_next_fire_does_nothing(
    living: Living, own: PipelineConfig
):
    later = _with_posts(own, own.scraper.sample_posts + 1)
    layout, dated = DataLayout.at(own.root), _dated(later)
    paired = plan.plan(dated)[Stage.CONDITION].key
    assert paired != plan.plan(own)[Stage.CONDITION].key
    judged = plan.sequel_of(dated, paired).evaluate

    schedule = _fire_every_minute(living, later)
    wait_for(lambda: ledger.find(layout, Stage.EVALUATE, judged), PATIENCE_SECONDS)
    wait_for(lambda: _all_ended(living, "evaluate"), PATIENCE_SECONDS)
    records, trainings = _records(layout), len(living.runs("train"))
    fired = _completed(living, "dataset-refresh")

    # One more fire may have begun before: the second from now finds nothing new for certain.
    wait_for(lambda: _completed(living, "dataset-refresh") >= fired + 2, PATIENCE_SECONDS)
    refresh = living.deployment("dataset-refresh")["id"]
    living.ask(f"/deployments/{refresh}/schedules/{schedule}", method="DELETE")
    assert _records(layout) == records
    assert len(living.runs("train")) == trainings


def test_two_refreshes_fired_at_once_take_turns(living: Living, own: PipelineConfig):
    later = _with_posts(own, own.scraper.sample_posts + 2)
    before = {run["id"] for run in living.runs("dataset-refresh")}
    for _ in range(2):
        _run(living, "dataset-refresh", later)
    wait_for(lambda: _all_ended(living, "dataset-refresh"), PATIENCE_SECONDS)
    first, second = (run for run in living.runs("dataset-refresh") if run["id"] not in before)
    assert first["state"]["type"] == second["state"]["type"] == "COMPLETED"
    assert _time(first["end_time"]) <= _time(second["start_time"])


def _begun(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _kill(run: str) -> bool:
    """Kill the process of a run, if there is one."""
    wanted = f"PREFECT__FLOW_RUN_ID={run}".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environ.read_bytes().split(b"\0"):
                os.kill(int(environ.parent.name), signal.SIGKILL)
                return True
        except OSError:
            continue
    return False


def _with_posts(config: PipelineConfig, posts: int) -> PipelineConfig:
    changed = config.model_dump(mode="json")
    changed["scraper"] |= {"sample_posts": posts, "max_posts": posts}
    return PipelineConfig.model_validate(changed)


def _dated(config: PipelineConfig) -> PipelineConfig:
    """Give what a refresh makes of a configuration today."""
    changed = config.model_dump(mode="json")
    changed["scraper"]["snapshot"] += f"-{datetime.now(UTC).date().isoformat()}"
    return PipelineConfig.model_validate(changed)


def _fire_every_minute(living: Living, config: PipelineConfig) -> str:
    """Give the refresh one more schedule, which fires some seconds from now; give its id."""
    soon = datetime.now(UTC) + timedelta(seconds=10)
    asked = {
        "active": True,
        "slug": "soon",
        "schedule": {"interval": 60, "anchor_date": soon.isoformat()},
        "parameters": {"config": config.model_dump(mode="json")},
    }
    refresh = living.deployment("dataset-refresh")["id"]
    (made,) = living.ask(f"/deployments/{refresh}/schedules", [asked])
    return str(made["id"])


def _run(living: Living, deployment: str, config: PipelineConfig) -> None:
    asked = {
        "parameters": {"config": config.model_dump(mode="json")},
        "state": {"type": "SCHEDULED"},
    }
    found = living.deployment(deployment)["id"]
    living.ask(f"/deployments/{found}/create_flow_run", asked)


def _all_ended(living: Living, deployment: str) -> bool:
    ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    runs = living.runs(deployment)
    return bool(runs) and all(run["state"]["type"] in ended for run in runs)


def _completed(living: Living, deployment: str) -> int:
    return sum(run["state"]["type"] == "COMPLETED" for run in living.runs(deployment))


def _records(layout: DataLayout) -> set[str]:
    return {str(path) for stage in Stage for path in layout.records(stage)}


def _time(told: str) -> datetime:
    return datetime.fromisoformat(told.replace("Z", "+00:00"))
