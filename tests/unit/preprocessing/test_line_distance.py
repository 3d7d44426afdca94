import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.benchmarks.line_distance import line_distance

SIDE = 64


def ruled(*columns: int, until: int = SIDE) -> NDArray[np.uint8]:
    """White paper with vertical lines in these columns, from the top down."""
    paper = np.full((SIDE, SIDE), 255, np.uint8)
    paper[:until, list(columns)] = 0
    return paper


def test_true_lines_are_their_own_perfect_drawing() -> None:
    found = line_distance(ruled(10, 11, 40), ruled(10, 11, 40), tolerance_px=0)
    assert (found.precision, found.recall, found.f1) == (1, 1, 1)
    assert (found.chamfer_px, found.doubled) == (0, 0)
    assert found.ink_share == found.true_share == 3 / SIDE


@pytest.mark.parametrize(("shift", "f1"), [(1, 1), (2, 1), (3, 0)])
def test_a_shifted_line_is_as_far_as_the_shift_and_right_within_the_tolerance(
    shift: int, f1: float
) -> None:
    found = line_distance(ruled(20 + shift), ruled(20), tolerance_px=2)
    assert found.chamfer_px == pytest.approx(shift)
    assert found.f1 == f1


def test_half_a_line_is_precise_and_recalls_half_of_it_and_the_tolerance() -> None:
    found = line_distance(ruled(20, until=32), ruled(20), tolerance_px=2)
    assert found.precision == 1
    assert found.recall == (32 + 2) / SIDE
    assert found.f1 == pytest.approx(2 * found.recall / (1 + found.recall))


def test_a_line_that_nobody_drew_costs_precision_alone() -> None:
    found = line_distance(ruled(20, 50), ruled(20), tolerance_px=2)
    assert (found.precision, found.recall) == (0.5, 1)
    assert found.chamfer_px == pytest.approx((30 / 2 + 0) / 2)


@pytest.mark.parametrize(
    ("drawn", "doubled"),
    [((17, 25), 1), ((21,), 0), ((17,), 0), (tuple(range(17, 26)), 0), ((5, 60), 0)],
)
def test_a_thick_stroke_is_doubled_when_both_its_sides_are_drawn_and_its_middle_is_not(
    drawn: tuple[int, ...], doubled: float
) -> None:
    stroke = ruled(*range(18, 25))
    assert line_distance(ruled(*drawn), stroke, tolerance_px=2).doubled == doubled


def test_no_lines_at_all_are_a_diagonal_away_from_lines_and_right_for_blank_paper() -> None:
    found = line_distance(ruled(), ruled(20), tolerance_px=2)
    assert (found.recall, found.f1) == (0, 0)
    assert found.chamfer_px == pytest.approx(math.hypot(SIDE, SIDE))
    blank = line_distance(ruled(), ruled(), tolerance_px=2)
    assert (blank.f1, blank.chamfer_px, blank.doubled) == (1, 0, 0)


def test_soft_lines_count_from_the_level_that_is_asked_for() -> None:
    soft = np.where(ruled(20) == 0, 200, 255).astype(np.uint8)
    assert line_distance(soft, ruled(20), tolerance_px=2).recall == 0
    assert line_distance(soft, ruled(20), tolerance_px=2, level=201).recall == 1
