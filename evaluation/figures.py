"""Drawings of numbers in one style, as SVG. Colours are names that the page gives a value to."""

import html
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

WIDTH_INCHES, HEIGHT_INCHES = 5.6, 3.3

# Stand-ins that matplotlib takes for colours; no real drawing uses them.
STAND_INS = {
    "--accent": "#010203",
    "--ink": "#010204",
    "--soft": "#010205",
    "--faint": "#010206",
    "--rule": "#010207",
    "--second": "#010208",
    "--third": "#010209",
    "--fourth": "#01020a",
}

LIGHT = {
    "--accent": "#c2452d",
    "--ink": "#26262b",
    "--soft": "#55555f",
    "--faint": "#6f6f7a",
    "--rule": "#e6e6ea",
    "--second": "#2f6690",
    "--third": "#4f7323",
    "--fourth": "#8a5a9e",
}
"""The colours where no page gives them a value: a drawing that stands alone, on white."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.edgecolor": STAND_INS["--rule"],
    "axes.labelcolor": STAND_INS["--soft"],
    "xtick.color": STAND_INS["--soft"],
    "ytick.color": STAND_INS["--soft"],
    "text.color": STAND_INS["--ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": STAND_INS["--rule"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}


class Stroke(StrEnum):
    """How a curve is drawn: what the eye shall see first, second and last, and rivals between."""

    STRONG = "--accent"
    PLAIN = "--soft"
    FAINT = "--faint"
    SECOND = "--second"
    THIRD = "--third"
    FOURTH = "--fourth"


class Drawn(Protocol):
    """What a report shows of numbers: a drawing, what it shows in words, and its files."""

    @property
    def title(self) -> str:
        """What it is."""

    @property
    def caption(self) -> str:
        """What was measured, on how much."""

    @property
    def files(self) -> tuple[str, ...]:
        """The tables that its numbers come from, below the root."""

    @property
    def answers(self) -> str:
        """Which figure of the paper it is the counterpart of; empty for none."""

    def seen(self) -> str:
        """Say what is seen, for who sees it not."""

    def svg(self, colors: Mapping[str, str] | None = None) -> str:
        """Draw it."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: what it is, its points, how it is drawn; `band` are its lower and upper bounds."""

    name: str
    steps: Sequence[float]
    values: Sequence[float]
    stroke: Stroke
    dashed: bool = False
    dotted: bool = False
    band: tuple[Sequence[float], Sequence[float]] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawing of curves, over the steps of training or what `across` says.

    With `ticks` these values are named, and small ones stand as far apart as large ones.
    """

    title: str
    caption: str
    unit: str
    curves: tuple[Curve, ...]
    files: tuple[str, ...] = ()
    answers: str = ""
    across: str = "generator updates"
    ticks: tuple[int, ...] = ()

    def svg(self, colors: Mapping[str, str] | None = None) -> str:
        """Draw it as an SVG element: the same curves, the same text.

        Args:
            colors: values for the named colours; without, they are left to the page's CSS.
        """
        return svg_of(self.title, self.seen(), self._draw, colors)

    def seen(self) -> str:
        """Say how each curve goes, for who does not see it."""
        told = (
            f"{curve.name} from {curve.values[0]:.4g} at {curve.steps[0]:g} to"
            f" {curve.values[-1]:.4g} at {curve.steps[-1]:g}, lowest {min(curve.values):.4g},"
            f" highest {max(curve.values):.4g}"
            for curve in self.curves
        )
        return f"{self.title}, in {self.unit}, over {self.across}: {'; '.join(told)}."

    def _draw(self, axes: Axes) -> None:
        for curve in self.curves:
            color = STAND_INS[curve.stroke]
            axes.plot(
                curve.steps,
                curve.values,
                label=curve.name,
                color=color,
                linewidth=2.0 if curve.stroke == Stroke.STRONG else 1.5,
                linestyle=(0, (4, 3)) if curve.dashed else "-",
                marker="o" if curve.dotted else "",
                markersize=4,
                clip_on=not curve.dotted,
            )
            if curve.band:
                axes.fill_between(curve.steps, *curve.band, color=color, alpha=0.13, linewidth=0)
        axes.set_xlabel(self.across)
        axes.set_ylabel(self.unit)
        axes.margins(x=0.02, y=0.12)
        if self.ticks:
            axes.set_xscale("symlog", linthresh=1)
            axes.set_xticks(self.ticks, map(str, self.ticks))
            axes.minorticks_off()
        else:
            axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.set_xlim(left=0)
        put_legend(axes)


def svg_of(
    title: str,
    seen: str,
    draw: Callable[[Axes], None],
    colors: Mapping[str, str] | None,
    height_inches: float = HEIGHT_INCHES,
) -> str:
    """Let something draw on axes of the house's style; give an SVG that says what is seen."""
    with matplotlib.rc_context(STYLE | {"svg.hashsalt": title}):
        canvas = Canvas(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
        canvas.patch.set_visible(False)
        axes = canvas.subplots()
        axes.patch.set_visible(False)
        draw(axes)
        out = io.StringIO()
        canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    spoken = f'<svg role="img" aria-label="{html.escape(seen)}" '
    return _named_colors(_bare(out.getvalue()), colors).replace("<svg ", spoken, 1)


def put_legend(axes: Axes) -> None:
    """Name the curves above them, so that no name ever hides one."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=2,
        fontsize=10,
        labelcolor="linecolor",
        handlelength=1.6,
    )


def _bare(svg: str) -> str:
    """Take off what only a file of its own needs: prolog, fixed size, names, fonts."""
    element = svg[svg.index("<svg") :].rstrip()
    element = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", element, flags=re.DOTALL)
    element = re.sub(r'<g id="[^"]*"', "<g", element)
    element = re.sub(r" ?font-family: [^;]*;", "", element)
    element = re.sub(r' (width|height)="[\d.]+pt"', "", element, count=2)
    return element.replace("<svg ", '<svg font-family="system-ui, sans-serif" ', 1)


def _named_colors(svg: str, colors: Mapping[str, str] | None) -> str:
    for name, stand_in in STAND_INS.items():
        svg = svg.replace(stand_in, colors[name] if colors else f"var({name})")
    return svg
