"""Which curves of training the report draws: the counterparts of the paper's Figs. 8, 9 and 10."""

from collections.abc import Callable, Sequence

from evaluation import names
from evaluation.conditions import Condition
from evaluation.content import Content, Trained
from evaluation.figures import Curve, Figure, Stroke
from evaluation.scores import CURVES, Answer, SetScore

Number = Callable[[SetScore], float | None]

BETWEEN = (Stroke.SECOND, Stroke.THIRD, Stroke.FOURTH)
"""How the recipes between the baseline and the last one are drawn, in turn."""


def charts(content: Content) -> list[Figure]:
    """Draw all curves that the lineage has numbers for."""
    number = max((score.num_pictures for one in content.recipes for score in one.curves), default=0)
    data = f"mean over {number:,} validation pictures, the same for every checkpoint"
    figures = [
        *(_wasserstein(recipe, number, content.seed) for recipe in content.recipes),
        *(_generator_loss(recipe, content) for recipe in content.recipes),
        _along(
            content,
            ("Colours, fine: kl_hist", "nats", lambda score: score.kl_hist),
            f"KL(real || generated) between 256-bin histograms, {data}",
            "Fig. 9",
        ),
        _along(
            content,
            ("Colours, coarse: kl_8", "nats", lambda score: score.kl_8),
            f"KL(real || generated) between 8 x 8 x 8 joint histograms, {data}",
            "Fig. 9, read otherwise",
        ),
        _along(
            content,
            ("Colours of whole sets: KL", "nats", lambda score: score.kl_set),
            f"KL(real || generated) between the 256-bin histograms of all {number:,} validation"
            " pictures together",
            "Fig. 9, read otherwise",
        ),
        _along(
            content,
            ("Distance to the truth: l2", "RMSE, pixels in [0, 1]", lambda score: score.l2),
            f"Root of the mean squared difference, {data}; the band: 95 % bootstrap interval of the"
            " mean; dashed: the untrained answers",
            "Fig. 10",
            is_l2=True,
        ),
    ]
    return [figure for figure in figures if figure.curves]


def stroke_of(content: Content, recipe: Trained) -> Stroke:
    """Draw the last recipe, the one that the run is about, strongest."""
    place = content.recipes.index(recipe)
    if place == len(content.recipes) - 1:
        return Stroke.STRONG
    return BETWEEN[(place - 1) % len(BETWEEN)] if place else Stroke.PLAIN


def _wasserstein(recipe: Trained, number: int, seed: int) -> Figure:
    curves = [
        *_logged(recipe, "wasserstein", "training batches", Stroke.PLAIN),
        *_logged(recipe, "wasserstein_penalised", "with penalty", Stroke.FAINT),
        *_scored(recipe, lambda score: score.wasserstein, "validation", Stroke.STRONG),
    ]
    return Figure(
        f"W-distance, {recipe.recipe}",
        "E D(real) - E D(generated) by the critic of the moment, on training batches and on"
        f" {number:,} validation pictures; with the penalty taken off it is the critic's loss;"
        f" seed {seed}.",
        "critic's score",
        tuple(curves),
        (f"{recipe.trained}/metrics.jsonl", f"{recipe.evaluated}/{CURVES}"),
        "Fig. 8",
    )


def _generator_loss(recipe: Trained, content: Content) -> Figure:
    return Figure(
        f"Generator's loss, {recipe.recipe}",
        "All losses of the generator with their weights, as logged in training; seed"
        f" {content.seed}.",
        "loss",
        tuple(_logged(recipe, "loss", "training batches", stroke_of(content, recipe))),
        (f"{recipe.trained}/metrics.jsonl",),
        "Fig. 8, the generator's side",
    )


def _along(
    content: Content,
    what: tuple[str, str, Number],
    caption: str,
    answers: str,
    *,
    is_l2: bool = False,
) -> Figure:
    title, unit, number = what
    curves = [
        _with_band(recipe, curve) if is_l2 else curve
        for recipe in content.recipes
        for curve in _scored(recipe, number, recipe.name, stroke_of(content, recipe))
    ]
    if is_l2 and curves:
        curves += _untrained(content.recipes[0], number, curves[0].steps)
    files = tuple(f"{recipe.evaluated}/{CURVES}" for recipe in content.recipes)
    return Figure(title, f"{caption}; seed {content.seed}.", unit, tuple(curves), files, answers)


def _logged(recipe: Trained, field: str, name: str, stroke: Stroke) -> list[Curve]:
    rows = [row for row in recipe.losses if field in row]
    if not rows:
        return []
    return [Curve(name, [row["step"] for row in rows], [row[field] for row in rows], stroke)]


def _scored(recipe: Trained, number: Number, name: str, stroke: Stroke) -> list[Curve]:
    points = [
        (score.step, value)
        for score in recipe.curves
        if score.answer == Answer.MODEL and (value := number(score)) is not None
    ]
    if not points:
        return []
    steps, values = zip(*points, strict=True)
    return [Curve(name, steps, values, stroke, dotted=True)]


def _with_band(recipe: Trained, curve: Curve) -> Curve:
    scores = [score for score in recipe.curves if score.answer == Answer.MODEL]
    band = ([score.l2_low for score in scores], [score.l2_high for score in scores])
    return Curve(curve.name, curve.steps, curve.values, curve.stroke, dotted=True, band=band)


def _untrained(recipe: Trained, number: Number, steps: Sequence[float]) -> list[Curve]:
    return [
        Curve(
            names.of_untrained(Condition.DETECTED, score.answer),
            [steps[0], steps[-1]],
            [value, value],
            Stroke.FAINT,
            dashed=True,
        )
        for score in recipe.curves
        if score.answer != Answer.MODEL and (value := number(score)) is not None
    ]
