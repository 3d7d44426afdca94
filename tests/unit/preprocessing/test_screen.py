import numpy as np
import pytest

from preprocessing.config import CleanConfig
from preprocessing.screen import colorfulness, largest_difference, measure, screen
from storage.records import DropReason
from tests.pictures import drawing, encoded

CONFIG = CleanConfig()


def test_a_colored_drawing_is_fit():
    row, square = measure("m", encoded(drawing(3)), CONFIG.max_pixels)
    assert screen(row, CONFIG) is None
    assert square is not None
    assert (row.width, row.height, len(row.fingerprint)) == (256, 256, 16)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (drawing(3, 255), DropReason.TOO_SMALL),
        (np.tile(drawing(3), (4, 1, 1)), DropReason.TOO_LONG),
        (np.repeat(drawing(3).mean(axis=2, keepdims=True), 3, axis=2), DropReason.MONOCHROME),
        (np.full_like(drawing(3), (200, 30, 30)), DropReason.MONOCHROME),
    ],
)
def test_what_is_not_fit_says_why(picture: np.ndarray, reason: DropReason):
    row, _ = measure("m", encoded(picture.astype(np.uint8)), CONFIG.max_pixels)
    assert row.reason is None
    assert screen(row, CONFIG) is reason


def test_a_picture_of_just_the_longest_shape_is_fit():
    row, _ = measure("m", encoded(np.tile(drawing(3), (3, 1, 1))), CONFIG.max_pixels)
    assert screen(row, CONFIG) is None


def test_thumbnails_differ_by_the_channel_that_differs_most():
    one = np.zeros((64, 64, 3), np.uint8)
    other = one.copy()
    other[10:13, 20:23] = (0, 90, 30)
    assert largest_difference(one, other) == pytest.approx(90)


def test_a_jpeg_of_a_gray_drawing_is_monochrome_too():
    gray = np.repeat(drawing(3).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    row, _ = measure("m", encoded(gray, "JPEG", quality=60), CONFIG.max_pixels)
    assert screen(row, CONFIG) is DropReason.MONOCHROME


def test_colorfulness_is_that_of_the_published_formula():
    # Half red, half blue: rg = +-255 / 0, yb = 127.5 / -255.
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0] = (255, 0, 0)
    picture[1] = (0, 0, 255)
    spread = np.hypot(127.5, 191.25)
    mean = np.hypot(127.5, -63.75)
    assert colorfulness(picture) == pytest.approx(spread + 0.3 * mean, abs=1e-3)


def test_white_paper_says_nothing_of_colours():
    drawn = drawing(3)
    on_more_paper = np.full((512, 512, 3), 255, np.uint8)
    on_more_paper[:256, :256] = drawn
    assert colorfulness(on_more_paper) == pytest.approx(colorfulness(drawn))
    assert colorfulness(np.full((4, 4, 3), 255, np.uint8)) == 0


@pytest.mark.parametrize(("blue", "is_ink"), [(245, False), (244, True), (90, True)])
def test_paper_is_light_in_all_three_channels(blue: int, is_ink: bool):
    picture = np.full((4, 4, 3), 255, np.uint8)
    picture[0, 0] = (255, 255, blue)
    assert (colorfulness(picture) > 0) == is_ink


def test_of_one_colour_only_its_distance_from_gray_counts():
    # However the mean of a few is rounded, nothing spreads.
    for red in range(245):
        picture = np.full((7, 7, 3), (red, 100, 3), np.uint8)
        mean = np.hypot(red - 100, (red + 100) / 2 - 3)
        assert colorfulness(picture) == pytest.approx(0.3 * mean, abs=1e-3)
