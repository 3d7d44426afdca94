"""What is asked beyond one hint and one kind of lines, as rows: how many hints, which lines, noise.

Rows alone, so that who reads them needs no torch.
"""

from dataclasses import dataclass

HINT_CURVE = "hint_curve.parquet"
DETECTORS = "detectors.parquet"
NOISE = "noise.parquet"

ARTIST = "artist"
"""The kind of lines that no detector has drawn."""


@dataclass(frozen=True, slots=True)
class HintPoint:
    """The answers to the same pictures with so many point hints: means over the pictures.

    `l2` is in [0, 1]. `hint_delta_e` is the CIEDE2000 difference between answer and hint where the
    hint lies, `hint_region_delta_e` over the regions between lines that the hints lie in (each
    region counts alike). `bleed` is the share of the change of chroma by one hint that falls
    outside its region. These three are None where no picture tells them, as without a hint.
    `saturation` is the mean chroma of CIE Lab, and `saturation_share` that over the one with the
    most hints (None if that is gray). `z_spread` is the mean standard deviation of a pixel over
    8 z, in [0, 1]; 0 without z. What ends in `_low` and `_high` bounds a bootstrap 95 % interval
    over the pictures; a `bleed` that fewer than eight tell of is bounded by 0 and 1.
    """

    num_hints: int
    num_pictures: int
    l2: float
    l2_low: float
    l2_high: float
    hint_delta_e: float | None
    hint_region_delta_e: float | None
    bleed: float | None
    bleed_low: float | None
    bleed_high: float | None
    saturation: float
    saturation_low: float
    saturation_high: float
    saturation_share: float | None
    saturation_share_low: float | None
    saturation_share_high: float | None
    z_spread: float


@dataclass(frozen=True, slots=True)
class DetectorScore:
    """The answers from one kind of lines: `artist`, or an edge detector's name.

    All kinds answer to the same pictures with the same hints. `gap` is the mean of the l2 from the
    artist's lines minus that from these, between `gap_low` and `gap_high` by bootstrap: below
    zero, the artist's lines are better.
    """

    lines: str
    num_pictures: int
    l2: float
    l2_low: float
    l2_high: float
    kl_8: float
    gap: float
    gap_low: float
    gap_high: float


@dataclass(frozen=True, slots=True)
class NoiseScore:
    """The answers from noisy lines or from a noisy hint; `sigma` is the noise's, of 255."""

    what: str
    sigma: float
    num_pictures: int
    l2: float
    l2_low: float
    l2_high: float


@dataclass(frozen=True, slots=True)
class Further:
    """All of it, of one training; `lines` is empty where no picture has true line art."""

    hints: list[HintPoint]
    lines: list[DetectorScore]
    noise: list[NoiseScore]

    @property
    def no_hint_saturation(self) -> float | None:
        """Give the saturation without a hint over that with the most; None if that is gray."""
        return self.hints[0].saturation_share
