"""What is measured of one picture, and of a set of pictures."""

from dataclasses import dataclass
from enum import StrEnum

from evaluation.conditions import Condition
from storage.records import Split

CURVES = "curves.parquet"
"""The scores along training, of every checkpoint."""
SCORES = "scores.parquet"
"""Those of the last checkpoint, on the test pictures."""
PER_SAMPLE = "per_sample.parquet"
"""The same, picture by picture."""
PER_PICTURE = "per_picture.parquet"
"""The scores of a folder's pictures, each named by its file too."""
METRICS = "metrics.json"
"""All numbers of an evaluation or of a report, for machines."""

MIN_FRECHET_PICTURES = 2_000
"""A Fréchet distance of fewer pictures says more about their number than about them."""


class Answer(StrEnum):
    """Who answers: the model, or one of those that need no training."""

    MODEL = "model"
    LINES = "lines"
    """White paper with the lines."""
    HINT = "hint"
    """The hint itself."""
    LEVIN = "levin"
    """The hint, spread over the lines by Levin's optimisation."""


UNTRAINED = (Answer.LINES, Answer.HINT, Answer.LEVIN)


@dataclass(frozen=True, slots=True)
class PictureScore:
    """One answer to one picture; `critic_gap` is None without a Wasserstein critic.

    `l1` and `l2` are in [0, 1], `psnr` in dB (infinite if nothing differs), `ssim` and `ms_ssim`
    at most 1 (more is better; `ms_ssim` is None below 176 px), both KL in nats. `perceptual` is
    None where it is not taken, or its weights are not at hand.
    """

    md5: str
    condition: Condition
    answer: Answer
    l1: float
    l2: float
    psnr: float
    ssim: float
    ms_ssim: float | None
    perceptual: float | None
    kl_hist: float
    kl_8: float
    critic_gap: float | None


@dataclass(frozen=True, slots=True)
class SetScore:
    """One answer over a set of pictures: means over the pictures, but for what only a set has.

    `step` is the generator update it was measured after (0 for the untrained answers), `l2_low`
    and `l2_high` bound the bootstrap 95 % interval of the mean l2, `psnr` is None if infinite,
    `wasserstein` is None without a Wasserstein critic; `perceptual` is the mean over the
    pictures of which it was taken.

    Of the whole set: `kl_set`; `kernel_distance` with its 95 % interval, and `frechet_distance`
    (of 2,000 pictures and more), both on EfficientNet-lite0 features, and None without its weights;
    `inception_fid`, of any number of pictures, None where it was not asked for.
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
    ssim: float
    ms_ssim: float | None
    perceptual: float | None
    kl_hist: float
    kl_8: float
    kl_set: float
    kernel_distance: float | None
    kernel_low: float | None
    kernel_high: float | None
    wasserstein: float | None
    frechet_distance: float | None = None
    inception_fid: float | None = None
