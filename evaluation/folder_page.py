"""What was found in a folder as one HTML file that opens anywhere, offline."""

from collections.abc import Iterable, Mapping
from typing import Any

from evaluation import names, template
from evaluation.conditions import Condition
from evaluation.score_table import Numbers, by_condition, score_table
from evaluation.scores import Answer
from evaluation.table import Table

ANSWERS = tuple(answer.value for answer in Answer)
"""The order in which they are told: the checkpoint, then what needs none."""


def render(metrics: Mapping[str, Any], sheet: str) -> str:
    """Write the page.

    Args:
        metrics: what `metrics.json` will hold.
        sheet: the address of the contact sheet, which holds it; empty for none.
    """
    return template.render(
        "folder.html",
        title=f"{metrics['recipe'] or 'A checkpoint'} on a folder of pictures",
        circumstances=circumstances(metrics),
        tables=tables(metrics),
        skipped=metrics["skipped"],
        sheet=sheet,
    )


def circumstances(metrics: Mapping[str, Any]) -> list[str]:
    """Say what was judged, and on what."""
    drawing, counts = metrics["drawing"], metrics["counts"]
    told = [
        f"step {metrics['step']:,} ({metrics['which']})",
        f"{counts['pictures']:,} picture{'s' * (counts['pictures'] != 1)} of"
        f" {metrics['size_px']} px",
        f"edges {drawing['edges']['detector']}, hints {drawing['hints']['kind']}"
        + ("" if metrics["drawing_is_known"] else " (defaults: the dataset's record is gone)"),
        f"seed {metrics['seed']}",
    ]
    if counts["colored"]:
        told.append(f"{counts['colored']:,} line art coloured without a truth to score it by")
    for what, sentence in (("skipped", "could not be read"), ("twice", "there twice")):
        if counts[what]:
            told.append(f"{counts[what]:,} {sentence}")
    return told


def tables(metrics: Mapping[str, Any]) -> list[Table]:
    """Put the checkpoint beside the untrained answers: one table for each condition."""
    return [
        score_table(
            condition, [(name_of(score), score) for score in in_order(scores)], marks_best=True
        )
        for condition, scores in by_condition(metrics["test"]).items()
    ]


def in_order(scores: Iterable[Numbers]) -> list[Numbers]:
    """Put the checkpoint's score before those of the untrained answers."""
    return sorted(scores, key=lambda score: ANSWERS.index(score["answer"]))


def name_of(score: Numbers) -> str:
    """Say in words who answered."""
    if score["answer"] == Answer.MODEL:
        return "The checkpoint"
    return names.of_untrained(Condition(score["condition"]), Answer(score["answer"]))
