import colorsys

import numpy as np
import pytest

from app.palette import palette_of, turn_hues


def test_the_main_colours_of_a_picture_are_found_most_frequent_first() -> None:
    picture = np.full((90, 90, 3), 255, np.uint8)
    picture[:40] = (200, 40, 40)
    picture[40:60] = (30, 90, 200)
    picture[60:62] = (0, 0, 0)

    red, blue = palette_of(picture)

    assert (red, blue) == ("#c82828", "#1e5ac8")


def test_a_black_and_white_page_has_no_colours_to_paint_with(page_lines: np.ndarray) -> None:
    shades = palette_of(np.dstack([page_lines] * 3))

    assert shades == []


def test_colours_that_look_alike_are_one() -> None:
    chance = np.random.default_rng(0)
    noisy = (np.array([120, 180, 90]) + chance.integers(-6, 7, (64, 64, 3))).astype(np.uint8)

    assert len(palette_of(noisy)) == 1


@pytest.mark.parametrize(("side", "is_found"), [(26, True), (8, False)])
def test_a_colour_of_a_hundredth_is_one_to_paint_with_and_of_a_thousandth_is_none(
    side: int, *, is_found: bool
) -> None:
    picture = np.full((256, 256, 3), (30, 90, 200), np.uint8)
    picture[10 : 10 + side, 10 : 10 + side] = (200, 40, 40)

    assert ("#c82828" in palette_of(picture)) is is_found


def test_hues_turn_as_colorsys_turns_them_and_grays_stay() -> None:
    colors = np.array([[[200, 40, 40], [128, 128, 128], [255, 255, 255], [0, 0, 0]]], np.uint8)

    turned = turn_hues(colors, 120)

    hue, saturation, value = colorsys.rgb_to_hsv(200 / 255, 40 / 255, 40 / 255)
    wanted = colorsys.hsv_to_rgb(hue + 1 / 3, saturation, value)
    assert np.abs(turned[0, 0] - 255 * np.array(wanted)).max() <= 2
    assert (turned[0, 1:] == colors[0, 1:]).all()
