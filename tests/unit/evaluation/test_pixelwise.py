import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from evaluation import pixelwise


def _pictures(chance: np.random.Generator) -> np.ndarray:
    return chance.integers(0, 256, (3, 8, 9, 3), dtype=np.uint8)


def test_l2_is_the_root_of_the_mean_square_of_each_picture(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance), _pictures(chance)

    def by_hand(x: np.ndarray, y: np.ndarray) -> float:
        squares = [(int(a) - int(b)) ** 2 for a, b in zip(x.flat, y.flat, strict=True)]
        return math.sqrt(sum(squares) / len(squares)) / 255

    expected = [by_hand(x, y) for x, y in zip(real, generated, strict=True)]

    np.testing.assert_allclose(pixelwise.l2(real, generated), expected, rtol=1e-6)


def test_black_against_white_is_at_distance_one_and_443_in_norm_at_256_px() -> None:
    black = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    white = np.full_like(black, 255)

    assert pixelwise.l1(black, white) == pytest.approx([1])
    assert pixelwise.l2(black, white) == pytest.approx([1])
    assert pixelwise.norm_at_256(1) == pytest.approx(443.405, abs=1e-3)


def test_the_difference_of_bytes_does_not_wrap_around() -> None:
    low = np.full((1, 2, 2, 3), 10, dtype=np.uint8)
    high = np.full((1, 2, 2, 3), 20, dtype=np.uint8)

    assert pixelwise.l1(low, high) == pytest.approx([10 / 255])
    assert pixelwise.l1(high, low) == pytest.approx([10 / 255])


def test_psnr_is_that_of_scikit_image(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance), _pictures(chance)

    expected = [
        peak_signal_noise_ratio(x, y, data_range=255) for x, y in zip(real, generated, strict=True)
    ]

    np.testing.assert_allclose(pixelwise.psnr(pixelwise.l2(real, generated)), expected, rtol=1e-6)


def test_a_perfect_picture_is_at_distance_zero_and_infinite_psnr(
    chance: np.random.Generator,
) -> None:
    real = _pictures(chance)

    assert pixelwise.l1(real, real).tolist() == [0, 0, 0]
    assert pixelwise.l2(real, real).tolist() == [0, 0, 0]
    assert np.isposinf(pixelwise.psnr(pixelwise.l2(real, real))).all()
