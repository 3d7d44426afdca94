"""metrics.jsonl: one row of averaged losses every so many steps. No times, so that it repeats."""

import json

from torch import Tensor
from upath import UPath

from storage import files
from storage.errors import CorruptFile

NAME = "metrics.jsonl"

Row = dict[str, float | int]


class Journal:
    """The rows so far; each new one is on disk, whole, before the next step is taken."""

    def __init__(self, train_folder: UPath, until_step: int) -> None:
        """Open the journal and forget what a killed run wrote after its last checkpoint."""
        self.path = train_folder / NAME
        self.rows = [row for row in _read(self.path) if row["step"] <= until_step]
        self._sums: dict[str, Tensor] = {}
        self._num_steps = 0

    def add(self, facts: dict[str, Tensor]) -> None:
        """Take a step's facts into the next row, without waiting for the device."""
        for name, fact in facts.items():
            self._sums[name] = self._sums[name] + fact if name in self._sums else fact
        self._num_steps += 1

    def close_row(self, step: int) -> Row:
        """Write the mean of all facts since the row before."""
        row: Row = {"step": step}
        row |= {name: total.item() / self._num_steps for name, total in self._sums.items()}
        self._sums, self._num_steps = {}, 0
        self.rows.append(row)
        return row

    def save(self) -> None:
        """Write all rows, whole or not at all."""
        files.write_text(self.path, "".join(json.dumps(row) + "\n" for row in self.rows))


def _read(path: UPath) -> list[Row]:
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except ValueError as error:
        raise CorruptFile(f"{path}: no readable JSON lines; delete it and train again") from error
