"""Means with their intervals, one a line of text: which of several things is better, how surely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from evaluation.figures import STAND_INS, Stroke, put_legend, svg_of

INCHES_A_PLACE = 0.42


@dataclass(frozen=True, slots=True)
class Dots:
    """One series: a mean for each of the places, between its bounds."""

    name: str
    values: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]
    stroke: Stroke


@dataclass(frozen=True, slots=True)
class DotChart:
    """Series of means over the same named places, from top to bottom."""

    title: str
    caption: str
    unit: str
    places: tuple[str, ...]
    series: tuple[Dots, ...]
    files: tuple[str, ...] = ()
    answers: str = ""

    def svg(self, colors: Mapping[str, str] | None = None) -> str:
        """Draw it as an SVG element, as `Figure` does."""
        height = 1.3 + INCHES_A_PLACE * len(self.places)
        return svg_of(self.title, self.seen(), self._draw, colors, height)

    def seen(self) -> str:
        """Say each mean, for who does not see it."""
        told = (
            f"{dots.name} "
            + ", ".join(
                f"{place} {value:.4g}"
                for place, value in zip(self.places, dots.values, strict=True)
            )
            for dots in self.series
        )
        return f"{self.title}, in {self.unit}: {'; '.join(told)}."

    def _draw(self, axes: Axes) -> None:
        for number, dots in enumerate(self.series):
            # Series stand a little apart, so that equal means do not hide one another.
            shift = (number - (len(self.series) - 1) / 2) * 0.22
            heights = [place + shift for place in range(len(self.places))]
            around = [
                [value - low for value, low in zip(dots.values, dots.lows, strict=True)],
                [high - value for value, high in zip(dots.values, dots.highs, strict=True)],
            ]
            axes.errorbar(
                dots.values,
                heights,
                xerr=around,
                fmt="o",
                label=dots.name,
                color=STAND_INS[dots.stroke],
                markersize=6,
                elinewidth=1.5,
            )
        axes.set_yticks(range(len(self.places)), self.places)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.set_xlabel(self.unit)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.margins(x=0.06, y=0.25 / len(self.places))
        put_legend(axes)
