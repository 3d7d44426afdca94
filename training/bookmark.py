"""Where an interrupted training goes on: its newest checkpoint, or a bookmark put in later.

A bookmark is a checkpoint between those of the rhythm, with the row of metrics that is not yet
full. There is one at most, and none when the training is finished: it is no output.
"""

import logging

import torch
from torch import Tensor
from upath import UPath

from storage import files
from training import checkpoint
from training.journal import Journal
from training.players import Players

FOLDER = "bookmark"
ROW = "row.safetensors"

logger = logging.getLogger(__name__)


def put(train_folder: UPath, players: Players, journal: Journal, step: int) -> None:
    """Save all that an undisturbed training would now hold, in place of the bookmark before."""
    folder, name = train_folder / FOLDER, checkpoint.name_of(step)
    shelf = folder / checkpoint.FOLDER
    # Before the checkpoint, which is complete with its last file.
    checkpoint.write_tensors(shelf / name / ROW, _row_of(journal))
    checkpoint.save(folder, players, step)
    for older in list(shelf.iterdir()):
        if older.name != name:
            files.remove(older)
    logger.info("bookmarked step=%d folder=%s", step, shelf / name)


def remove(train_folder: UPath) -> None:
    """Take the bookmark out: a newer checkpoint is there."""
    files.remove(train_folder / FOLDER)


def newest(train_folder: UPath) -> checkpoint.Checkpoint | None:
    """Give the checkpoint or bookmark to go on from."""
    places = [train_folder, train_folder / FOLDER]
    found = [each for place in places for each in checkpoint.list_checkpoints(place)]
    return max(found, key=lambda each: each.step, default=None)


def resume(train_folder: UPath, players: Players) -> Journal:
    """Put the players where the newest checkpoint was, and open the journal there."""
    last = newest(train_folder)
    if last is None:
        return Journal(train_folder, until_step=0)
    checkpoint.drop_old_optimizers(train_folder)
    checkpoint.restore(last, players)
    journal = Journal(train_folder, until_step=last.step)
    if (last.folder / ROW).exists():
        row = checkpoint.read_tensors(last.folder / ROW)
        journal.num_steps = int(row.pop("steps"))
        journal.sums = row
    else:
        # Killed between a checkpoint and the end of the bookmark before it.
        remove(train_folder)
    logger.info("resumed step=%d folder=%s", last.step, last.folder)
    return journal


def _row_of(journal: Journal) -> dict[str, Tensor]:
    return {"steps": torch.tensor(journal.num_steps), **journal.sums}
