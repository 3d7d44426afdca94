"""The stages as tasks of the pipeline: each runs one stage and shows what came of it."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

import evaluation.stage
import preprocessing.stage
import scraper.stage
import training.stage
from evaluation.outcome import Outcome
from flows import artifacts, gate, logs
from flows.config import PipelineConfig
from flows.parts import as_tasks
from flows.plan import label_of
from storage.errors import told_of_disk
from storage.layout import DataLayout
from storage.ledger import OpenStage, Stage
from storage.records import StageRecord
from training.recipes import RecipeName

P = ParamSpec("P")
R = TypeVar("R")


def _task(function: Callable[P, R]) -> Callable[P, R]:
    """Make a task of a stage; what is done is in our own ledger, so Prefect caches nothing."""

    @functools.wraps(function)
    def run(*arguments: P.args, **named: P.kwargs) -> R:
        logs.speak()
        with told_of_disk():
            return function(*arguments, **named)

    return task(name=function.__name__, cache_policy=NO_CACHE, persist_result=False)(run)


@_task
def scrape(config: PipelineConfig, layout: DataLayout) -> StageRecord:
    """Ask the site for posts and fetch their originals."""
    record = scraper.stage.scrape(config.scraper, layout, gate.passed)
    return artifacts.show("scrape", record, layout)


@_task
def clean(config: PipelineConfig, scraped: StageRecord, layout: DataLayout) -> StageRecord:
    """Decide which originals are fit to train on."""
    each = as_tasks(config)
    record = preprocessing.stage.clean(config.clean, scraped, layout, each)
    return artifacts.show("clean", record, layout)


@_task
def pack(config: PipelineConfig, cleaned: StageRecord, layout: DataLayout) -> StageRecord:
    """Turn kept originals into shards of square pictures."""
    each = as_tasks(config)
    record = preprocessing.stage.pack(config.pack, cleaned, layout, each)
    return artifacts.show("pack", record, layout)


@_task
def condition(config: PipelineConfig, packed: StageRecord, layout: DataLayout) -> StageRecord:
    """Draw line art and hints."""
    record = preprocessing.stage.condition(
        config.condition, packed, layout, config.seed, as_tasks(config)
    )
    return artifacts.show("condition", record, layout)


@_task
def train(
    config: PipelineConfig, recipe: RecipeName, paired: StageRecord, layout: DataLayout
) -> StageRecord:
    """Train one recipe."""
    label = label_of(Stage.TRAIN, recipe)
    section, watcher = config.training_of(recipe), artifacts.Live(label)
    record = training.stage.train(section, paired, layout, config.seed, watcher)
    return artifacts.show(label, record, layout)


@_task
def evaluate(
    config: PipelineConfig,
    recipe: RecipeName,
    trained: StageRecord,
    paired: StageRecord,
    layout: DataLayout,
) -> StageRecord:
    """Judge one trained recipe."""
    record = evaluation.stage.evaluate(config.evaluation, trained, paired, layout, config.seed)
    return artifacts.show(label_of(Stage.EVALUATE, recipe), record, layout)


@_task
def report(
    config: PipelineConfig, lineage: Mapping[str, StageRecord], layout: DataLayout
) -> StageRecord:
    """Put all figures and numbers into one report."""
    record = evaluation.stage.report(config.report, lineage, layout)
    return artifacts.show_report(record, layout)


@_task
def compare(opened: OpenStage, outcomes: Sequence[Outcome]) -> StageRecord:
    """Put all trainings of a grid into one table."""
    return artifacts.show_comparison(evaluation.stage.compare(opened, outcomes), opened.layout)
