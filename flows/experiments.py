"""A grid of recipes, seeds, changes and hints as one flow, and one table at its end."""

import re
from functools import partial

from prefect import flow

import evaluation.stage
from flows import alarm, artifacts, plan, tasks
from flows.config import PipelineConfig
from flows.overview import Overview, Training, overlooking
from flows.parts import as_tasks, in_turn
from flows.pipeline import make_dataset
from flows.trials import Grounds, Trial, require, trials_of, undergo
from storage import ledger
from storage.errors import told_of_disk
from storage.layout import DataLayout
from storage.ledger import OpenStage, Stage
from storage.parts import Each
from storage.records import StageRecord


@flow(name="experiments", **alarm.BELLS)
def experiments(config: PipelineConfig) -> StageRecord:
    """Train every cell of the grid, judge it with every kind of hints, compare all.

    What is finished is only looked up; a training that was interrupted goes on.
    """
    layout = DataLayout.at(config.root)
    opened = _open(config, layout)
    if opened.finished:
        return tasks.compare(opened, [])
    evaluation.stage.require(config.evaluation)
    trials = trials_of(config)
    require(trials, config.pack.size_px)

    # One dataset for all trainings, and the same pictures with each kind of hints to judge with.
    lineage = make_dataset(config, layout)
    judged = {
        kind: tasks.condition(config.judging_with(kind), lineage[Stage.PACK], layout)
        for kind in config.experiments.hints
    }
    grounds = Grounds(
        lineage[Stage.CONDITION], judged, config.evaluation, str(layout.root), config.seed
    )

    # The trainings, and what became of each; what trains in another process has no run of its own
    # to be shown with.
    watcher_of = _live if config.experiments.at_once == 1 else None
    train = partial(undergo, grounds=grounds, watcher_of=watcher_of)
    watcher = artifacts.Live(Stage.EXPERIMENTS)
    with told_of_disk(), overlooking(_overview(config, layout), watcher) as tell:
        outcomes = _walk(config)("trial", train, trials, lambda trial: tell(trial.label))

    # The answer.
    return tasks.compare(opened, [outcome for each in outcomes for outcome in each])


def _live(trial: Trial) -> artifacts.Live:
    name = re.sub("[^a-z0-9]+", "-", trial.label.lower()).strip("-")
    return artifacts.Live(f"{Stage.TRAIN}-{name}")


def _overview(config: PipelineConfig, layout: DataLayout) -> Overview:
    planned = plan.experiments(config)
    trainings = [
        Training(trial.label, planned[f"{Stage.TRAIN}-{trial.label}"].key, trial.training.steps)
        for trial in trials_of(config)
    ]
    return Overview(trainings, layout)


def _open(config: PipelineConfig, layout: DataLayout) -> OpenStage:
    """Open the comparison, whose key follows from those of all that it will compare."""
    keys = plan.experiments(config)
    del keys[Stage.EXPERIMENTS]
    return ledger.open_stage(
        Stage.EXPERIMENTS,
        config.experiments,
        inputs={},
        layout=layout,
        also={label: each.key for label, each in keys.items()},
    )


def _walk(config: PipelineConfig) -> Each:
    limit = config.experiments.at_once
    if limit == 1:
        return in_turn
    # Torch's chance and its switches are those of a process: two trainings at a time want two.
    runner = "dask" if config.runner == "dask" else "processes"
    there = PipelineConfig(**dict(config) | {"workers": limit, "runner": runner})
    return as_tasks(there, ahead=1, flag="--experiments.at-once")
