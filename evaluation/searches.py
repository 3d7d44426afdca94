"""What finished grids of experiments found: each cell of a search, picture by picture."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.conditions import Condition
from evaluation.scores import PER_SAMPLE, Answer, PictureScore
from storage import files, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, StageRecord

SEARCHED = f"{Stage.EXPERIMENTS}-"


@dataclass(frozen=True, slots=True)
class Tried:
    """One cell of a grid, judged with one kind of hints.

    `changed` are fields of training with their values; `l2` is that of each test picture by its
    md5, from detected edges, as a mean over the seeds that ended (`num_seeds`).
    """

    hints: str
    changed: Mapping[str, str]
    num_seeds: int
    l2: Mapping[str, float]

    @property
    def name(self) -> str:
        """Tell what was changed."""
        return ", ".join(f"{field} {value}" for field, value in self.changed.items()) or "unchanged"


@dataclass(frozen=True, slots=True)
class Search:
    """One finished grid, and the file that tells it, below the root."""

    file: str
    cells: tuple[Tried, ...]


def read_searches(lineage: Mapping[str, StageRecord], layout: DataLayout) -> dict[str, Search]:
    """Read the grids of a lineage, by their names."""
    found = {}
    for label, record in lineage.items():
        if label.startswith(SEARCHED):
            grid = label.removeprefix(SEARCHED)
            path = layout.stage(Stage.EXPERIMENTS, record.key) / "comparison.json"
            rows: list[dict[str, Any]] = files.read_json(path)
            # The untrained answers have no seeds.
            cells = tuple(_tried(row, layout) for row in rows if row["seeds"])
            found[grid] = Search(f"{Stage.EXPERIMENTS}/{record.key}/{path.name}", cells)
    return found


def _tried(row: Mapping[str, Any], layout: DataLayout) -> Tried:
    ended = [seed["evaluate"] for seed in row["seeds"] if "evaluate" in seed]
    values: dict[str, list[float]] = defaultdict(list)
    for key in ended:
        for md5, l2 in _l2_of(key, layout).items():
            values[md5].append(l2)
    changed = [part.rsplit(" ", 1) for part in row["changed"].split(", ") if part]
    return Tried(
        hints=row["hints"],
        changed={part[0]: part[1] for part in changed},
        num_seeds=len(ended),
        l2={md5: sum(some) / len(some) for md5, some in values.items()},
    )


def _l2_of(key: str, layout: DataLayout) -> dict[str, float]:
    path = layout.stage(Stage.EVALUATE, key) / PER_SAMPLE
    return {
        score.md5: score.l2
        for score in manifest.read_table(path, Contract.EVALUATION, PictureScore)
        if (score.condition, score.answer) == (Condition.DETECTED, Answer.MODEL)
    }
