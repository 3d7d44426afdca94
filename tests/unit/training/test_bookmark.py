"""A bookmark that is only half put in."""

from pathlib import Path

import pytest
import torch
from upath import UPath

from tests.unit.training.test_checkpoint import players_of, trained
from training import bookmark, checkpoint
from training.journal import Journal


@pytest.mark.parametrize("file", [bookmark.ROW, checkpoint.GENERATOR, checkpoint.OPTIMIZER])
def test_a_bookmark_that_is_half_put_in_leaves_the_one_before(tmp_path: Path, file: str) -> None:
    folder, players = UPath(tmp_path), trained()
    journal = Journal(folder, until_step=0)
    for loss in (1.0, 2.5):
        journal.add({"loss": torch.tensor(loss)})
    bookmark.put(folder, players, journal, 2)
    shelf = folder / bookmark.FOLDER / checkpoint.FOLDER
    # No file takes the place of a folder.
    blocked = shelf / checkpoint.name_of(3) / file
    blocked.mkdir(parents=True)
    journal.add({"loss": torch.tensor(7.0)})
    with pytest.raises(IsADirectoryError):
        bookmark.put(folder, players, journal, 3)

    resumed = bookmark.resume(folder, players_of(seed=1))
    assert (resumed.until_step, resumed.num_steps) == (2, 2)
    assert resumed.sums == {"loss": 3.5}

    blocked.rmdir()
    bookmark.put(folder, players, journal, 3)
    assert [each.name for each in shelf.iterdir()] == [checkpoint.name_of(3)]
