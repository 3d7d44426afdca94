"""Answers become scores: one of each picture first, then one of the set."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from evaluation import distribution, pixelwise, structural
from evaluation.colorize import to_model
from evaluation.conditions import Batch, Condition
from evaluation.distribution import Counts
from evaluation.features import Features
from evaluation.frechet import fid, frechet_distance
from evaluation.instruments import EFFICIENTNET, INCEPTION, Instruments
from evaluation.kernel_distance import KernelDistance, kernel_distance
from evaluation.pixelwise import PerPicture, Pictures
from evaluation.resampling import bootstrap_mean, mean_of_told
from evaluation.scores import Answer, PictureScore, SetScore
from storage.records import Split

BARE = Instruments(torch.device("cpu"))
"""Without networks: no kernel distance, no perceptual distance."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Scores of some pictures for one answer and condition, and what only a set is judged by.

    That is the summed channel counts, and the features of the answers by network, in as many
    pieces as the set was measured in.
    """

    condition: Condition
    answer: Answer
    scores: tuple[PictureScore, ...]
    real_C256: Counts
    generated_C256: Counts
    features: Mapping[str, tuple[Features, ...]] = field(default_factory=dict)

    def __add__(self, other: "Measured") -> "Measured":
        """Put two sets of pictures together."""
        return Measured(
            self.condition,
            self.answer,
            self.scores + other.scores,
            self.real_C256 + other.real_C256,
            self.generated_C256 + other.generated_C256,
            {
                name: self.features.get(name, ()) + other.features.get(name, ())
                for name in (*self.features, *other.features)
            },
        )

    def under(self, condition: Condition) -> "Measured":
        """Give the same for another condition under which the answer is the same."""
        if condition == self.condition:
            return self
        scores = tuple(replace(score, condition=condition) for score in self.scores)
        return replace(self, condition=condition, scores=scores)


def measure(
    batch: Batch,
    answer: Answer,
    generated_BHWC: Pictures,
    gap_B: PerPicture | None,
    instruments: Instruments = BARE,
) -> Measured:
    """Measure an answer to a batch against the truth."""
    real_BHWC = batch.color_BHWC
    l2_B = pixelwise.l2(real_BHWC, generated_BHWC)
    # Where they are measured they are floats in [-1, 1], as every network here sees them.
    real_BCHW, generated_BCHW = (
        to_model(np.ascontiguousarray(picture_BHWC), instruments.device)
        for picture_BHWC in (real_BHWC, generated_BHWC)
    )
    ms_ssim_B = structural.ms_ssim(real_BCHW, generated_BCHW)
    seen = instruments.see(real_BCHW, generated_BCHW, batch.md5s)
    columns = zip(
        pixelwise.l1(real_BHWC, generated_BHWC).tolist(),
        l2_B.tolist(),
        pixelwise.psnr(l2_B).tolist(),
        structural.ssim(real_BCHW, generated_BCHW).tolist(),
        [None] * len(l2_B) if ms_ssim_B is None else ms_ssim_B.tolist(),
        instruments.perceive(real_BCHW, generated_BCHW, batch.md5s),
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
        {name: (features,) for name, features in seen.items()},
    )


def summarise(
    measured: Measured, split: Split, step: int, seed: int, instruments: Instruments = BARE
) -> SetScore:
    """Sum up what was measured of one answer under one condition."""
    scores = measured.scores
    interval = bootstrap_mean([score.l2 for score in scores], seed)
    psnr = float(np.mean([score.psnr for score in scores]))
    kernel, frechet = _between_features(measured, seed, instruments)
    both = _features_of(measured, INCEPTION, instruments)
    return SetScore(
        split=split,
        step=step,
        condition=measured.condition,
        answer=measured.answer,
        num_pictures=len(scores),
        l1=float(np.mean([score.l1 for score in scores])),
        l2=float(np.mean([score.l2 for score in scores])),
        l2_low=interval.low,
        l2_high=interval.high,
        psnr=psnr if math.isfinite(psnr) else None,
        ssim=float(np.mean([score.ssim for score in scores])),
        ms_ssim=mean_of_told([score.ms_ssim for score in scores]),
        perceptual=mean_of_told([score.perceptual for score in scores]),
        kl_hist=float(np.mean([score.kl_hist for score in scores])),
        kl_8=float(np.mean([score.kl_8 for score in scores])),
        kl_set=distribution.kl_set(measured.real_C256, measured.generated_C256),
        kernel_distance=kernel.value if kernel else None,
        kernel_low=kernel.low if kernel else None,
        kernel_high=kernel.high if kernel else None,
        wasserstein=mean_of_told([score.critic_gap for score in scores]),
        frechet_distance=frechet,
        inception_fid=fid(*both) if both else None,
    )


def _between_features(
    measured: Measured, seed: int, instruments: Instruments
) -> tuple[KernelDistance | None, float | None]:
    both = _features_of(measured, EFFICIENTNET, instruments)
    if both is None:
        return None, None
    kernel = kernel_distance(*both, seed, instruments.device)
    return kernel, frechet_distance(*both)


def _features_of(
    measured: Measured, network: str, instruments: Instruments
) -> tuple[Features, Features] | None:
    """Give what a network saw in the truths and in the answers to them, row by row."""
    md5s = [score.md5 for score in measured.scores]
    pieces = measured.features.get(network, ())
    seen = sum(len(piece) for piece in pieces)
    # A part that was measured where the wheel was not installed has no features: then none count.
    if not seen or seen < len(md5s):
        return None
    truths = instruments.truths[network]
    return np.stack([truths[md5] for md5 in md5s]), np.concatenate(pieces)
