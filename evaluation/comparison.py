"""Many trainings in one table: mean and spread over the seeds of each cell of a grid."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dataset.version import SHORT_DIGITS
from evaluation import names
from evaluation.conditions import Condition
from evaluation.measures import MEASURES, NOTHING, Measure
from evaluation.outcome import Outcome
from evaluation.scores import SCORES, UNTRAINED, Answer, SetScore
from evaluation.table import Cell, Table, write_table
from storage import ledger, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract

COMPARED = tuple(
    MEASURES[name]
    for name in (
        *("l2", "ssim", "ms_ssim", "perceptual", "kl_hist", "kl_8", "kl_set", "kernel_distance"),
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the grid under one kind of hints; an untrained answer has no outcomes."""

    hints: str
    name: str
    change: str
    scores: tuple[SetScore, ...]
    outcomes: tuple[Outcome, ...] = ()

    def mean(self, measure: str) -> float | None:
        """Give the mean over the seeds; None if none of them ended, or it was not measured."""
        values = self._values(measure)
        return statistics.fmean(values) if values else None

    def spread(self, measure: str) -> float | None:
        """Give the standard deviation between seeds; None for fewer than two."""
        values = self._values(measure)
        return statistics.stdev(values) if len(values) > 1 else None

    def _values(self, measure: str) -> list[float]:
        values = (getattr(score, measure) for score in self.scores)
        return [float(value) for value in values if value is not None]


def compare(outcomes: Sequence[Outcome], layout: DataLayout) -> list[Row]:
    """Gather what was measured on test; the rows of one kind of hints stand together."""

    def cell(outcome: Outcome) -> tuple[str, str, str]:
        return outcome.hints, outcome.recipe, outcome.change

    kinds = list(dict.fromkeys(outcome.hints for outcome in outcomes))
    cells = list(dict.fromkeys(map(cell, outcomes)))
    placed = sorted(outcomes, key=lambda each: (kinds.index(each.hints), cells.index(cell(each))))
    rows: list[Row] = []
    for kind, of_kind in groupby(placed, key=lambda each: each.hints):
        listed = list(of_kind)
        rows += _untrained_rows(kind, listed, layout)
        for (_, recipe, change), of_cell in groupby(listed, key=cell):
            some = tuple(of_cell)
            scores = tuple(_score(each, Answer.MODEL, layout) for each in some if each.evaluated)
            rows.append(Row(kind, recipe, change, scores, some))
    return rows


def trained_on(outcomes: Sequence[Outcome], layout: DataLayout) -> str:
    """Name the version of the dataset that all were trained on; empty if none was judged."""
    for outcome in outcomes:
        if outcome.evaluated:
            judged = ledger.require(layout, Stage.EVALUATE, outcome.evaluated)
            trained = ledger.require(layout, Stage.TRAIN, judged.inputs[Stage.TRAIN])
            return trained.inputs[Stage.CONDITION][:SHORT_DIGITS]
    return ""


def markdown(rows: Sequence[Row], dataset: str = "") -> str:
    """Write the one table, and below it what failed; `dataset` names what was trained on."""
    scores = [score for row in rows for score in row.scores]
    number = max((score.num_pictures for score in scores), default=0)
    steps = sorted({score.step for row in rows if row.outcomes for score in row.scores})
    after = f", after {' or '.join(f'{step:,}' for step in steps)} steps" if steps else ""
    of = f" of dataset `{dataset}`" if dataset else ""
    lines = [
        "# Experiments",
        f"On {number:,} test pictures{of}, from detected edges{after}. Mean over the seeds ± their"
        " standard deviation; the best of each kind of hints is bold. The VGG16 distance is taken"
        " of no more of these pictures than `evaluation.num_perceptual_pictures` says, the kernel"
        " distance in EfficientNet-lite0's features (nearly blind to hue); neither compares with"
        " LPIPS, KID or FID.",
        *write_table(table(rows)),
    ]
    # What failed in training failed for each kind of hints alike, and is said once.
    failed = dict.fromkeys(
        f"- {_name(each)}, seed {each.seed}: {each.failure}"
        for row in rows
        for each in row.outcomes
        if each.failure
    )
    if failed:
        lines += ["What failed:", "\n".join(failed)]
    return "\n\n".join(lines) + "\n"


def table(rows: Sequence[Row]) -> Table:
    """Lay out the comparison."""
    best = {
        (row.hints, measure): measure.best(_means(rows, row.hints, measure.name))
        for row in rows
        for measure in COMPARED
    }
    return Table(
        "Every cell of the grid",
        ("Judged with", "Recipe", "Changed", "Seeds", *(measure.heading for measure in COMPARED)),
        [
            [
                Cell(row.hints),
                Cell(row.name),
                Cell(row.change or NOTHING, faint=True),
                Cell(_seeds(row)),
                *(_cell(row, measure, best[row.hints, measure]) for measure in COMPARED),
            ]
            for row in rows
        ],
    )


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give all numbers, of each seed too."""
    return [
        {
            "hints": row.hints,
            "answer": row.name,
            "changed": row.change,
            "mean": {measure.name: row.mean(measure.name) for measure in COMPARED},
            "spread": {measure.name: row.spread(measure.name) for measure in COMPARED},
            "seeds": list(_each_seed(row)),
        }
        for row in rows
    ]


def _each_seed(row: Row) -> Iterator[dict[str, Any]]:
    scores = iter(row.scores)
    for outcome in row.outcomes:
        told: dict[str, Any] = {"seed": outcome.seed}
        if outcome.failure:
            yield told | {"failure": outcome.failure}
        else:
            score = next(scores)
            values = {measure.name: getattr(score, measure.name) for measure in COMPARED}
            yield told | {"evaluate": outcome.evaluated} | values


def _untrained_rows(kind: str, outcomes: Sequence[Outcome], layout: DataLayout) -> list[Row]:
    """Give what needs no model; every evaluation with these hints has measured the same."""
    evaluated = [outcome for outcome in outcomes if outcome.evaluated][:1]
    named = Condition.NO_HINT if kind == "none" else Condition.DETECTED
    return [
        Row(
            kind,
            names.of_untrained(named, answer),
            "",
            (_score(outcome, answer, layout),),
        )
        for outcome in evaluated
        for answer in UNTRAINED
    ]


def _score(outcome: Outcome, answer: Answer, layout: DataLayout) -> SetScore:
    path = layout.stage(Stage.EVALUATE, outcome.evaluated) / SCORES
    (score,) = (
        score
        for score in manifest.read_table(path, Contract.EVALUATION, SetScore)
        if (score.condition, score.answer) == (Condition.DETECTED, answer)
    )
    return score


def _means(rows: Sequence[Row], hints: str, measure: str) -> list[float]:
    means = (row.mean(measure) for row in rows if row.hints == hints)
    return [mean for mean in means if mean is not None]


def _seeds(row: Row) -> str:
    ended = len(row.scores)
    if not row.outcomes or ended == len(row.outcomes):
        return str(len(row.outcomes) or NOTHING)
    what = "diverged" if all(each.diverged for each in row.outcomes if each.failure) else "failed"
    return f"{ended} of {len(row.outcomes)}, {len(row.outcomes) - ended} {what}"


def _cell(row: Row, measure: Measure, best: float | None) -> Cell:
    mean, spread = row.mean(measure.name), row.spread(measure.name)
    told = measure.tell(mean) + (f" ± {measure.tell(spread)}" if spread is not None else "")
    return Cell(told, best=mean is not None and mean == best, faint=mean is None)


def _name(outcome: Outcome) -> str:
    return f"{outcome.recipe}{', ' if outcome.change else ''}{outcome.change}"
