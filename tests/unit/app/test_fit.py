import cv2
import numpy as np
import pytest

from app.fit import Fit


@pytest.mark.parametrize("shape", [(200, 300), (300, 200), (64, 64), (5, 900), (2000, 1001)])
def test_a_drawing_keeps_its_proportions_and_paper_surrounds_it(shape: tuple[int, int]) -> None:
    fit = Fit.of(shape, 64)

    square = fit.shrink_lines(np.zeros(shape, np.uint8))

    assert max(fit.height, fit.width) == 64
    assert fit.height / fit.width == pytest.approx(
        shape[0] / shape[1], abs=1 / min(fit.height, fit.width)
    )
    black = np.argwhere(square == 0)
    assert len(black) == fit.height * fit.width
    assert (square[square != 0] == 255).all()


def test_a_thin_line_stays_dark_however_much_the_drawing_shrinks() -> None:
    page = np.full((2048, 2048), 255, np.uint8)
    page[:, 1000:1002] = 0

    square = Fit.of(page.shape, 128).shrink_lines(page)

    assert square.min(axis=1).max() < 140


def test_strokes_keep_their_colour_at_any_size_and_half_clear_ones_too() -> None:
    layer = np.zeros((100, 100, 4), np.uint8)
    layer[20:60, 20:60] = (200, 100, 50, 255)
    layer[60:90, 60:90] = (10, 220, 30, 128)

    hint, mask = Fit.of((1000, 1000), 64).shrink_strokes(layer)

    assert hint[25, 25].tolist() == [200, 100, 50]
    assert np.abs(hint[48, 48].astype(int) - [10, 220, 30]).max() <= 2
    assert mask[25, 25] == mask[48, 48] == 255
    assert set(np.unique(mask)) == {0, 255}
    assert (hint[mask == 0] == 255).all()


@pytest.mark.parametrize("width_px", [1, 2, 3])
def test_a_thin_stroke_counts_however_much_the_drawing_shrinks(width_px: int) -> None:
    layer = np.zeros((2048, 2048, 4), np.uint8)
    layer[300:1500, 1000 : 1000 + width_px] = (200, 100, 50, 255)

    hint, mask = Fit.of((2048, 2048), 128).shrink_strokes(layer)

    rows = (mask > 0).sum(axis=1)
    assert set(rows[20:92]) == {1}
    assert not rows[:18].any()
    assert not rows[95:].any()
    assert np.abs(hint[mask > 0].astype(int) - [200, 100, 50]).max() <= 12


def test_what_is_left_of_a_stroke_that_was_erased_is_none() -> None:
    layer = np.zeros((1024, 1024, 4), np.uint8)
    # As an eraser that is no wider leaves it: a rim of a quarter at most.
    cv2.line(layer, (200, 200), (800, 700), (200, 100, 50, 64), 2)

    _, mask = Fit.of((1024, 1024), 256).shrink_strokes(layer)

    assert not mask.any()


def test_a_soft_brush_reaches_as_far_as_it_covers() -> None:
    away = np.hypot(*(np.indices((1024, 1024)) - 512))
    layer = np.zeros((1024, 1024, 4), np.uint8)
    layer[..., :3], layer[..., 3] = (40, 80, 230), 255 * np.exp(-((away / 60) ** 2) / 2)

    hint, mask = Fit.of((1024, 1024), 256).shrink_strokes(layer)

    radius = np.hypot(*(np.argwhere(mask) - 128).T).max() * 4
    assert 90 < radius < 110
    assert np.abs(hint[mask > 0].astype(int) - [40, 80, 230]).max() <= 4


def test_what_comes_back_lies_where_it_was(page_lines: np.ndarray) -> None:
    fit = Fit.of(page_lines.shape, 128)
    square = fit.shrink_lines(page_lines)

    back = fit.enlarge(np.dstack([square] * 3), *page_lines.shape)

    assert back.shape == (200, 300, 3)
    for left in (130, 170, 270):
        assert back[100, left - 3 : left + 4, 0].min() < 120
    assert back[100, 80].min() > 240


def test_colours_that_are_enlarged_show_no_steps() -> None:
    square = np.zeros((32, 32, 3), np.uint8)
    square[:, 16:] = 255

    large = Fit.of((256, 256), 32).enlarge(square, 256, 256)

    assert np.abs(np.diff(large[..., 0].astype(int), axis=1)).max() < 64
