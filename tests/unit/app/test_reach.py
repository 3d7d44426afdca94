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


@pytest.mark.parametrize("reach", [3, 28])
def test_a_region_is_washed_as_if_nothing_else_were_there(reach: float) -> None:
    # One by the upper left corner, one by the right edge, one in the middle: each by its own stroke
    # in the end, whatever the others got.
    lines = np.full((128, 128), 255, np.uint8)
    cv2.rectangle(lines, (-5, -5), (40, 50), 0, 2)
    cv2.rectangle(lines, (90, 30), (140, 100), 0, 2)
    cv2.rectangle(lines, (50, 60), (80, 110), 0, 2)
    hint, mask = np.full((128, 128, 3), 255, np.uint8), np.zeros((128, 128), np.uint8)
    alone = []
    for number, (row, column) in enumerate([(0, 4), (60, 120), (80, 60)]):
        place = np.s_[row : row + 6, column : column + 6]
        one_hint, one_mask = np.full_like(hint, 255), np.zeros_like(mask)
        for picture in (hint, one_hint):
            picture[place] = np.roll(RED, number)
        for layer in (mask, one_mask):
            layer[place] = 255
        alone.append(run_out(one_hint, one_mask, lines, reach))
    together = run_out(hint, mask, lines, reach)
    for number, (row, column) in enumerate([(20, 10), (60, 100), (90, 60)]):
        place = np.s_[row : row + 6, column : column + 6]
        # What is softened at last has a breath of what is beyond the line.
        assert np.abs(together[place].astype(int) - alone[number][place]).max() <= 2


def test_at_the_pictures_edge_the_picture_goes_on() -> None:
    # A stroke along the edge colours as one in the middle of a wider picture does.
    hint, mask = np.full((64, 64, 3), 255, np.uint8), np.zeros((64, 64), np.uint8)
    hint[:3], mask[:3] = RED, 255
    lines = np.full((64, 64), 255, np.uint8)
    washed = run_out(hint, mask, lines, 28)
    assert (washed == washed[:, :1]).all()
    across = cv2.rotate(hint, cv2.ROTATE_90_CLOCKWISE), cv2.rotate(mask, cv2.ROTATE_90_CLOCKWISE)
    turned = run_out(*across, lines, 28)
    assert (turned == cv2.rotate(washed, cv2.ROTATE_90_CLOCKWISE)).all()


def test_lines_that_run_askew_hold_a_colour_too() -> None:
    lines = np.full((64, 64), 255, np.uint8)
    np.fill_diagonal(lines, 0)
    hint, mask = np.full((64, 64, 3), 255, np.uint8), np.zeros((64, 64), np.uint8)
    hint[40:44, 30:34], mask[40:44, 30:34] = RED, 255
    washed = run_out(hint, mask, lines, 28)
    assert np.abs(washed[50, 20].astype(int) - RED).max() < 40
    # As far from the stroke, beyond the line.
    assert (washed[29, 45] >= 250).all()


def test_a_stroke_along_a_line_colours_nothing_else(box: np.ndarray) -> None:
    hint, mask = np.full((128, 128, 3), 255, np.uint8), np.zeros((128, 128), np.uint8)
    on_the_line = np.zeros_like(mask, bool)
    on_the_line[box == 0] = True
    hint[on_the_line], mask[on_the_line] = RED, 255
    washed = run_out(hint, mask, box, 28)
    assert (washed[~on_the_line] == 255).all()


@pytest.mark.parametrize(("grazed", "is_coloured"), [(2, False), (3, True)])
def test_a_region_that_a_stroke_only_grazes_is_not_coloured(
    grazed: int, *, is_coloured: bool
) -> None:
    lines = np.full((128, 128), 255, np.uint8)
    lines[:, 63:65] = 0
    hint, mask = np.full((128, 128, 3), 255, np.uint8), np.zeros((128, 128), np.uint8)
    for place in (np.s_[60:66, 50:65], np.s_[60 : 60 + grazed, 65:66]):
        hint[place], mask[place] = RED, 255
    washed = run_out(hint, mask, lines, 28)
    assert np.abs(washed[63, 30].astype(int) - RED).max() < 40
    # Farther than the softened edge of the line lets through.
    assert bool((washed[61, 80] < 200).any()) is is_coloured


def test_a_colour_does_not_enter_what_lies_within_its_region() -> None:
    lines = np.full((128, 128), 255, np.uint8)
    cv2.rectangle(lines, (10, 10), (118, 118), 0, 2)
    cv2.rectangle(lines, (40, 40), (88, 88), 0, 2)
    hint, mask = _stroke(at=20)
    blue, size = (40, 40, 230), 6
    hint[60 : 60 + size, 60 : 60 + size], mask[60 : 60 + size, 60 : 60 + size] = blue, 255
    washed = run_out(hint, mask, lines, 28).astype(int)
    assert np.abs(washed[22, 36] - RED).max() < 40
    assert np.abs(washed[64, 72] - blue).max() < 40


@pytest.mark.parametrize("gap_px", [2, 4])
def test_little_of_a_colour_comes_through_a_gap_in_a_line(gap_px: int) -> None:
    lines = np.full((128, 128), 255, np.uint8)
    lines[:, 63:65] = 0
    lines[64 - gap_px // 2 : 64 + gap_px // 2, 63:65] = 255
    hint, mask = _stroke(at=40)

    washed = run_out(hint, mask, lines, 28)

    coloured = (washed < 200).any(axis=-1)
    assert np.abs(washed[43, 56].astype(int) - RED).max() < 40
    # Beyond the softened edge of the line there is none, or a little behind the gap.
    assert coloured[:, 75:].mean() < 0.05
    assert not coloured[:, 95:].any()


def test_of_two_strokes_in_one_region_each_colours_what_is_nearer() -> None:
    lines = np.full((128, 128), 255, np.uint8)
    hint, mask = _stroke(at=30)
    blue = (40, 40, 230)
    hint[90:96, 90:96], mask[90:96, 90:96] = blue, 255

    washed = run_out(hint, mask, lines, 28).astype(int)

    assert np.abs(washed[45, 45] - RED).max() < 40
    assert np.abs(washed[80, 80] - blue).max() < 40
