"""A bookmark that is only half put in."""

from pathlib import Path

import pytest
import torch
from upath import UPath

from storage.errors import CorruptFile
from tests.unit.training.test_checkpoint import players_of, trained
from training import bookmark, checkpoint, tensors
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


@pytest.mark.parametrize("row", ["gone", "of another kind"])
def test_a_bookmark_without_its_row_is_damaged_and_the_checkpoint_before_it_is_gone_on_with(
    tmp_path: Path, row: str
) -> None:
    folder, players = UPath(tmp_path), trained()
    journal = Journal(folder, until_step=0)
    journal.add({"loss": torch.tensor(1.0)})
    journal.close_row(1)
    journal.save()
    checkpoint.save(folder, players, 1)
    journal.add({"loss": torch.tensor(2.0)})
    bookmark.put(folder, players, journal, 2)
    path = folder / bookmark.FOLDER / checkpoint.FOLDER / checkpoint.name_of(2) / bookmark.ROW
    path.unlink()
    if row != "gone":
        tensors.write(path, {"loss": torch.tensor(2.0)})
    resumed = bookmark.resume(folder, players_of(seed=1))
    assert (resumed.until_step, resumed.num_steps) == (1, 0)


@pytest.mark.parametrize("line", ['{"loss": 1.0}', "[1]", '{"step": "1"}', "1"])
def test_a_journal_of_other_rows_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "metrics.jsonl").write_text(line + "\n")
    with pytest.raises(CorruptFile, match=r"metrics\.jsonl: no readable JSON lines"):
        Journal(UPath(tmp_path), until_step=5)
