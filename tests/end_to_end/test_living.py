"""One living system: killed in every stage and retried, refreshed by its schedule, ended."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import plan
from flows.config import PipelineConfig
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Output
from tests.living_system import PATIENCE_SECONDS, Living, changed, kill, time_of
from tests.waiting import wait_for

IDLE_SECONDS = 30
"""On a machine that is busy with other things; by itself it takes a few."""

# A server, a worker, and a dozen runs of flows.
pytestmark = [pytest.mark.living, pytest.mark.timeout(1_500)]


@pytest.fixture(scope="module")
def grown(
    config: PipelineConfig, dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> PipelineConfig:
    """The small pipeline with a root of its own that holds its dataset."""
    root = tmp_path_factory.mktemp("living") / "root"
    shutil.copytree(dataset, root)
    return changed(config, root=str(root))


def test_a_second_up_finds_it_running(living: Living):
    assert "runs already" in living.up()
    assert len(living.ask("/work_pools/local/workers/filter", {})) == 1


def test_a_run_killed_in_every_stage_is_retried_to_the_undisturbed_end(
    living: Living,
    config: PipelineConfig,
    undisturbed: dict[str, tuple[Output, ...]],
    tmp_path: Path,
):
    own = changed(config, root=str(tmp_path))
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
        if not kill(run):
            break
        # The worker tells of a crash a second time, seconds later, which would fall on a retry.
        wait_for(lambda told=told: living.crashes_told() > told, PATIENCE_SECONDS)
        assert living.state(run) == "CRASHED"
        living.retry(run)

    wait_for(lambda: living.state(run) == "COMPLETED", PATIENCE_SECONDS)
    found = plan.finished(own, layout)
    assert {label: record.outputs for label, record in found.items()} == undisturbed


def test_the_schedule_finds_a_new_post_all_that_follows_follows_and_the_next_fire_does_nothing(
    living: Living, grown: PipelineConfig, tell: Callable[[str], None]
):
    later = _with_posts(grown, grown.scraper.sample_posts + 1)
    layout, dated = DataLayout.at(grown.root), _dated(later)
    paired = plan.plan(dated)[Stage.CONDITION].key
    assert paired != plan.plan(grown)[Stage.CONDITION].key
    judged = plan.sequel_of(dated, paired).evaluate

    schedule = _fire_every_minute(living, later)
    wait_for(lambda: ledger.find(layout, Stage.EVALUATE, judged), PATIENCE_SECONDS)
    wait_for(lambda: living.have_all_ended("evaluate"), PATIENCE_SECONDS)
    records, trainings = _records(layout), len(living.runs("train"))
    fired = _completed(living, "dataset-refresh")

    # One more fire may have begun before: the second from now finds nothing new for certain.
    wait_for(lambda: _completed(living, "dataset-refresh") >= fired + 2, PATIENCE_SECONDS)
    refresh = living.deployment("dataset-refresh")["id"]
    living.ask(f"/deployments/{refresh}/schedules/{schedule}", method="DELETE")
    idle = [run for run in living.runs("dataset-refresh") if run["state"]["type"] == "COMPLETED"][
        -1
    ]
    tell(f"a refresh that finds nothing new: {idle['total_run_time']:.1f} s")
    assert idle["total_run_time"] < IDLE_SECONDS
    assert _records(layout) == records
    assert len(living.runs("train")) == trainings


def test_two_refreshes_fired_at_once_take_turns(living: Living, grown: PipelineConfig):
    later = _with_posts(grown, grown.scraper.sample_posts + 2)
    before = {run["id"] for run in living.runs("dataset-refresh")}
    for _ in range(2):
        living.run("dataset-refresh", later)
    wait_for(lambda: living.have_all_ended("dataset-refresh"), PATIENCE_SECONDS)
    first, second = (run for run in living.runs("dataset-refresh") if run["id"] not in before)
    assert first["state"]["type"] == second["state"]["type"] == "COMPLETED"
    assert time_of(first["end_time"]) <= time_of(second["start_time"])


def _begun(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _with_posts(config: PipelineConfig, posts: int) -> PipelineConfig:
    return changed(config, scraper={"sample_posts": posts, "max_posts": posts})


def _dated(config: PipelineConfig) -> PipelineConfig:
    """Give what a refresh makes of a configuration today."""
    today = datetime.now(UTC).date().isoformat()
    return changed(config, scraper={"snapshot": f"{config.scraper.snapshot}-{today}"})


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


def _completed(living: Living, deployment: str) -> int:
    return sum(run["state"]["type"] == "COMPLETED" for run in living.runs(deployment))


def _records(layout: DataLayout) -> set[str]:
    return {str(path) for stage in Stage for path in layout.records(stage)}
