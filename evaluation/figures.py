"""One curve figure in one style, as SVG. Colours are names that the page gives a value to."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
}

LIGHT = {
    "--accent": "#c2452d",
    "--ink": "#26262b",
    "--soft": "#6b6b76",
    "--faint": "#a2a2ad",
    "--rule": "#e6e6ea",
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
    """How a curve is drawn: what the eye shall see first, second and last."""

    STRONG = "--accent"
    PLAIN = "--soft"
    FAINT = "--faint"


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: what it is, its points, and how it is drawn."""

    name: str
    steps: Sequence[float]
    values: Sequence[float]
    stroke: Stroke
    dashed: bool = False
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawing of curves over the steps of training, with what it shows in words."""

    title: str
    caption: str
    unit: str
    curves: tuple[Curve, ...]

    def svg(self, colors: Mapping[str, str] | None = None) -> str:
        """Draw it as an SVG element: the same curves, the same text.

        Args:
            colors: values for the named colours; without, they are left to the page's CSS.
        """
        with matplotlib.rc_context(STYLE | {"svg.hashsalt": self.title}):
            canvas = Canvas(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
            canvas.patch.set_visible(False)
            self._draw(canvas.subplots())
            out = io.StringIO()
            canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return _named_colors(_bare(out.getvalue()), colors)

    def _draw(self, axes: Axes) -> None:
        axes.patch.set_visible(False)
        for curve in self.curves:
            axes.plot(
                curve.steps,
                curve.values,
                label=curve.name,
                color=STAND_INS[curve.stroke],
                linewidth=2.0 if curve.stroke == Stroke.STRONG else 1.5,
                linestyle=(0, (4, 3)) if curve.dashed else "-",
                marker="o" if curve.dotted else "",
                markersize=4,
            )
        axes.set_xlabel("generator updates")
        axes.set_ylabel(self.unit)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.margins(x=0.02, y=0.12)
        axes.set_xlim(left=0)
        # Above the curves, so that it never hides one.
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
