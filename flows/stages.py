"""One flow a stage, each deployable and runnable alone, on what the stages before it have made."""

import logging
from datetime import UTC, datetime

from prefect import flow

from dataset import version
from flows import alarm, plan, sequel, tasks
from flows.config import PipelineConfig
from flows.pipeline import make_pairs
from scraper.config import ScraperConfig
from scraper.stage import settled
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord

logger = logging.getLogger(__name__)


@flow(name="scrape")
def scrape(config: PipelineConfig) -> StageRecord:
    """Ask the site for posts and fetch their originals."""
    return tasks.scrape(config, DataLayout.at(config.root))


@flow(name="clean")
def clean(config: PipelineConfig) -> StageRecord:
    """Decide which scraped originals are fit to train on."""
    layout = DataLayout.at(config.root)
    return tasks.clean(config, plan.require(config, Stage.SCRAPE, layout), layout)


@flow(name="pack")
def pack(config: PipelineConfig) -> StageRecord:
    """Turn kept originals into shards of square pictures."""
    layout = DataLayout.at(config.root)
    return tasks.pack(config, plan.require(config, Stage.CLEAN, layout), layout)


@flow(name="condition")
def condition(config: PipelineConfig) -> StageRecord:
    """Draw line art and hints for packed pictures."""
    layout = DataLayout.at(config.root)
    return tasks.condition(config, plan.require(config, Stage.PACK, layout), layout)


@flow(name="train", **alarm.BELLS)
def train(config: PipelineConfig, dataset: str = "") -> StageRecord:
    """Train the recipe training.recipe on a dataset; say then that a model is there to be judged.

    Args:
        config: all settings.
        dataset: the version, by the first digits of its key; empty: the one that config leads to.
    """
    layout = DataLayout.at(config.root)
    paired = _paired(config, dataset, layout)
    trained = tasks.train(config, config.training.recipe, paired, layout)
    sequel.announce(config, paired, layout)
    return trained


@flow(name="evaluate", **alarm.BELLS)
def evaluate(config: PipelineConfig, dataset: str = "") -> StageRecord:
    """Judge the recipe training.recipe, trained on a dataset.

    Args:
        config: all settings.
        dataset: the version, by the first digits of its key; empty: the one that config leads to.
    """
    layout = DataLayout.at(config.root)
    paired = _paired(config, dataset, layout)
    recipe = config.training.recipe
    trained = ledger.require(layout, Stage.TRAIN, plan.sequel_of(config, paired.key).train)
    return tasks.evaluate(config, recipe, trained, paired, layout)


@flow(name="report")
def report(config: PipelineConfig) -> StageRecord:
    """Put all figures and numbers of a run into one report."""
    layout = DataLayout.at(config.root)
    lineage = plan.require_all(config, plan.inputs_of(Stage.REPORT, config), layout)
    return tasks.report(config, lineage | plan.finished_grids(config, layout), layout)


@flow(name="dataset-refresh", **alarm.BELLS)
def dataset_refresh(config: PipelineConfig) -> StageRecord:
    """Look at the site as it is today; make a new version of the dataset if anything is new."""
    layout = DataLayout.at(config.root)
    today = datetime.now(UTC).date().isoformat()
    asked = config.scraper.model_dump() | {"snapshot": f"{config.scraper.snapshot}-{today}"}
    sections = dict(config) | {"scraper": ScraperConfig.model_validate(asked)}
    scraped = tasks.scrape(PipelineConfig(**sections), layout)
    # A look that found nothing new leads to the dataset that is there.
    source = settled(scraped, layout)
    paired = make_pairs(config, source, layout)[Stage.CONDITION]
    logger.info(
        "%sdataset=%s; to train on it, say --scraper.snapshot %s",
        "" if source == scraped else "nothing is new: ",
        *(paired.key[: version.SHORT_DIGITS], source.settings["snapshot"]),
    )
    sequel.announce(config, paired, layout)
    return paired


def _paired(config: PipelineConfig, dataset: str, layout: DataLayout) -> StageRecord:
    if dataset:
        return version.pick(layout, dataset).record(Stage.CONDITION)
    return plan.require(config, Stage.CONDITION, layout)
