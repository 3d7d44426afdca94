"""What is measured of one picture, and of a set of pictures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evaluation import distribution, pixelwise
from evaluation.conditions import Batch, Condition
from evaluation.distribution import Counts
from evaluation.pixelwise import PerPicture, Pictures
from evaluation.resampling import Interval, bootstrap_mean
from storage.records import Split


class Answer(StrEnum):
    """Who answers: the model, or one of the two trivial answers."""

    MODEL = "model"
    LINES = "lines"
    """White paper with the lines."""
    HINT = "hint"
    """The hint itself."""


@dataclass(frozen=True, slots=True)
class PictureScore:
    """One answer to one picture; `critic_gap` is None without a critic.

    `l1` and `l2` are in [0, 1], `psnr` in dB (infinite if nothing differs), both KL in nats.
    """

    md5: str
    condition: Condition
    answer: Answer
    l1: float
    l2: float
    psnr: float
    kl_hist: float
    kl_8: float
    critic_gap: float | None


@dataclass(frozen=True, slots=True)
class SetScore:
    """One answer over a set of pictures: means over the pictures, but for `kl_set`.

    `step` is the generator update it was measured after (0 for the trivial answers), `l2_low`
    and `l2_high` bound the bootstrap 95 % interval of the mean l2, `psnr` is None if infinite,
    `wasserstein` is None without a critic.
    """

    split: Split
    step: int
    condition: Condition
    answer: Answer
    num_pictures: int
    l1: float
    l2: float
    l2_low: float
    l2_high: float
    psnr: float | None
    kl_hist: float
    kl_8: float
    kl_set: float
    wasserstein: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Scores of some pictures for one answer and condition, and their summed channel counts."""

    condition: Condition
    answer: Answer
    scores: tuple[PictureScore, ...]
    real_C256: Counts
    generated_C256: Counts

    def __add__(self, other: "Measured") -> "Measured":
        """Put two sets of pictures together."""
        return Measured(
            self.condition,
            self.answer,
            self.scores + other.scores,
            self.real_C256 + other.real_C256,
            self.generated_C256 + other.generated_C256,
        )


def measure(
    batch: Batch, answer: Answer, generated_BHWC: Pictures, gap_B: PerPicture | None
) -> Measured:
    """Measure an answer to a batch against the truth."""
    real_BHWC = batch.color_BHWC
    l2_B = pixelwise.l2(real_BHWC, generated_BHWC)
    columns = zip(
        pixelwise.l1(real_BHWC, generated_BHWC).tolist(),
        l2_B.tolist(),
        pixelwise.psnr(l2_B).tolist(),
        distribution.kl_hist(real_BHWC, generated_BHWC).tolist(),
        distribution.kl_8(real_BHWC, generated_BHWC).tolist(),
        [None] * len(l2_B) if gap_B is None else gap_B.tolist(),
        strict=True,
    )
    return Measured(
        batch.condition,
        answer,
        tuple(
            PictureScore(md5, batch.condition, answer, *numbers)
            for md5, numbers in zip(batch.md5s, columns, strict=True)
        ),
        distribution.channel_counts(real_BHWC).sum(axis=0),
        distribution.channel_counts(generated_BHWC).sum(axis=0),
    )


def summarise(measured: Measured, split: Split, step: int, seed: int) -> SetScore:
    """Sum up what was measured of one answer under one condition."""
    scores = measured.scores
    interval: Interval = bootstrap_mean([score.l2 for score in scores], seed)
    psnr = _mean([score.psnr for score in scores])
    gaps = [score.critic_gap for score in scores if score.critic_gap is not None]
    return SetScore(
        split=split,
        step=step,
        condition=measured.condition,
        answer=measured.answer,
        num_pictures=len(scores),
        l1=_mean([score.l1 for score in scores]),
        l2=_mean([score.l2 for score in scores]),
        l2_low=interval.low,
        l2_high=interval.high,
        psnr=psnr if math.isfinite(psnr) else None,
        kl_hist=_mean([score.kl_hist for score in scores]),
        kl_8=_mean([score.kl_8 for score in scores]),
        kl_set=distribution.kl_set(measured.real_C256, measured.generated_C256),
        wasserstein=_mean(gaps) if gaps else None,
    )


def _mean(numbers: Sequence[float]) -> float:
    return float(np.mean(numbers))
