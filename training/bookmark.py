"""Where an interrupted training goes on: its newest checkpoint, or a bookmark put in later.

A bookmark is a checkpoint between those of the rhythm, with the row of metrics that is not yet
full. There is one at most, and none when the training is finished: it is no output.
"""

import logging

import torch
from torch import Tensor
from upath import UPath

from storage import files
from storage.errors import CorruptFile, MissingInput
from training import checkpoint, tensors
from training.journal import Journal
from training.players import Players

FOLDER = "bookmark"
ROW = "row.safetensors"
STEPS = "steps"

logger = logging.getLogger(__name__)


def put(train_folder: UPath, players: Players, journal: Journal, step: int) -> None:
    """Save all that an undisturbed training would now hold, in place of the bookmark before."""
    folder, name = train_folder / FOLDER, checkpoint.name_of(step)
    shelf = folder / checkpoint.FOLDER
    # Before the checkpoint, which is complete with its last file.
    tensors.write(shelf / name / ROW, _row_of(journal))
    checkpoint.save(folder, players, step)
    for older in list(shelf.iterdir()):
        if older.name != name:
            files.remove(older)
    logger.info("bookmarked step=%d folder=%s", step, shelf / name)


def remove(train_folder: UPath) -> None:
    """Take the bookmark out: a newer checkpoint is there."""
    files.remove(train_folder / FOLDER)


def newest(train_folder: UPath) -> checkpoint.Checkpoint | None:
    """Give the newest checkpoint or bookmark."""
    return next(iter(_newest_first(train_folder)), None)


def of_step(train_folder: UPath, step: int) -> checkpoint.Checkpoint | None:
    """Give the checkpoint or bookmark of a step; None if there is none."""
    return next((each for each in _newest_first(train_folder) if each.step == step), None)


def resume(train_folder: UPath, players: Players) -> Journal:
    """Put the players where the newest checkpoint was that is whole, and open the journal there.

    Raises:
        CorruptFile: none of those that one could go on from is whole; the newest is named. Or rows
            of the journal are lost.
    """
    last, row = _restored(train_folder, players)
    if last is None:
        return Journal(train_folder, until_step=0)
    checkpoint.drop_old_optimizers(train_folder)
    journal = Journal(train_folder, until_step=last.step)
    if row:
        journal.num_steps = int(row.pop(STEPS))
        journal.sums = row
    else:
        # Killed between a checkpoint and the end of the bookmark before it.
        remove(train_folder)
    journal.check()
    # What names it may be lost, or name a step whose checkpoint was not to be.
    journal.save_best()
    logger.info("resumed step=%d folder=%s", last.step, last.folder)
    return journal


def _newest_first(train_folder: UPath) -> list[checkpoint.Checkpoint]:
    places = [train_folder, train_folder / FOLDER]
    found = [each for place in places for each in checkpoint.list_checkpoints(place)]
    return sorted(found, key=lambda each: -each.step)


def _restored(
    train_folder: UPath, players: Players
) -> tuple[checkpoint.Checkpoint | None, dict[str, Tensor]]:
    """Put the players back; give where to, if there is anything to go on from, and its row."""
    failure = None
    for each in _newest_first(train_folder):
        try:
            checkpoint.restore(each, players)
            # A checkpoint ends a row; a bookmark may stand in the middle of one.
            is_bookmark = each.folder.parent.parent.name == FOLDER
            return each, _row_in(each.folder / ROW) if is_bookmark else {}
        except (CorruptFile, MissingInput) as error:
            failure = failure or error
            logger.warning("not resumed step=%d: %s", each.step, error)
    if failure:
        raise failure
    return None, {}


def _row_in(path: UPath) -> dict[str, Tensor]:
    row = tensors.read(path)
    if STEPS not in row:
        raise CorruptFile(f"{path}: does not say of how many steps it is; delete the bookmark")
    return row


def _row_of(journal: Journal) -> dict[str, Tensor]:
    return {STEPS: torch.tensor(journal.num_steps), **journal.sums}
