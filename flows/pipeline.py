"""The paper, in the order in which its data travels. Read this first."""

from prefect import flow

import evaluation.stage
import training.stage
from flows import alarm, tasks
from flows.config import PipelineConfig
from flows.plan import finished_grids, label_of
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord


@flow(name="full-pipeline", **alarm.BELLS)
def full_pipeline(config: PipelineConfig) -> StageRecord:
    """Re-run the whole paper: from the image board to the report of what its model can do.

    Every stage that is finished already, with the same settings, is only looked up.
    """
    layout = DataLayout.at(config.root)
    evaluation.stage.require(config.evaluation)
    for recipe in config.recipes:
        training.stage.require(config.training_of(recipe), config.pack.size_px)

    # The dataset: drawings from the board, cleaned, packed, with their line art and hints.
    lineage = make_dataset(config, layout)
    paired = lineage[Stage.CONDITION]

    # The models: the paper's, beside its rivals, each trained and judged on the same pictures.
    for recipe in config.recipes:
        trained = tasks.train(config, recipe, paired, layout)
        lineage[label_of(Stage.TRAIN, recipe)] = trained
        evaluated = tasks.evaluate(config, recipe, trained, paired, layout)
        lineage[label_of(Stage.EVALUATE, recipe)] = evaluated

    # The answer, with what finished searches on the same dataset have found.
    return tasks.report(config, lineage | finished_grids(config, layout), layout)


def make_dataset(config: PipelineConfig, layout: DataLayout) -> dict[str, StageRecord]:
    """Go from the site to pairs of what a model is given and what it should answer."""
    return make_pairs(config, tasks.scrape(config, layout), layout)


def make_pairs(
    config: PipelineConfig, scraped: StageRecord, layout: DataLayout
) -> dict[str, StageRecord]:
    """Go from scraped pictures to pairs."""
    cleaned = tasks.clean(config, scraped, layout)
    packed = tasks.pack(config, cleaned, layout)
    paired = tasks.condition(config, packed, layout)
    return {
        Stage.SCRAPE: scraped,
        Stage.CLEAN: cleaned,
        Stage.PACK: packed,
        Stage.CONDITION: paired,
    }
