"""Every measure of a set of pictures: what it is called, how it is told, which way it is better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

MIN_PICTURES = 8
"""Fewer pictures than these, drawn again and again, make no interval, and decide nothing."""

NOTHING = "—"
"""Told of what was not measured."""


class Better(Enum):
    """Which way a measure is better; the value is the arrow behind its name."""

    LESS = " ↓"
    MORE = " ↑"
    NEITHER = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a `SetScore`, by its name there.

    `called` is its name in front of people, so many `digits` are told after the point, `none_is`
    is what None stands for. `bounds` is how its interval's bounds begin in a `SetScore`, if it has
    any there.
    """

    name: str
    called: str
    digits: int
    better: Better = Better.LESS
    none_is: float | None = None
    bounds: str = ""

    @property
    def heading(self) -> str:
        """Its name, and which way it is better."""
        return self.called + self.better.value

    def of(self, score: Mapping[str, Any]) -> float | None:
        """Give what it is worth in a score's fields; None if it was not measured."""
        value = score.get(self.name)
        return self.none_is if value is None and self.name in score else value

    def tell(self, value: float | None, *, signed: bool = False) -> str:
        """Write a number with the digits that the measure deserves."""
        if value is None:
            return NOTHING
        if math.isinf(value):
            return "∞"
        return f"{value:+.{self.digits}f}" if signed else f"{value:.{self.digits}f}"

    def tell_interval(self, low: float, high: float, *, signed: bool = False) -> str:
        """Write an interval."""
        return f"{self.tell(low, signed=signed)} to {self.tell(high, signed=signed)}"

    def best(self, values: Sequence[float]) -> float | None:
        """Give the best of some values; None of none, and where none is better than another."""
        if not values or self.better is Better.NEITHER:
            return None
        return max(values) if self.better is Better.MORE else min(values)


NORM = "norm_at_256"
"""The paper's unit of l2; no score holds it, since it follows from the l2."""

_ALL = (
    Measure("l1", "l1", 4),
    Measure("l2", "l2", 4, bounds="l2"),
    Measure(NORM, "‖·‖₂", 1),
    Measure("psnr", "PSNR, dB", 2, Better.MORE, none_is=math.inf),
    Measure("ssim", "SSIM", 3, Better.MORE),
    Measure("ms_ssim", "MS-SSIM", 3, Better.MORE),
    Measure("perceptual", "VGG16 distance", 4),
    Measure("kl_hist", "kl_hist", 3),
    Measure("kl_8", "kl_8", 3),
    Measure("kl_set", "KL of sets", 4),
    Measure("kernel_distance", "Kernel distance", 4, bounds="kernel"),
    Measure("wasserstein", "W", 3, Better.NEITHER),
    Measure("frechet_distance", "Fréchet distance", 2),
    Measure("inception_fid", "Inception-FID", 2),
)

MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _ALL}
"""By their names, in the order in which tables hold them."""

DUELLED = ("l2", "ssim", "kl_8", "perceptual")
"""By these two answers are compared picture by picture; the first alone where room is short."""
