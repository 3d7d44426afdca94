"""Curves beyond training: over the number of hints, over noise, and what kind of lines is best."""

from collections.abc import Callable

from evaluation.charts import stroke_of
from evaluation.content import Content, Trained
from evaluation.dots import DotChart, Dots
from evaluation.figures import Curve, Figure, Stroke
from evaluation.further_scores import ARTIST, DETECTORS, HINT_CURVE, NOISE, HintPoint

HINT_CHARTS: dict[str, tuple[str, str, str]] = {
    "l2": (
        "Distance to the truth: l2, by hints",
        "RMSE, pixels in [0, 1]",
        "Root of the mean squared difference",
    ),
    "hint_delta_e": (
        "Is the hint's colour there?",
        "CIEDE2000",
        "Colour difference between answer and hint at the hint's own pixels; below 2 the eye"
        " hardly sees it",
    ),
    "hint_region_delta_e": (
        "Does it fill its region?",
        "CIEDE2000",
        "Colour difference between answer and hint over the region between lines that the hint"
        " lies in",
    ),
    "bleed": (
        "Does it bleed?",
        "share outside",
        "Share of the change of chroma by one hint that falls outside its region",
    ),
    "saturation": (
        "How colourful is the answer?",
        "mean chroma",
        "Mean chroma of the answer in CIE Lab",
    ),
    "z_spread": (
        "Does z change anything?",
        "deviation, [0, 1]",
        "Mean standard deviation of a pixel over 8 draws of z; 0 without z",
    ),
}
"""What is drawn over the number of hints: title, unit, and what it is."""

BOUNDS = ("_low", "_high")
BANDED = ("l2", "bleed", "saturation")
"""Those that have an interval."""


def hint_charts(content: Content) -> list[Figure]:
    """Draw how each measure goes from no hint to fifty, as far as it was taken."""
    figures = [_hint_chart(content, field) for field in HINT_CHARTS]
    return [figure for figure in figures if figure.curves]


def noise_charts(content: Content) -> list[Figure]:
    """Draw how the distance grows with noise on the lines, and on the hint."""
    figures = [_noise_chart(content, what) for what in ("lines", "hint")]
    return [figure for figure in figures if figure.curves]


def line_chart(content: Content) -> DotChart | None:
    """Draw which lines are coloured best; None if no picture has the artist's own."""
    asked = [recipe for recipe in content.recipes if recipe.further.lines]
    if not asked:
        return None
    places = tuple(score.lines for score in asked[0].further.lines)
    number = asked[0].further.lines[0].num_pictures
    return DotChart(
        "From which lines?",
        "l2 of the answers from the artist's own lines and from each edge detector's, with the same"
        f" hints, on the same {number:,} test pictures; the bars: 95 % bootstrap intervals of the"
        f" means; seed {content.seed}.",
        "l2: RMSE, pixels in [0, 1]",
        tuple("artist's own" if place == ARTIST else place for place in places),
        tuple(_dots(content, recipe) for recipe in asked),
        tuple(f"{recipe.evaluated}/{DETECTORS}" for recipe in asked),
        "Fig. 4, in numbers",
    )


def _hint_chart(content: Content, field: str) -> Figure:
    title, unit, what = HINT_CHARTS[field]
    asked = [recipe for recipe in content.recipes if recipe.further.hints]
    number = max((one.num_pictures for each in asked for one in each.further.hints), default=0)
    bands = " the bands: 95 % bootstrap intervals of the means;" if field in BANDED else ""

    def value_of(point: HintPoint) -> float | None:
        value: float | None = getattr(point, field)
        return value

    curves = [
        curve
        for recipe in asked
        for curve in _over_hints(recipe, value_of, stroke_of(content, recipe), field)
    ]
    return Figure(
        title,
        f"{what}; {number:,} test pictures, the same with every number of hints;{bands}"
        f" seed {content.seed}.",
        unit,
        tuple(curves),
        tuple(f"{recipe.evaluated}/{HINT_CURVE}" for recipe in asked),
        across="point hints",
        ticks=tuple(point.num_hints for point in asked[0].further.hints) if asked else (),
    )


def _over_hints(
    recipe: Trained,
    value_of: Callable[[HintPoint], float | None],
    stroke: Stroke,
    field: str,
) -> list[Curve]:
    points = [
        (point, value) for point in recipe.further.hints if (value := value_of(point)) is not None
    ]
    if not points:
        return []
    band = None
    if field in BANDED:
        low, high = ([getattr(point, field + end) for point, _ in points] for end in BOUNDS)
        band = low, high
    numbers = [point.num_hints for point, _ in points]
    values = [value for _, value in points]
    return [Curve(recipe.name, numbers, values, stroke, dotted=True, band=band)]


def _noise_chart(content: Content, what: str) -> Figure:
    curves, files, number = [], [], 0
    for recipe in content.recipes:
        scores = [score for score in recipe.further.noise if score.what == what]
        if not scores:
            continue
        number = scores[0].num_pictures
        files.append(f"{recipe.evaluated}/{NOISE}")
        curves.append(
            Curve(
                recipe.name + (" (with z)" if recipe.z_size else " (without z)"),
                [score.sigma for score in scores],
                [score.l2 for score in scores],
                stroke_of(content, recipe),
                dotted=True,
                band=([score.l2_low for score in scores], [score.l2_high for score in scores]),
            )
        )
    return Figure(
        f"With noise on the {what}",
        f"l2 of the answers when Gaussian noise lies on the {what}; {number:,} test pictures; the"
        f" bands: 95 % bootstrap intervals of the means; seed {content.seed}.",
        "l2: RMSE, pixels in [0, 1]",
        tuple(curves),
        tuple(files),
        across="standard deviation of the noise, of 255",
    )


def _dots(content: Content, recipe: Trained) -> Dots:
    scores = recipe.further.lines
    return Dots(
        recipe.name,
        [score.l2 for score in scores],
        [score.l2_low for score in scores],
        [score.l2_high for score in scores],
        stroke_of(content, recipe),
    )
