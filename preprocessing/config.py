"""The knobs of clean, pack and condition; the defaults are the paper's, but for what says so."""

from typing import Literal

from pydantic import Field, model_validator

from storage.section import Section

REFERENCE_PX = 256
"""The side of a picture at which what is told in px holds; it grows and shrinks with others."""


class CleanConfig(Section):
    """Which originals are fit to train on, and how many of them make the dataset."""

    min_side_px: int = Field(256, ge=8)
    """An original whose shorter side is below this is too small, in px."""

    max_pixels: int = Field(50_000_000, ge=1)
    """An original of more pixels than this is never decoded."""

    max_aspect: float = Field(3.0, ge=1)
    """An original whose longer side is more than this many times the shorter one is a strip."""

    min_colorfulness: float = Field(12.0, ge=0)
    """Below this a drawing is monochrome (Hasler and Suesstrunk's M, over what is not white)."""

    duplicate_radius: int = Field(4, ge=0, le=16)
    """Perceptual hashes that differ in at most this many of 64 bits may be near-duplicates."""

    duplicate_difference: float = Field(20.0, ge=0, le=255)
    """Near-duplicates differ nowhere by more than this (mean of a 3x3 box at 64 px, 0 to 255)."""

    family_radius: int = Field(10, ge=0, le=20)
    """Pictures whose hashes differ in at most this many bits are one family, never split up."""

    num_train: int = Field(14_000, ge=1)
    """At most this many training pictures; the three numbers also set the shares of the splits."""

    num_val: int = Field(3_000, ge=1)
    """At most this many validation pictures."""

    num_test: int = Field(3_000, ge=1)
    """At most this many test pictures."""


class PackConfig(Section):
    """How kept originals become shards."""

    size_px: int = Field(256, ge=32, le=2048, multiple_of=16)
    """The side of the square that each whole picture is resized to, in px."""

    samples_per_shard: int = Field(1_000, ge=1)
    """At most this many pictures in one shard."""


class EdgeConfig(Section):
    """How line art is drawn from a colour picture."""

    detector: Literal["adaptive", "xdog", "canny", "dilate", "hed"] = "adaptive"
    """Adaptive mean threshold, extended DoG, Canny, dilate-and-difference, or the learned HED."""

    block_px: int = Field(9, ge=3, le=99)
    """Adaptive threshold: side of the neighbourhood, in px at 256 px (made odd at other sizes)."""

    offset: float = Field(10.0, ge=-50, le=50)
    """Adaptive threshold: how much darker than its neighbourhood a line is, of 255; with the 2
    that we read into the paper, and the preset `paper` has, grain is drawn as lines."""

    xdog_threshold: float = Field(0.3, ge=0, le=1)
    """Extended DoG: what is darker than this is ink, of 1; a high one inks flat colours too."""


def _check_order(section: Section, least: str, most: str) -> None:
    low, high = getattr(section, least), getattr(section, most)
    if low > high:
        raise ValueError(f"{least} is {low}, above {most} {high}")


class StrokeConfig(Section):
    """Brush strokes on white, as a user draws them; each keeps to the colour that it begins in.

    All angles of 45 degrees, no bend and a tolerance of 255 give straight diagonals that heed no
    outline, as Auto-painter's.
    """

    min_strokes: int = Field(1, ge=0, le=200)
    """Fewest strokes on a picture."""

    max_strokes: int = Field(24, ge=0, le=200)
    """Most strokes on a picture."""

    skew: float = Field(2.0, ge=1, le=10)
    """1: every number of strokes is as likely; above: few more often than many."""

    min_length_px: int = Field(6, ge=1, le=256)
    """Shortest way of a stroke; where its colour ends sooner, it ends there."""

    max_length_px: int = Field(48, ge=1, le=256)
    """Longest way of a stroke."""

    min_width_px: float = Field(2.0, ge=1, le=32)
    """Thinnest brush."""

    max_width_px: float = Field(5.0, ge=1, le=32)
    """Thickest brush."""

    min_angle_deg: float = Field(0.0, ge=-360, le=360)
    """Least angle at which a stroke sets out: 0 to the right, 90 down."""

    max_angle_deg: float = Field(360.0, ge=-360, le=360)
    """Largest angle at which a stroke sets out."""

    max_bend_deg: float = Field(90.0, ge=0, le=360)
    """Over its longest way a stroke turns by at most this, to either side."""

    tolerance: float = Field(20.0, ge=0, le=255)
    """A stroke ends where a channel differs by more than this from its first colour, of 255."""

    jitter: float = Field(4.0, ge=0, le=64)
    """Standard deviation of a stroke's colour around the true one, of 255."""

    @model_validator(mode="after")
    def _ranges_are_in_order(self) -> "StrokeConfig":
        for name in ("strokes", "length_px", "width_px", "angle_deg"):
            _check_order(self, f"min_{name}", f"max_{name}")
        return self


class DotConfig(Section):
    """Small dots on white, as PaintsChainer's: mostly few, at times many, at times none."""

    min_dots: int = Field(0, ge=0, le=1_000)
    """Fewest dots on a picture."""

    max_dots: int = Field(92, ge=0, le=1_000)
    """Most dots on a picture."""

    skew: float = Field(5.0, ge=1, le=10)
    """As of strokes; 5 of 0 to 92 gives 40 % none, 30 % up to 15 and 30 % more."""

    min_radius_px: float = Field(1.0, ge=0.5, le=32)
    """Smallest dot."""

    max_radius_px: float = Field(3.0, ge=0.5, le=32)
    """Largest dot."""

    shift_px: float = Field(1.0, ge=0, le=32)
    """A dot lies up to so far from where its colour is, along each axis."""

    jitter: float = Field(5.0, ge=0, le=64)
    """Standard deviation of a dot's colour around the true one, of 255."""

    @model_validator(mode="after")
    def _ranges_are_in_order(self) -> "DotConfig":
        for name in ("dots", "radius_px"):
            _check_order(self, f"min_{name}", f"max_{name}")
        return self


class MixConfig(Section):
    """How often each kind of hint is drawn in a mix; the shares make 1."""

    paper: float = Field(0.5, ge=0, le=1)
    """The paper's: white-out, blur, blocks."""

    strokes: float = Field(0.2, ge=0, le=1)
    """Brush strokes."""

    dots: float = Field(0.2, ge=0, le=1)
    """Dots."""

    none: float = Field(0.1, ge=0, le=1)
    """No hint at all."""

    @model_validator(mode="after")
    def _shares_make_one(self) -> "MixConfig":
        total = self.paper + self.strokes + self.dots + self.none
        if abs(total - 1) > 1e-6:
            raise ValueError(f"paper, strokes, dots and none make {total:g} together, wanted 1")
        return self


OneHintKind = Literal["paper", "strokes", "dots", "none"]
HintKind = Literal[OneHintKind, "mix"]


class HintConfig(Section):
    """How a colour hint is made from the truth.

    The paper's kind is white-out, blur, pasted blocks, in this order; squares of 50 px, a box blur
    and no blocks make it DeepColor's. All sizes are in px at 256 px and scale with the picture.
    """

    kind: HintKind = "paper"
    """The paper's, strokes or dots on white, none, or for each picture one of these by chance."""

    num_whiteouts: int = Field(30, ge=0, le=1_000)
    """So many squares are painted white before the blur."""

    whiteout_px: int = Field(10, ge=1, le=256)
    """Side of such a square."""

    blur_shape: Literal["gaussian", "box"] = "gaussian"
    """What the blur weighs by."""

    blur_sigma_px: float = Field(28.0, ge=0, le=128)
    """Standard deviation of the Gaussian blur."""

    blur_box_px: float = Field(100.0, ge=0, le=256)
    """Side of the box blur."""

    max_blocks: int = Field(10, ge=0, le=1_000)
    """After the blur, 0 to this many blocks of the true picture are pasted back."""

    min_block_px: int = Field(12, ge=1, le=256)
    """Smallest side of such a block."""

    max_block_px: int = Field(28, ge=1, le=256)
    """Largest side of such a block."""

    strokes: StrokeConfig = StrokeConfig()
    """Brush strokes on white."""

    dots: DotConfig = DotConfig()
    """Dots on white."""

    mix: MixConfig = MixConfig()
    """How often each kind is drawn."""

    @model_validator(mode="after")
    def _blocks_have_a_range(self) -> "HintConfig":
        _check_order(self, "min_block_px", "max_block_px")
        return self


class ConditionConfig(Section):
    """What the model is given: line art and colour hints."""

    edges: EdgeConfig = EdgeConfig()
    """How line art is drawn."""

    hints: HintConfig = HintConfig()
    """How colour hints are made."""
