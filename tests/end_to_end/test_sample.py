"""The whole paper, small, under a real Prefect server; then again, and killed now and then."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows import plan
from flows.config import PipelineConfig
from flows.pipeline import full_pipeline
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Output, StageRecord

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120

# Four starts of the command, each with a server of its own.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def metrics(config: PipelineConfig, reported: StageRecord) -> dict:
    folder = DataLayout.at(config.root).stage(Stage.REPORT, reported.key)
    return json.loads((folder / "metrics.json").read_text())


def test_every_planned_stage_is_made_under_its_planned_key(
    config: PipelineConfig, reported: StageRecord
):
    assert list(plan.finished(config, DataLayout.at(config.root))) == list(plan.plan(config))


def test_every_post_is_kept_or_dropped_with_a_reason(config: PipelineConfig, reported: StageRecord):
    found = plan.finished(config, DataLayout.at(config.root))
    scraped, cleaned = found[Stage.SCRAPE].counts, found[Stage.CLEAN].counts
    facts = {"listed", "originals", "line_art", "bytes"}
    facts |= {name for name in scraped if name.startswith("md5_")}
    dropped = sum(number for name, number in scraped.items() if name not in facts)
    assert scraped["listed"] == scraped["originals"] + dropped
    facts = {"judged", "kept", "train", "val", "test"}
    dropped = sum(number for name, number in cleaned.items() if name not in facts)
    assert cleaned["judged"] == cleaned["kept"] + dropped == scraped["originals"]
    assert cleaned["kept"] == cleaned["train"] + cleaned["val"] + cleaned["test"]


def test_the_report_stands_beside_its_markdown_and_its_numbers(
    config: PipelineConfig, reported: StageRecord
):
    folder = DataLayout.at(config.root).stage(Stage.REPORT, reported.key)
    names = {path.name for path in folder.iterdir()}
    figures = {name for name in names if name.startswith("figure-")}
    assert len(figures) >= 6
    assert names - figures == {
        "report.html",
        "report.md",
        "metrics.json",
        "results.png",
        "stage.json",
    }


def test_both_recipes_are_measured_beside_the_untrained_answers(metrics: dict):
    told = json.dumps(metrics)
    assert all(f'"{name}"' in told for name in ("unet-l2", "paper", "lines", "hint", "levin"))


def test_the_server_knows_the_run_and_its_artifacts(reported: StageRecord):
    pages = _pages()
    assert {"scrape", "clean", "pack", "condition", "train-paper", "report"} <= set(pages)
    for stage in ("scrape", "pack", "condition", "train-paper", "evaluate-paper", "report"):
        assert "](data:image/" in pages[stage]


def test_the_server_knows_which_dataset_fed_which_model(
    config: PipelineConfig, reported: StageRecord
):
    found = plan.finished(config, DataLayout.at(config.root))
    rows = _pages()["lineage"].splitlines()
    for recipe in config.recipes:
        labels = Stage.CONDITION, f"train-{recipe}", f"evaluate-{recipe}"
        keys = [f"`{found[label].key}`" for label in labels]
        assert any(all(key in row for key in keys) for row in rows)


def test_a_second_run_finds_everything_finished_and_touches_nothing(
    config: PipelineConfig, reported: StageRecord
):
    before = _times(config)
    assert full_pipeline(config) == reported
    assert _times(config) == before


def test_a_command_killed_now_and_then_ends_as_if_undisturbed(
    config: PipelineConfig,
    undisturbed: dict[str, tuple[Output, ...]],
    flags: list[str],
    tmp_path: Path,
):
    command = [sys.executable, "-m", "flows", "run", "--root", str(tmp_path), *flags]
    # In every stage it is killed in `test_living.py`.
    for label, each in list(plan.plan(config).items())[::3]:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        _wait_until_it_writes(tmp_path / each.stage / each.key, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0), label

    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    report = Path(done.stdout.splitlines()[-1])
    assert report.name == "report.html"
    assert report.exists()
    assert _outputs(tmp_path, config) == undisturbed


def _wait_until_it_writes(folder: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if folder.exists() and any(folder.iterdir()):
            return
        time.sleep(0.002)


def _pages() -> dict[str, str]:
    """Give what the server shows last, by key."""
    with get_client(sync_client=True) as client:
        artifacts = client.read_artifacts()
    by_time = sorted(artifacts, key=lambda artifact: artifact.created)
    return {str(artifact.key): str(artifact.data) for artifact in by_time}


def _times(config: PipelineConfig) -> dict[str, int]:
    root = Path(config.root)
    files = [path for path in root.rglob("*") if path.is_file() and path.suffix != ".log"]
    return {str(path): path.stat().st_mtime_ns for path in files}


def _outputs(root: Path, config: PipelineConfig) -> dict[str, tuple[Output, ...]]:
    found = plan.finished(config, DataLayout.at(str(root)))
    return {label: record.outputs for label, record in found.items()}
