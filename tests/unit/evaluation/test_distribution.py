import numpy as np
import pytest
from scipy.stats import entropy

from evaluation import distribution


def _pictures(chance: np.random.Generator, low: int = 0) -> np.ndarray:
    return chance.integers(low, 256, (3, 8, 9, 3), dtype=np.uint8)


def _channel_kl(real: np.ndarray, generated: np.ndarray) -> float:
    """The definition, by NumPy's histogram and SciPy's entropy: half a count on every bin."""
    return float(
        np.mean(
            [
                entropy(
                    np.histogram(real[..., channel], bins=range(257))[0] + 0.5,
                    np.histogram(generated[..., channel], bins=range(257))[0] + 0.5,
                )
                for channel in range(3)
            ]
        )
    )


def test_kl_hist_is_scipys_entropy_of_smoothed_histograms(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance), _pictures(chance, low=128)

    expected = [_channel_kl(x, y) for x, y in zip(real, generated, strict=True)]

    np.testing.assert_allclose(distribution.kl_hist(real, generated), expected, rtol=1e-9)


def test_kl_8_is_scipys_entropy_of_the_joint_histogram(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance), _pictures(chance, low=128)

    bins = [np.arange(0, 257, 32)] * 3
    expected = [
        entropy(
            np.histogramdd(x.reshape(-1, 3), bins)[0].ravel() + 0.5,
            np.histogramdd(y.reshape(-1, 3), bins)[0].ravel() + 0.5,
        )
        for x, y in zip(real, generated, strict=True)
    ]

    np.testing.assert_allclose(distribution.kl_8(real, generated), expected, rtol=1e-9)


def test_kl_of_sets_pools_the_pictures_before_it_compares(chance: np.random.Generator) -> None:
    real, generated = _pictures(chance), _pictures(chance, low=128)

    found = distribution.kl_set(
        distribution.channel_counts(real).sum(axis=0),
        distribution.channel_counts(generated).sum(axis=0),
    )

    assert found == pytest.approx(_channel_kl(real, generated))


def test_equal_colors_in_other_places_are_at_divergence_zero(chance: np.random.Generator) -> None:
    real = _pictures(chance)
    shuffled = real.reshape(3, -1, 3)[:, ::-1].reshape(real.shape)

    assert distribution.kl_hist(real, shuffled) == pytest.approx([0, 0, 0])
    assert distribution.kl_8(real, shuffled) == pytest.approx([0, 0, 0])


def test_white_off_by_one_level_costs_kl_hist_dearly_and_kl_8_nothing() -> None:
    white = np.full((1, 64, 64, 3), 255, dtype=np.uint8)

    assert distribution.kl_hist(white, white - 1)[0] > 4
    assert distribution.kl_8(white, white - 1)[0] == 0
