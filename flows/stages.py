"""One flow a stage, each deployable and runnable alone, on what the stages before it have made."""

from datetime import UTC, datetime

from prefect import flow

from flows import plan, tasks
from flows.config import PipelineConfig
from flows.pipeline import make_pairs
from flows.plan import label_of
from scraper.config import ScraperConfig
from scraper.stage import settled
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord


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


@flow(name="train")
def train(config: PipelineConfig) -> StageRecord:
    """Train the recipe training.recipe on the dataset."""
    layout = DataLayout.at(config.root)
    paired = plan.require(config, Stage.CONDITION, layout)
    return tasks.train(config, config.training.recipe, paired, layout)


@flow(name="evaluate")
def evaluate(config: PipelineConfig) -> StageRecord:
    """Judge the trained recipe training.recipe."""
    layout = DataLayout.at(config.root)
    paired = plan.require(config, Stage.CONDITION, layout)
    recipe = config.training.recipe
    trained = plan.require(config, label_of(Stage.TRAIN, recipe), layout)
    return tasks.evaluate(config, recipe, trained, paired, layout)


@flow(name="report")
def report(config: PipelineConfig) -> StageRecord:
    """Put all figures and numbers of a run into one report."""
    layout = DataLayout.at(config.root)
    labels = plan.inputs_of(Stage.REPORT, config)
    lineage = {label: plan.require(config, label, layout) for label in labels}
    return tasks.report(config, lineage | plan.finished_grids(config, layout), layout)


@flow(name="dataset-refresh")
def dataset_refresh(config: PipelineConfig) -> StageRecord:
    """Look at the site as it is today; make a new version of the dataset if anything is new."""
    layout = DataLayout.at(config.root)
    today = datetime.now(UTC).date().isoformat()
    asked = config.scraper.model_dump() | {"snapshot": f"{config.scraper.snapshot}-{today}"}
    sections = dict(config) | {"scraper": ScraperConfig.model_validate(asked)}
    scraped = tasks.scrape(PipelineConfig(**sections), layout)
    # A look that found nothing new leads to the dataset that is there.
    return make_pairs(config, settled(scraped, layout), layout)[Stage.CONDITION]
