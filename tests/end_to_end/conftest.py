"""A pipeline small enough for a test, yet with every stage real."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import preprocessing.stage
import scraper.stage
from flows import plan
from flows.command_line import parse
from flows.config import PipelineConfig
from flows.pipeline import full_pipeline
from storage.layout import DataLayout
from storage.records import Output, StageRecord
from tests.living_system import Living, changed, living_at

FLAGS = [
    *("--scraper.sample-posts", "80", "--scraper.max-posts", "80"),
    *("--clean.min-side-px", "128", "--pack.size-px", "64", "--pack.samples-per-shard", "20"),
    *("--training.steps", "10", "--training.width", "4", "--training.critic-width", "4"),
    *("--training.feature-weight", "0", "--training.checkpoint-every", "5"),
    *("--evaluation.num-pictures", "2", "--report.num-pictures", "2"),
    *("--evaluation.num-hint-pictures", "1", "--evaluation.num-line-pictures", "1"),
    *("--evaluation.num-perceptual-pictures", "1"),
]


@pytest.fixture(scope="session")
def flags() -> list[str]:
    """The flags that make the sample preset small."""
    return FLAGS


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    """The small pipeline, with a root of its own."""
    root = tmp_path_factory.mktemp("undisturbed")
    return parse(["run", "--root", str(root), *FLAGS]).config


@pytest.fixture(scope="session")
def reported(config: PipelineConfig, prefect_server: None) -> StageRecord:
    """The record of an undisturbed run's report."""
    return full_pipeline(config)


@pytest.fixture(scope="session")
def undisturbed(config: PipelineConfig, reported: StageRecord) -> dict[str, tuple[Output, ...]]:
    """What an undisturbed run makes: the outputs of every stage with their digests, by label."""
    found = plan.finished(config, DataLayout.at(config.root))
    return {label: record.outputs for label, record in found.items()}


@pytest.fixture(scope="session")
def dataset(config: PipelineConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root that holds the dataset of the small pipeline and nothing else."""
    root = tmp_path_factory.mktemp("dataset")
    layout = DataLayout.at(str(root))
    scraped = scraper.stage.scrape(config.scraper, layout)
    cleaned = preprocessing.stage.clean(config.clean, scraped, layout)
    packed = preprocessing.stage.pack(config.pack, cleaned, layout)
    preprocessing.stage.condition(config.condition, packed, layout, config.seed)
    return root


@pytest.fixture
def grounds(config: PipelineConfig, dataset: Path, tmp_path: Path) -> PipelineConfig:
    """The small pipeline with a root of its own that holds its dataset."""
    root = tmp_path / "grounds"
    shutil.copytree(dataset, root)
    return changed(config, root=str(root))


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """One living system for all tests that ask for it."""
    with living_at(tmp_path_factory.mktemp("home")) as system:
        yield system


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a measured figure, whatever pytest makes of output."""

    def tell(figure: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{figure}\n")

    return tell
