"""metrics.jsonl: one row of averaged losses every so many steps. No times, so that it repeats.

best.json names the checkpoint that came nearest to the truth on the gallery's validation pictures,
given the dataset's hints, whichever hints the recipe learns from: so it is judged, too.
"""

import json
from typing import TYPE_CHECKING

from upath import UPath

from storage import files
from storage.errors import CorruptFile

if TYPE_CHECKING:
    from torch import Tensor

NAME = "metrics.jsonl"
BEST = "best.json"
VAL_L2 = "val_l2"

Row = dict[str, float | int]


class Journal:
    """The rows so far; each new one is on disk, whole, before the next step is taken."""

    def __init__(self, train_folder: UPath, until_step: int) -> None:
        """Open the journal and forget what a killed run wrote after its last checkpoint."""
        self.folder = train_folder
        self.path = train_folder / NAME
        self.until_step = until_step
        self.rows = [row for row in _read(self.path) if row["step"] <= until_step]
        self.lines: list[str] = []
        # The row that is not yet full.
        self.sums: dict[str, Tensor] = {}
        self.num_steps = 0
        self.newest: dict[str, Tensor] = {}

    def check(self) -> None:
        """Make sure that all is told until where the training goes on.

        Raises:
            CorruptFile: the newest rows are lost.
        """
        told = self.rows[-1]["step"] if self.rows else 0
        wanted = self.until_step - self.num_steps
        if told != wanted:
            raise CorruptFile(
                f"{self.path}: ends at step {told}, wanted {wanted}; put it back from a copy,"
                f" or delete {self.folder} to train anew"
            )

    def add(self, facts: "dict[str, Tensor]") -> None:
        """Take a step's facts into the next row, without waiting for the device."""
        self.newest = facts
        for name, fact in facts.items():
            self.sums[name] = self.sums[name] + fact if name in self.sums else fact
        self.num_steps += 1

    def close_row(self, step: int) -> Row:
        """Write the mean of all facts since the row before."""
        row: Row = {"step": step}
        # By name, for a bookmark does not remember in which order they came.
        row |= {name: self.sums[name].item() / self.num_steps for name in sorted(self.sums)}
        self.sums, self.num_steps = {}, 0
        self.rows.append(row)
        return row

    def newest_step(self, step: int) -> Row:
        """Give the facts of the newest step alone; a mean hides what has only begun."""
        return {"step": step} | {name: fact.item() for name, fact in self.newest.items()}

    def save(self) -> None:
        """Write all rows, whole or not at all; one that was written stays as it is."""
        self.lines += [json.dumps(row) + "\n" for row in self.rows[len(self.lines) :]]
        files.write_text(self.path, "".join(self.lines))

    def save_best(self) -> None:
        """Name the step whose checkpoint has the least `val_l2`, the first of equals, if any."""
        judged = [row for row in self.rows if VAL_L2 in row]
        if judged:
            best = min(judged, key=lambda row: row[VAL_L2])
            files.write_json(self.folder / BEST, {name: best[name] for name in ("step", VAL_L2)})


def last_step(train_folder: UPath) -> int:
    """Give the step of the last row of a training; 0 without any."""
    rows = _read(train_folder / NAME)
    return int(rows[-1]["step"]) if rows else 0


def _read(path: UPath) -> list[Row]:
    if not path.exists():
        return []
    try:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return [row for row in rows if row["step"] >= 0]
    except (ValueError, TypeError, LookupError) as error:
        raise CorruptFile(
            f"{path}: no readable JSON lines; put it back from a copy, or delete {path.parent} to"
            " train anew"
        ) from error
