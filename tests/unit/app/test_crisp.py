import numpy as np

from app import crisp
from app.fit import Fit


def test_colours_run_on_under_the_lines_and_are_not_darkened_by_the_models_own(
    page_lines: np.ndarray,
) -> None:
    fit = Fit.of(page_lines.shape, 64)
    small_lines = fit.shrink_lines(page_lines)
    # A model paints its lines too, blurred, over one flat colour.
    painted = (np.array([240, 160, 80]) * (small_lines[..., None] / 255)).astype(np.uint8)

    colors = crisp.flat_colors(painted, page_lines.shape, small_lines, fit)

    off = np.abs(colors.astype(int) - [240, 160, 80])
    assert off.mean() < 3
    assert off.max() < 40


def test_ink_is_black_and_paper_changes_nothing() -> None:
    color = np.full((2, 2, 3), (10, 100, 250), np.uint8)
    lines = np.array([[0, 255], [128, 255]], np.uint8)

    found = crisp.multiply(color, lines)

    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[0, 1].tolist() == [10, 100, 250]
    assert found[1, 0].tolist() == [5, 50, 125]


def test_an_all_black_page_does_not_divide_by_nothing() -> None:
    fit = Fit.of((64, 64), 64)
    black = np.zeros((64, 64), np.uint8)

    colors = crisp.flat_colors(np.full((64, 64, 3), 90, np.uint8), (64, 64), black, fit)

    assert colors.dtype == np.uint8


def test_the_middle_of_a_black_area_has_the_colour_around_it() -> None:
    lines = np.full((64, 64), 255, np.uint8)
    lines[24:40, 24:40] = 0
    color = np.full((64, 64, 3), (240, 160, 80), np.uint8)
    color[24:40, 24:40] = 0

    colors = crisp.flat_colors(color, (64, 64), lines, Fit.of((64, 64), 64))

    assert np.abs(colors[32, 32].astype(int) - [240, 160, 80]).max() <= 2
