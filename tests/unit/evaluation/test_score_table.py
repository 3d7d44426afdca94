"""Scores in a table: which way each measure is better, and what is told of what is not there."""

import dataclasses

import pytest

from evaluation.measures import MEASURES, NORM
from evaluation.score_table import Numbers, score_table, turned
from evaluation.scores import SetScore
from evaluation.table import Table

NO_MEASURES = {"split", "step", "condition", "answer", "num_pictures"}


def _column(table: Table, heading: str) -> list[tuple[str, bool]]:
    place = table.headings.index(heading)
    return [(row[place].text, row[place].best) for row in table.rows]


def test_every_number_of_a_set_is_a_measure_or_bounds_one():
    fields = {field.name for field in dataclasses.fields(SetScore)} - NO_MEASURES
    bounds = {
        f"{measure.bounds}_{end}"
        for measure in MEASURES.values()
        if measure.bounds
        for end in ("low", "high")
    }
    assert fields == MEASURES.keys() - {NORM} | bounds


@pytest.mark.parametrize(
    ("name", "heading", "told"),
    [
        ("l2", "l2 ↓", [("0.1000", True), ("0.2000", False)]),
        ("ssim", "SSIM ↑", [("0.100", False), ("0.200", True)]),
        ("wasserstein", "W", [("0.100", False), ("0.200", False)]),
    ],
)
def test_the_best_is_the_least_or_the_most_as_the_arrow_says(name, heading, told):
    answers = [(who, {"num_pictures": 3, name: value}) for who, value in (("a", 0.1), ("b", 0.2))]
    assert _column(score_table("detected", answers, marks_best=True), heading) == told
    unmarked = _column(score_table("detected", answers), heading)
    assert unmarked == [(text, False) for text, _ in told]


def test_an_infinite_psnr_is_no_unknown_one():
    answers: list[tuple[str, Numbers]] = [
        ("perfect", {"num_pictures": 3, "psnr": None}),
        ("usual", {"num_pictures": 3, "psnr": 12.345}),
        ("of an older Irodori", {"num_pictures": 3}),
    ]
    told = _column(score_table("detected", answers, marks_best=True), "PSNR, dB ↑")
    assert told == [("∞", True), ("12.35", False), ("—", False)]


def test_how_many_pictures_is_said_once_if_it_is_the_same_for_all():
    few, many = ({"num_pictures": number, "l2": 0.1} for number in (3, 4000))
    same = score_table("detected", [("a", many), ("b", many)])
    assert same.caption.endswith(" · 4,000 pictures")
    assert "Pictures" not in same.headings
    other = score_table("detected", [("a", few), ("b", many)])
    assert "·" not in other.caption
    assert _column(other, "Pictures") == [("3", False), ("4,000", False)]


def test_an_interval_stands_beside_its_measure():
    score = {"num_pictures": 8, "kernel_distance": 1, "kernel_low": 0.5, "kernel_high": 2, "l1": 0}
    table = score_table("detected", [("a", score)])
    assert table.headings == (
        *("Answer", "l1 ↓", MEASURES["kernel_distance"].heading, "Kernel distance, 95 %"),
    )
    assert _column(table, "Kernel distance, 95 %") == [("0.5000 to 2.0000", False)]
    assert table.rows[0][-1].faint
    # Seven pictures are too few to make one.
    few = score_table("detected", [("a", score | {"num_pictures": 7})])
    assert few.headings == table.headings[:-1]


def test_a_table_on_its_side_holds_the_same_cells():
    scores = [(str(number), {"num_pictures": number, "l2": number / 10}) for number in range(1, 6)]
    first, second = turned(score_table("detected", scores), 3)
    assert first.headings == ("Answer", "1", "2", "3")
    assert second.headings == ("Answer", "4", "5")
    assert [[cell.text for cell in row] for row in second.rows] == [
        ["Pictures", "4", "5"],
        ["l2 ↓", "0.4000", "0.5000"],
    ]
