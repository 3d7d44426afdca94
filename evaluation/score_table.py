"""Answers to the same question as one table: every measure that any of them has.

Numbers come as the rows of a `metrics.json`, perhaps of another version of Irodori: what a row
lacks is not told, and what is none of ours is not heeded.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation import names
from evaluation.measures import MEASURES, MIN_PICTURES, NOTHING, Better, Measure
from evaluation.table import Cell, Table

Numbers = Mapping[str, Any]
"""One answer under one condition: a `SetScore` as `metrics.json` holds it."""


def score_table(
    condition: str,
    answers: Sequence[tuple[str, Numbers]],
    *,
    what: str = "picture",
    marks_best: bool = False,
) -> Table:
    """Lay out answers under one condition; a measure that none of them has is no column.

    Args:
        condition: what was given, by its name.
        answers: each by its name.
        what: what the caption calls a picture, if they are as many for each answer; otherwise
            they have a column.
        marks_best: whether the best number of each measure is marked, which wants all answers to
            be to the same pictures.
    """
    measures = [
        measure
        for measure in MEASURES.values()
        if any(score.get(measure.name) is not None for _, score in answers)
    ]
    numbers = {score["num_pictures"] for _, score in answers}
    headings, columns = ["Answer"], [[Cell(name) for name, _ in answers]]
    if len(numbers) > 1:
        headings.append("Pictures")
        columns.append([Cell(f"{score['num_pictures']:,}") for _, score in answers])
    scores = [score for _, score in answers]
    for measure in measures:
        headings.append(measure.heading)
        columns.append(_values(measure, scores, marks_best=marks_best))
        if any(bounds(score, measure) for score in scores):
            headings.append(f"{measure.called}, 95 %")
            columns.append([Cell(tell_bounds(score, measure), faint=True) for score in scores])
    caption = names.CONDITIONS.get(condition, condition)
    if len(numbers) == 1:
        (number,) = numbers
        caption += f" · {number:,} {what}{'s' * (number != 1)}"
    return Table(caption, tuple(headings), [list(row) for row in zip(*columns, strict=True)])


def bounds(score: Numbers, measure: Measure) -> tuple[float, float] | None:
    """Give a measure's interval, where there is one and pictures enough to make it."""
    if score["num_pictures"] < MIN_PICTURES:
        return None
    low, high = (score.get(f"{measure.bounds}_{end}") for end in ("low", "high"))
    return None if low is None or high is None else (float(low), float(high))


def tell_bounds(score: Numbers, measure: Measure) -> str:
    """Write a measure's interval, where there is one."""
    known = bounds(score, measure)
    return measure.tell_interval(*known) if known else NOTHING


def turned(table: Table, at_once: int) -> list[Table]:
    """Turn a table on its side, in tables of at most so many columns: for where room is short."""
    first, *headings = table.headings
    # As many in each, so that none is left with one.
    number = max(1, len(table.rows))
    at_once = -(-number // -(-number // at_once))
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


def _values(measure: Measure, scores: Sequence[Numbers], *, marks_best: bool) -> list[Cell]:
    values = [measure.of(score) for score in scores]
    best = measure.best([value for value in values if value is not None]) if marks_best else None
    is_faint = measure.better is Better.NEITHER
    return [
        Cell(measure.tell(value), best=best is not None and value == best, faint=is_faint)
        for value in values
    ]
