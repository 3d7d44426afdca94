"""The cells of a grid: one training each, judged with every kind of hints that is asked for."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import evaluation.stage
import training.stage
from evaluation.config import EvaluationConfig
from evaluation.outcome import Outcome
from flows.config import PipelineConfig
from preprocessing.config import HintKind
from storage.errors import BadInput, Diverged, IrodoriError
from storage.layout import DataLayout
from storage.records import StageRecord
from training.config import TrainingConfig
from training.recipes import RecipeName
from training.watching import Watcher

logger = logging.getLogger(__name__)

ALONE = threading.Lock()
"""Torch's chance and its switches are those of a process, and a Dask worker has several threads."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of a grid: a recipe, what is changed of it in words, and a seed."""

    recipe: RecipeName
    change: str
    seed: int
    training: TrainingConfig

    @property
    def label(self) -> str:
        """Its name in a plan."""
        return "-".join(filter(None, [self.recipe, self.change, str(self.seed)]))


@dataclass(frozen=True, slots=True)
class Grounds:
    """What all trials share: the pairs to train on, those to judge with, and how to judge."""

    paired: StageRecord
    judged: Mapping[HintKind, StageRecord]
    evaluation: EvaluationConfig
    root: str
    seed: int


def trials_of(config: PipelineConfig) -> list[Trial]:
    """Give all trainings of a grid; the seeds of a cell stand together.

    What a recipe does not heed is no change of it, and makes no cell of its own.
    """
    asked = config.experiments
    trials: dict[str, Trial] = {}
    for recipe, override, seed in product(asked.recipes, asked.overrides, asked.seeds):
        training = config.training_of(recipe, override)
        heeded = {name: override[name] for name in override if name not in training.unheeded}
        change = ", ".join(f"{name} {value}" for name, value in heeded.items())
        trial = Trial(recipe, change, seed, training)
        trials.setdefault(trial.label, trial)
    return list(trials.values())


def require(trials: Sequence[Trial], size_px: int) -> None:
    """Refuse a grid with a cell that can never be trained, whatever its turn.

    Raises:
        BadInput: it has one, which is named.
    """
    cells = {(trial.recipe, trial.change): trial for trial in trials}
    for (recipe, change), trial in cells.items():
        try:
            training.stage.require(trial.training, size_px)
        except BadInput as error:
            raise BadInput(f"the cell {recipe}{', ' if change else ''}{change}: {error}") from error


def undergo(
    trial: Trial, grounds: Grounds, watcher_of: Callable[[Trial], Watcher] | None = None
) -> list[Outcome]:
    """Train a model and judge it; what is done already is only looked up.

    A trial that fails says so in its outcomes, and the others go on. What is no failure of a
    stage, such as a full disk, is not caught: it would befall the others too.
    """
    with ALONE:
        return _undergo(trial, grounds, watcher_of)


def _undergo(
    trial: Trial, grounds: Grounds, watcher_of: Callable[[Trial], Watcher] | None
) -> list[Outcome]:
    layout = DataLayout.at(grounds.root)
    logger.info("trial=%s", trial.label)
    keys: dict[str, str] = {}
    failure, diverged = "", False
    watchers = [watcher_of(trial)] if watcher_of else []
    try:
        trained = training.stage.train(
            trial.training, grounds.paired, layout, trial.seed, *watchers
        )
        for kind, paired in grounds.judged.items():
            record = evaluation.stage.evaluate(
                grounds.evaluation, trained, paired, layout, grounds.seed
            )
            keys[kind] = record.key
    except IrodoriError as error:
        # The rest of what a divergence says names folders, which differ from root to root.
        diverged = isinstance(error, Diverged)
        failure = str(error).split(";")[0] if diverged else " ".join(str(error).split())
        logger.warning("failed trial=%s %s", trial.label, error)
    return [
        Outcome(kind, trial.recipe, trial.change, trial.seed, keys[kind])
        if kind in keys
        else Outcome(kind, trial.recipe, trial.change, trial.seed, "", failure, diverged)
        for kind in grounds.judged
    ]
