import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity
from torch import Tensor

from evaluation import structural

Levels = NDArray[np.float64]

C1, C2 = 0.01**2, 0.03**2
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the five scales, from the paper of MS-SSIM."""


def _pictures(chance: np.random.Generator, side_px: int) -> tuple[Levels, Levels]:
    """Two smooth pictures and two that are near them, in [0, 1]."""
    noise = chance.random((2, side_px, side_px, 3))
    real = gaussian_filter(noise, (0, 4, 4, 0)) * 8 % 1
    generated = 0.8 * real + 0.2 * chance.random(real.shape)
    return real, generated


def _to_model(levels: Levels) -> Tensor:
    return torch.tensor(levels, dtype=torch.float32).permute(0, 3, 1, 2) * 2 - 1


def test_ssim_is_that_of_scikit_image(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance, 48)

    expected = [
        structural_similarity(
            x, y, channel_axis=-1, data_range=1.0, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
        for x, y in zip(real, generated, strict=True)
    ]  # fmt: skip
    found = structural.ssim(_to_model(real), _to_model(generated))

    assert 0.1 < min(expected) < 0.95
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-6)


def test_ssim_of_two_flat_pictures_is_their_luminance_term() -> None:
    dark, light = np.full((1, 16, 16, 3), 0.2), np.full((1, 16, 16, 3), 0.7)

    found = structural.ssim(_to_model(dark), _to_model(light))

    assert found.item() == pytest.approx((2 * 0.2 * 0.7 + C1) / (0.2**2 + 0.7**2 + C1), rel=1e-4)


def test_ms_ssim_is_the_product_over_five_scales(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance, 176)

    expected = [_slow_ms_ssim(x, y) for x, y in zip(real, generated, strict=True)]
    found = structural.ms_ssim(_to_model(real), _to_model(generated))

    assert found is not None
    assert 0.1 < min(expected) < 0.99
    np.testing.assert_allclose(found.numpy(), expected, atol=5e-6)


def test_pictures_against_each_other_are_at_ms_ssim_zero(chance: np.random.Generator) -> None:
    real, _ = _pictures(chance, 176)

    found = structural.ms_ssim(_to_model(real), _to_model(1 - real))

    assert found is not None
    assert found.tolist() == [0, 0]


def test_a_picture_without_room_for_five_scales_has_no_ms_ssim() -> None:
    least = structural.MIN_MULTISCALE_PX
    wide, narrow = torch.zeros(1, 3, least, 200), torch.zeros(1, 3, least - 1, 200)

    assert structural.ms_ssim(narrow, narrow) is None
    found = structural.ms_ssim(wide, wide)
    assert found is not None
    assert found.tolist() == pytest.approx([1])


def _slow_ms_ssim(real: Levels, generated: Levels) -> float:
    """The definition, by SciPy's filter in double precision; scales are means of 2 x 2 pixels."""
    product = 1.0
    for scale, weight in enumerate(WEIGHTS):
        luminance, contrast = _terms(real, generated)
        inner = contrast[5:-5, 5:-5]
        # The luminance counts at the last scale only, there over the whole picture.
        value = (luminance * contrast).mean() if scale == len(WEIGHTS) - 1 else inner.mean()
        product *= max(value, 0) ** weight
        real, generated = _halved(real), _halved(generated)
    return product


def _terms(real: Levels, generated: Levels) -> tuple[Levels, Levels]:
    def blurred(picture: Levels) -> Levels:
        return gaussian_filter(picture, (1.5, 1.5, 0), truncate=3.5, mode="mirror")

    mean_x, mean_y = blurred(real), blurred(generated)
    var_x, var_y = blurred(real**2) - mean_x**2, blurred(generated**2) - mean_y**2
    both = blurred(real * generated) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return luminance, (2 * both + C2) / (var_x + var_y + C2)


def _halved(picture: Levels) -> Levels:
    height, width = (length // 2 for length in picture.shape[:2])
    even = picture[: 2 * height, : 2 * width]
    return even.reshape(height, 2, width, 2, -1).mean(axis=(1, 3))
