"""Every stage's key, known before anything has run, and what of a plan is finished.

A stage's label is its name, with the recipe behind it where there is one a recipe.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from flows.config import PipelineConfig
from flows.grid import ExperimentsConfig
from flows.presets import GRIDS
from flows.trials import trials_of
from storage import ledger, takedowns
from storage.errors import BadInput, MissingInput
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


@dataclass(frozen=True, slots=True)
class Sequel:
    """The keys of what follows a dataset: a training of `training.recipe`, and its evaluation."""

    train: str
    evaluate: str


def label_of(stage: Stage, recipe: RecipeName) -> str:
    """Give the label of a stage that is run once a recipe."""
    return f"{stage}-{recipe}"


def dataset(config: PipelineConfig) -> dict[str, Planned]:
    """Give the runs of stages that make the dataset, by label, in their order."""
    scraped = ledger.key_of(Stage.SCRAPE, config.scraper, {})
    # What was taken down since makes another dataset of the same posts.
    removed = takedowns.read(DataLayout.at(config.root)).inputs()
    cleaned = ledger.key_of(Stage.CLEAN, config.clean, {"scrape": scraped} | removed)
    packed = ledger.key_of(Stage.PACK, config.pack, {"clean": cleaned})
    paired = ledger.key_of(Stage.CONDITION, config.condition, {"pack": packed}, config.seed)
    keys = {
        Stage.SCRAPE: scraped,
        Stage.CLEAN: cleaned,
        Stage.PACK: packed,
        Stage.CONDITION: paired,
    }
    return {stage: Planned(stage, stage, key) for stage, key in keys.items()}


def plan(config: PipelineConfig) -> dict[str, Planned]:
    """Give all runs of stages that a whole run needs, by label, in their order.

    The report's key follows from all that it will tell, finished grids of experiments included.
    """
    planned = dataset(config)

    def add(label: str, stage: Stage, key: str) -> str:
        planned[label] = Planned(label, stage, key)
        return key

    paired = planned[Stage.CONDITION].key
    for recipe in config.recipes:
        follows = sequel_of(config, paired, recipe)
        add(label_of(Stage.TRAIN, recipe), Stage.TRAIN, follows.train)
        add(label_of(Stage.EVALUATE, recipe), Stage.EVALUATE, follows.evaluate)
    lineage = {label: each.key for label, each in planned.items()}
    found = finished_grids(config, DataLayout.at(config.root))
    lineage |= {label: record.key for label, record in found.items()}
    add(Stage.REPORT, Stage.REPORT, ledger.key_of(Stage.REPORT, config.report, lineage))
    return planned


def sequel_of(config: PipelineConfig, paired: str, recipe: RecipeName | None = None) -> Sequel:
    """Give the keys of what follows a dataset, by its key; `training.recipe` if none is named."""
    training = config.training_of(recipe or config.training.recipe)
    trained = ledger.key_of(Stage.TRAIN, training, {"condition": paired}, config.seed)
    inputs = {"train": trained, "condition": paired}
    evaluated = ledger.key_of(Stage.EVALUATE, config.evaluation, inputs, config.seed)
    return Sequel(trained, evaluated)


def experiments(config: PipelineConfig) -> dict[str, Planned]:
    """Give all runs of stages that a grid needs beyond the dataset, by label, in their order.

    Raises:
        BadInput: two cells of the grid are the same training.
    """
    paired = dataset(config)[Stage.CONDITION].key
    judged = {
        kind: dataset(config.judging_with(kind))[Stage.CONDITION].key
        for kind in config.experiments.hints
    }
    planned = [
        Planned(f"{Stage.CONDITION}-{kind}", Stage.CONDITION, key) for kind, key in judged.items()
    ]
    for trial in trials_of(config):
        trained = ledger.key_of(Stage.TRAIN, trial.training, {"condition": paired}, trial.seed)
        planned.append(Planned(f"{Stage.TRAIN}-{trial.label}", Stage.TRAIN, trained))
        for kind, key in judged.items():
            inputs = {"train": trained, "condition": key}
            evaluated = ledger.key_of(Stage.EVALUATE, config.evaluation, inputs, config.seed)
            label = f"{Stage.EVALUATE}-{trial.label}-{kind}"
            planned.append(Planned(label, Stage.EVALUATE, evaluated))
    _refuse_twins(planned)
    keys = {each.label: each.key for each in planned}
    compared = ledger.key_of(Stage.EXPERIMENTS, config.experiments, keys)
    planned.append(Planned(Stage.EXPERIMENTS, Stage.EXPERIMENTS, compared))
    return {each.label: each for each in planned}


def finished_grids(config: PipelineConfig, layout: DataLayout) -> dict[str, StageRecord]:
    """Give the records of the named grids of the same dataset that are finished, by label.

    Each is looked for as `irodori experiments --grid NAME` makes it with the same flags.
    """
    there = {path.parent.name for path in layout.records(Stage.EXPERIMENTS)}
    if not there:
        return {}
    found: dict[str, StageRecord] = {}
    for name, grid in GRIDS.items():
        asked = dict(config) | {"experiments": ExperimentsConfig.model_validate(grid)}
        try:
            planned = experiments(PipelineConfig(**asked))[Stage.EXPERIMENTS]
        except BadInput:
            # With these settings two of its cells are the same, so it was never run.
            continue
        record = ledger.find(layout, planned.stage, planned.key) if planned.key in there else None
        if record:
            found[f"{Stage.EXPERIMENTS}-{name}"] = record
    return found


def found(verb: str, config: PipelineConfig, layout: DataLayout) -> dict[str, StageRecord]:
    """Give the records of all that a verb makes, by label; none, unless all of it is finished."""
    planned = _made_by(verb, config)
    there = _there(planned, layout)
    return there if len(there) == len(planned) else {}


def _made_by(verb: str, config: PipelineConfig) -> list[Planned]:
    """Give the runs of stages that a verb is for, the last one last."""
    recipe = config.training.recipe
    match verb:
        case "run":
            return list(plan(config).values())
        case Stage.EXPERIMENTS:
            return [experiments(config)[verb]]
        case "refresh":
            # What the site says today is not known before it is asked.
            return []
        case Stage.TRAIN | Stage.EVALUATE:
            key = getattr(sequel_of(config, dataset(config)[Stage.CONDITION].key), verb)
            return [Planned(label_of(Stage(verb), recipe), Stage(verb), key)]
        case _:
            return [plan(config)[verb]]


def finished(config: PipelineConfig, layout: DataLayout) -> dict[str, StageRecord]:
    """Give the records of those planned stages that are finished, by label."""
    return _there(plan(config).values(), layout)


def _there(planned: Iterable[Planned], layout: DataLayout) -> dict[str, StageRecord]:
    records = {each.label: ledger.find(layout, each.stage, each.key) for each in planned}
    return {label: record for label, record in records.items() if record}


def _refuse_twins(planned: list[Planned]) -> None:
    label_of_key: dict[str, str] = {}
    for each in planned:
        twin = label_of_key.setdefault(each.key, each.label)
        if twin != each.label:
            raise BadInput(
                f"--experiments.overrides: {twin} and {each.label} are the same; leave one out"
            )


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
        MissingInput: it is not; what of the dataset has to be made before it is named too.
    """
    return require_all(config, [label], layout)[label]


def require_all(
    config: PipelineConfig, labels: Iterable[str], layout: DataLayout
) -> dict[str, StageRecord]:
    """Give the records of planned stages that have to be finished, by their labels.

    Raises:
        MissingInput: one is not; what of the dataset has to be made before it is named too.
    """
    planned = plan(config)
    return {label: _require(config, planned[label], layout) for label in labels}


def _require(config: PipelineConfig, each: Planned, layout: DataLayout) -> StageRecord:
    try:
        return ledger.require(layout, each.stage, each.key)
    except MissingInput as error:
        earlier = takewhile(lambda one: one.label != each.label, dataset(config).values())
        to_do = [one.label for one in earlier if not ledger.find(layout, one.stage, one.key)]
        told = f", and before that {' and '.join(to_do)}" if to_do else ""
        raise MissingInput(f"{error}{told}") from error
