"""A checkpoint by its folder, its training's folder or the first digits of its training's key.

Where none is named, the newest training's is meant.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from upath import UPath

from storage import files, ledger
from storage.errors import BadInput, IrodoriError, MissingInput
from storage.layout import RECORD_NAME, DataLayout
from storage.ledger import Stage
from training.checkpoint import STATE, Checkpoint, list_checkpoints, recipe_of, size_of, step_of
from training.journal import BEST

DEFAULT_SEED = 1
PAPER_HINTS = "paper"
WANTED = "name a step's folder, a train/<key> folder or the first digits of its key"


@dataclass(frozen=True, slots=True)
class Source:
    """A checkpoint and what its training's records tell; empty where they are gone.

    `which` says how it was chosen among its training's checkpoints; `drawing` are the settings of
    the edges and hints of the dataset that it was trained on, and `hint_seed` is that of its hints.
    `hint_kind` are the hints that it was trained with, its recipe's or else its dataset's.
    """

    folder: UPath
    step: int
    which: str
    size_px: int
    recipe: str
    train: str
    dataset: str
    seed: int
    hint_seed: int
    drawing: Mapping[str, Any]
    hint_kind: str


def find_checkpoint(named: str, layout: DataLayout) -> Source:
    """Find what is named; of a training, the checkpoint that was best on validation, else the last.

    Nothing named is the newest finished training whose checkpoint can be read.

    Raises:
        MissingInput: nothing is there by this name, or no complete checkpoint.
        BadInput: several keys begin so.
    """
    if not named:
        return _newest(layout)
    folder = _folder_of(named, layout)
    if (folder / STATE).exists():
        return _told(Checkpoint(step_of(folder), folder), "as named", folder.parent.parent)
    complete = list_checkpoints(folder) if folder.is_dir() else []
    if not complete:
        raise MissingInput(f"--checkpoint {named}: holds no complete checkpoint; {WANTED}")
    best = files.facts_if_any(folder / BEST).get("step")
    chosen = next((each for each in complete if each.step == best), None)
    if chosen:
        return _told(chosen, "best on validation", folder)
    return _told(complete[-1], "the newest", folder)


def no_model_below(layout: DataLayout) -> str:
    """Say that there is none, and the way out."""
    return (
        f"--root {layout.root}: no trained model yet; run `irodori run` (minutes), or name one with"
        " --checkpoint"
    )


def _newest(layout: DataLayout) -> Source:
    for record in ledger.listed(layout, Stage.TRAIN).records:
        # One that cannot be read is no reason to have none.
        with suppress(IrodoriError):
            return find_checkpoint(record.key, layout)
    raise MissingInput(no_model_below(layout))


def _folder_of(named: str, layout: DataLayout) -> UPath:
    place = DataLayout.at(named).root
    if place.exists():
        return place
    keys = [folder.name for folder in layout.folders(Stage.TRAIN)]
    begins = [key for key in keys if key.startswith(named.lower())]
    if len(begins) > 1:
        raise BadInput(
            f"--checkpoint {named}: {len(begins)} trainings begin so: {', '.join(begins)};"
            " write one more digit"
        )
    if not begins:
        raise MissingInput(
            f"--checkpoint {named}: neither there nor the key of a training below {layout.root};"
            f" {WANTED}"
        )
    return layout.stage(Stage.TRAIN, begins[0])


def _told(chosen: Checkpoint, which: str, training: UPath) -> Source:
    layout = DataLayout.of(training)
    inputs, settings = _facts_of(training / RECORD_NAME)
    dataset = str(inputs.get(Stage.CONDITION, "")) or _only_dataset(layout)
    _, drawing = _facts_of(layout.record(Stage.CONDITION, dataset)) if dataset else ({}, {})
    return Source(
        folder=chosen.folder,
        step=chosen.step,
        which=which,
        size_px=size_of(chosen.folder),
        recipe=str(settings.get("recipe", "")),
        train=training.name if settings else "",
        dataset=dataset,
        seed=int(settings.get("seed", DEFAULT_SEED)),
        hint_seed=int(drawing.get("seed", DEFAULT_SEED)),
        drawing={name: drawing[name] for name in ("edges", "hints") if name in drawing},
        hint_kind=str(
            {**drawing.get("hints", {}), **recipe_of(chosen.folder).hints}.get("kind", PAPER_HINTS)
        ),
    )


def _facts_of(record: UPath) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the inputs and settings in a record, whoever wrote it: without, one still colours."""
    told = files.facts_if_any(record)
    inputs, settings = (told.get(name) for name in ("inputs", "settings"))
    if not isinstance(inputs, dict) or not isinstance(settings, dict):
        return {}, {}
    return inputs, settings


def _only_dataset(layout: DataLayout) -> str:
    """Give the one dataset that a training without a record can be of; empty if there are more."""
    keys = [path.parent.name for path in layout.records(Stage.CONDITION)]
    return keys[0] if len(keys) == 1 else ""
