"""How much an answer suffers from noise in what is given: the paper says that z makes it robust.

Noise is Gaussian and cut at black and at white, so white paper only gets darker.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np

from evaluation import pixelwise
from evaluation.colorize import Colorizer
from evaluation.further_scores import NoiseScore
from evaluation.pairs import Pair
from evaluation.pixelwise import WHITE, Pictures
from evaluation.plan import Plan
from evaluation.resampling import bootstrap_mean
from storage import digest
from storage.progress import watch
from storage.records import Split

Given = Literal["lines", "hint"]

SIGMAS = (0, 8, 16, 32)
"""Standard deviations of the noise, of 255."""


@dataclass(frozen=True, slots=True)
class NoisyAnswer:
    """The answer to one picture from noisy lines or a noisy hint."""

    md5: str
    l2: float


def bear_noise(plan: Plan, colorizer: Colorizer) -> list[NoiseScore]:
    """Colour the first test pictures from noisy lines, then with noisy hints.

    What a killed run has coloured is read, not coloured again.
    """
    asked: list[tuple[Given, int]] = [(what, sigma) for what in get_args(Given) for sigma in SIGMAS]
    scores = []
    with watch("noise", len(asked)) as advance:
        for what, sigma in asked:
            # Without noise both are the same.
            name = f"noise-{what}-{sigma:02d}" if sigma else "noise-none"
            make = partial(_answer_all, plan, colorizer, what, sigma)
            answers = plan.part(name, NoisyAnswer, make)
            scores.append(_sum_up(what, sigma, answers, plan.seed))
            advance(what=what, sigma=sigma)
    return scores


def add_noise(picture: Pictures, sigma: float, seed: int) -> Pictures:
    """Add Gaussian noise to a picture (H, W or H, W, C), cut at 0 and 255."""
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.asarray((picture + noise).round().clip(0, WHITE), dtype=np.uint8)


def _answer_all(plan: Plan, colorizer: Colorizer, what: Given, sigma: int) -> Iterator[NoisyAnswer]:
    keys = plan.first(Split.TEST, plan.config.num_hint_pictures)
    for some in plan.batches(Split.TEST, keys):
        given = [_with_noise(pair, what, sigma, plan.seed) for pair in some]
        generated_BHWC = colorizer.colorize(
            np.stack([edge_HW for edge_HW, _ in given]),
            np.stack([hint_HWC for _, hint_HWC in given]),
            np.stack([pair.mask_HW for pair in some]),
            [pair.md5 for pair in some],
        )
        l2_B = pixelwise.l2(np.stack([pair.color_HWC for pair in some]), generated_BHWC)
        for pair, l2 in zip(some, l2_B.tolist(), strict=True):
            yield NoisyAnswer(pair.md5, l2)


def _with_noise(pair: Pair, what: Given, sigma: int, seed: int) -> tuple[Pictures, Pictures]:
    chance = digest.seed_of(seed, "noise", what, str(sigma), pair.md5)
    if what == "lines":
        return add_noise(pair.edge_HW, sigma, chance), pair.hint_HWC
    return pair.edge_HW, add_noise(pair.hint_HWC, sigma, chance)


def _sum_up(what: str, sigma: int, answers: Sequence[NoisyAnswer], seed: int) -> NoiseScore:
    l2 = [answer.l2 for answer in answers]
    interval = bootstrap_mean(l2, seed)
    return NoiseScore(
        what=what,
        sigma=float(sigma),
        num_pictures=len(answers),
        l2=float(np.mean(l2)),
        l2_low=interval.low,
        l2_high=interval.high,
    )
