import cv2
import numpy as np
import pytest

from app.reach import run_out

RED = (230, 40, 40)


@pytest.fixture
def box() -> np.ndarray:
    lines = np.full((128, 128), 255, np.uint8)
    cv2.rectangle(lines, (20, 20), (80, 80), 0, 2)
    return lines


def _stroke(*, at: int) -> tuple[np.ndarray, np.ndarray]:
    hint, mask = np.full((128, 128, 3), 255, np.uint8), np.zeros((128, 128), np.uint8)
    hint[at : at + 6, at : at + 6] = RED
    mask[at : at + 6, at : at + 6] = 255
    return hint, mask


def test_a_colour_fills_the_lines_that_bound_it_and_hardly_leaves_them(box: np.ndarray) -> None:
    hint, mask = _stroke(at=45)

    washed = run_out(hint, mask, box, 28)

    assert np.abs(washed[35, 35].astype(int) - RED).max() < 40
    assert (washed[115:] >= 250).all()
    assert (washed[:, 110:] >= 250).all()


def test_the_stroke_itself_stays_what_it_is(box: np.ndarray) -> None:
    hint, mask = _stroke(at=45)

    washed = run_out(hint, mask, box, 28)

    assert (washed[mask > 0] == RED).all()


def test_a_stroke_reaches_less_far_with_less_reach(box: np.ndarray) -> None:
    hint, mask = _stroke(at=100)

    near, far = (run_out(hint, mask, box, reach) for reach in (4, 40))

    assert (near < 250).any(axis=-1).sum() < (far < 250).any(axis=-1).sum()


@pytest.mark.parametrize("reach", [0, 28])
def test_without_strokes_or_reach_nothing_changes(box: np.ndarray, reach: float) -> None:
    hint, mask = _stroke(at=45)
    white, none = np.full_like(hint, 255), np.zeros_like(mask)

    assert (run_out(white, none, box, reach) == white).all()
    assert (run_out(hint, mask, box, 0) == hint).all()
