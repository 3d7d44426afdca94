import numpy as np
import pytest

from preprocessing.resize import to_square
from tests.pictures import drawing


def _area(length: int, size_px: int) -> np.ndarray:
    """Give, for each of `size_px` cells, how much of each of `length` pixels lies in it."""
    edges = np.linspace(0, length, size_px + 1)
    starts, ends = np.arange(length), np.arange(length) + 1
    shares = np.minimum(ends, edges[1:, None]) - np.maximum(starts, edges[:-1, None])
    return np.clip(shares, 0, None) * size_px / length


@pytest.mark.parametrize(("height", "width"), [(64, 64), (100, 150), (301, 77), (64, 500)])
def test_shrinking_averages_each_cells_area(height: int, width: int):
    picture = drawing(1, 512)[:height, :width]
    rows, columns = _area(height, 64), _area(width, 64)
    expected = np.stack([rows @ picture[..., each] @ columns.T for each in range(3)], axis=-1)
    assert np.abs(to_square(picture, 64) - expected).max() <= 0.51


def test_a_square_of_the_right_size_is_left_as_it_is():
    assert (to_square(drawing(1, 64), 64) == drawing(1, 64)).all()


def test_enlarging_shows_no_steps():
    ramp = np.repeat(np.linspace(0, 255, 16).astype(np.uint8)[None, :, None], 16, 0).repeat(3, 2)
    steps = np.diff(to_square(ramp, 64)[32, :, 0].astype(int))
    assert steps.max() <= 8


def test_a_side_that_shrinks_is_averaged_though_the_other_grows():
    # Of columns black and white in turn nothing is left but gray.
    stripes = np.zeros((16, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(to_square(stripes, 64).astype(int) - 127.5).max() <= 1
