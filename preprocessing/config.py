"""The knobs of clean, pack and condition; the defaults are the paper's."""

from typing import Literal

from pydantic import Field, model_validator

from storage.section import Section


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
    """Near-duplicates differ nowhere by more than this (mean of a 5x5 box at 64 px, 0 to 255)."""

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

    offset: float = Field(2.0, ge=-50, le=50)
    """Adaptive threshold: how much darker than its neighbourhood a line is, of 255."""

    xdog_threshold: float = Field(0.3, ge=0, le=1)
    """Extended DoG: what is darker than this is ink, of 1; a high one inks flat colours too."""


class HintConfig(Section):
    """How a colour hint is made from the truth: white-out, blur, pasted blocks, in this order.

    All sizes are in px at 256 px and scale with the picture.
    """

    num_whiteouts: int = Field(30, ge=0, le=1_000)
    """So many squares are painted white before the blur."""

    whiteout_px: int = Field(10, ge=1, le=256)
    """Side of such a square."""

    blur_sigma_px: float = Field(28.0, ge=0, le=128)
    """Standard deviation of the Gaussian blur."""

    max_blocks: int = Field(10, ge=0, le=1_000)
    """After the blur, 0 to this many blocks of the true picture are pasted back."""

    min_block_px: int = Field(12, ge=1, le=256)
    """Smallest side of such a block."""

    max_block_px: int = Field(28, ge=1, le=256)
    """Largest side of such a block."""

    @model_validator(mode="after")
    def _blocks_have_a_range(self) -> "HintConfig":
        if self.min_block_px > self.max_block_px:
            raise ValueError(
                f"min_block_px is {self.min_block_px}, above max_block_px {self.max_block_px}"
            )
        return self


class ConditionConfig(Section):
    """What the model is given: line art and colour hints."""

    edges: EdgeConfig = EdgeConfig()
    """How line art is drawn."""

    hints: HintConfig = HintConfig()
    """How colour hints are made."""
