"""Every stage's key, known before anything has run, and what of a plan is finished.

A stage's label is its name, with the recipe behind it where there is one a recipe.
"""

from dataclasses import dataclass

from flows.config import PipelineConfig
from storage import ledger, takedowns
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from training.recipes import RecipeName


@dataclass(frozen=True, slots=True)
class Planned:
    """One run of a stage in a plan."""

    label: str
    stage: Stage
    key: str


def label_of(stage: Stage, recipe: RecipeName) -> str:
    """Give the label of a stage that is run once a recipe."""
    return f"{stage}-{recipe}"


def plan(config: PipelineConfig) -> dict[str, Planned]:
    """Give all runs of stages that a whole run needs, by label, in their order."""
    planned: dict[str, Planned] = {}

    def add(label: str, stage: Stage, key: str) -> str:
        planned[label] = Planned(label, stage, key)
        return key

    seed = config.seed
    scraped = add(Stage.SCRAPE, Stage.SCRAPE, ledger.key_of(Stage.SCRAPE, config.scraper, {}))
    # What was taken down since makes another dataset of the same posts.
    removed = takedowns.read(DataLayout.at(config.root)).inputs()
    cleaned = add(
        Stage.CLEAN,
        Stage.CLEAN,
        ledger.key_of(Stage.CLEAN, config.clean, {"scrape": scraped} | removed),
    )
    packed = add(Stage.PACK, Stage.PACK, ledger.key_of(Stage.PACK, config.pack, {"clean": cleaned}))
    paired = add(
        Stage.CONDITION,
        Stage.CONDITION,
        ledger.key_of(Stage.CONDITION, config.condition, {"pack": packed}, seed),
    )
    for recipe in config.recipes:
        training = config.training_of(recipe)
        trained = add(
            label_of(Stage.TRAIN, recipe),
            Stage.TRAIN,
            ledger.key_of(Stage.TRAIN, training, {"condition": paired}, seed),
        )
        add(
            label_of(Stage.EVALUATE, recipe),
            Stage.EVALUATE,
            ledger.key_of(
                Stage.EVALUATE,
                config.evaluation,
                {"train": trained, "condition": paired},
                seed,
            ),
        )
    lineage = {label: each.key for label, each in planned.items()}
    add(Stage.REPORT, Stage.REPORT, ledger.key_of(Stage.REPORT, config.report, lineage))
    return planned


def finished(config: PipelineConfig, layout: DataLayout) -> dict[str, StageRecord]:
    """Give the records of those planned stages that are finished, by label."""
    found = {
        label: ledger.find(layout, each.stage, each.key) for label, each in plan(config).items()
    }
    return {label: record for label, record in found.items() if record}


def inputs_of(verb: str, config: PipelineConfig) -> list[str]:
    """Give the labels of what has to be finished before a stage can run alone."""
    labels = list(plan(config))
    match verb:
        case Stage.CLEAN | Stage.PACK | Stage.CONDITION:
            return [labels[labels.index(verb) - 1]]
        case Stage.TRAIN:
            return [Stage.CONDITION]
        case Stage.EVALUATE:
            return [Stage.CONDITION, label_of(Stage.TRAIN, config.training.recipe)]
        case Stage.REPORT:
            return labels[:-1]
        case _:
            return []


def require(config: PipelineConfig, label: str, layout: DataLayout) -> StageRecord:
    """Give the record of a planned stage that has to be finished.

    Raises:
        MissingInput: it is not.
    """
    each = plan(config)[label]
    return ledger.require(layout, each.stage, each.key)
