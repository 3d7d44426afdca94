"""Every number that a set of pictures is given, whichever there are: names, digits, intervals.

Numbers come as the rows of a `metrics.json`, perhaps of another version of Irodori: what a row
lacks is not told, and what is none of ours is not heeded.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.scores import SetScore
from evaluation.tables import CONDITION_NAMES, Cell, Table

NO_MEASURES = {"split", "step", "condition", "answer", "num_pictures"}
BOUNDS = ("_low", "_high")
DIGITS = {"psnr": 2, "kl_hist": 3, "kl_8": 3, "wasserstein": 3, "inception_fid": 2}
USUAL_DIGITS = 4
NOTHING = "—"

Numbers = Mapping[str, Any]
"""One answer under one condition: a `SetScore` as `metrics.json` holds it."""


def names() -> list[str]:
    """Give the names of all measures, in the order in which a set's score holds them."""
    fields = [field.name for field in dataclasses.fields(SetScore)]
    return [name for name in fields if name not in NO_MEASURES and not name.endswith(BOUNDS)]


def bounds(score: Numbers, name: str) -> tuple[float, float] | None:
    """Give a measure's interval, where there is one."""
    for begin in (name, name.split("_")[0]):
        low, high = (score.get(begin + end) for end in BOUNDS)
        if low is not None and high is not None:
            return float(low), float(high)
    return None


def tell(name: str, value: float | None, *, signed: bool = False) -> str:
    """Write a number with the digits that its measure deserves."""
    if value is None:
        return NOTHING
    digits = DIGITS.get(name, USUAL_DIGITS)
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


def tell_interval(name: str, interval: tuple[float, float] | None, *, signed: bool = False) -> str:
    """Write an interval."""
    if interval is None:
        return NOTHING
    low, high = (tell(name, bound, signed=signed) for bound in interval)
    return f"{low} to {high}"


def score_table(condition: str, answers: Sequence[tuple[str, Numbers]]) -> Table:
    """Lay out answers under one condition; a measure that none of them has is no column."""
    columns = [name for name in names() if any(score.get(name) is not None for _, score in answers)]
    widths = {name: any(bounds(score, name) for _, score in answers) for name in columns}
    headings = ["Answer", "Pictures"]
    for name in columns:
        headings += [name, f"{name}, 95 %"] if widths[name] else [name]
    rows = [
        [Cell(name), Cell(f"{score['num_pictures']:,}"), *_cells(score, widths)]
        for name, score in answers
    ]
    return Table(CONDITION_NAMES.get(condition, condition), tuple(headings), rows)  # type: ignore[call-overload]


def turned(table: Table, at_once: int) -> list[Table]:
    """Turn a table on its side, in tables of so many columns: for where room is short."""
    first, *headings = table.headings
    starts = range(0, len(table.rows), at_once)
    return [
        Table(
            table.caption + (" (continued)" if start else ""),
            (first, *(row[0].text for row in table.rows[start : start + at_once])),
            [
                [Cell(name), *(row[place] for row in table.rows[start : start + at_once])]
                for place, name in enumerate(headings, start=1)
            ],
        )
        for start in starts
    ]


def by_condition(scores: Iterable[Numbers]) -> dict[str, list[Numbers]]:
    """Put scores of the same condition together, in the order in which they come."""
    found: dict[str, list[Numbers]] = {}
    for score in scores:
        found.setdefault(score["condition"], []).append(score)
    return found


def _cells(score: Numbers, widths: Mapping[str, bool]) -> list[Cell]:
    cells = []
    for name, is_wide in widths.items():
        cells.append(Cell(tell(name, score.get(name))))
        if is_wide:
            cells.append(Cell(tell_interval(name, bounds(score, name)), faint=True))
    return cells
