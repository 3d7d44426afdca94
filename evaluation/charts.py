"""Which curves the report draws: the counterparts of the paper's figures 8, 9 and 10."""

from collections.abc import Callable, Sequence

from evaluation.conditions import Condition
from evaluation.content import Content, Trained, trivial_name
from evaluation.figures import Curve, Figure, Stroke
from evaluation.scores import Answer, SetScore

Number = Callable[[SetScore], float | None]


def charts(content: Content) -> list[Figure]:
    """Draw all curves that the lineage has numbers for."""
    number = max((score.num_pictures for one in content.recipes for score in one.curves), default=0)
    data = f"mean over {number:,} validation pictures, the same for every checkpoint"
    figures = [
        *(_wasserstein(recipe, number) for recipe in content.recipes),
        *(_generator_loss(recipe, _stroke(content, recipe)) for recipe in content.recipes),
        _along(
            content,
            ("Colours, fine: kl_hist", "nats", lambda score: score.kl_hist),
            f"KL(real || generated) between 256-bin histograms, {data}."
            " The counterpart of the paper's Fig. 9.",
        ),
        _along(
            content,
            ("Colours, coarse: kl_8", "nats", lambda score: score.kl_8),
            f"KL(real || generated) between 8 x 8 x 8 joint histograms, {data}.",
        ),
        _along(
            content,
            ("Colours of whole sets: KL", "nats", lambda score: score.kl_set),
            f"KL(real || generated) between the 256-bin histograms of all {number:,} pictures"
            " together.",
        ),
        _along(
            content,
            ("Distance to the truth: l2", "RMSE, pixels in [0, 1]", lambda score: score.l2),
            f"Root of the mean squared difference, {data}; dashed: the trivial answers."
            " The counterpart of the paper's Fig. 10.",
            with_trivial=True,
        ),
    ]
    return [figure for figure in figures if figure.curves]


def _wasserstein(recipe: Trained, number: int) -> Figure:
    curves = [
        *_logged(recipe, "wasserstein", "training batches", Stroke.PLAIN),
        *_logged(recipe, "wasserstein_penalised", "with penalty", Stroke.FAINT),
        *_scored(recipe, lambda score: score.wasserstein, "validation", Stroke.STRONG),
    ]
    return Figure(
        f"W-distance, {recipe.recipe}",
        "E D(real) - E D(generated) by the critic of the moment, on training batches and on"
        f" {number:,} validation pictures; with the penalty taken off it is the critic's loss,"
        " the counterpart of the paper's Fig. 8.",
        "critic's score",
        tuple(curves),
    )


def _generator_loss(recipe: Trained, stroke: Stroke) -> Figure:
    return Figure(
        f"Generator's loss, {recipe.recipe}",
        "All losses of the generator with their weights, as logged in training.",
        "loss",
        tuple(_logged(recipe, "loss", "training batches", stroke)),
    )


def _along(
    content: Content, what: tuple[str, str, Number], caption: str, *, with_trivial: bool = False
) -> Figure:
    title, unit, number = what
    curves = [
        curve
        for recipe in content.recipes
        for curve in _scored(recipe, number, recipe.name, _stroke(content, recipe))
    ]
    if with_trivial and curves:
        curves += _trivial(content.recipes[0], number, curves[0].steps)
    return Figure(title, caption, unit, tuple(curves))


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


def _trivial(recipe: Trained, number: Number, steps: Sequence[float]) -> list[Curve]:
    return [
        Curve(
            trivial_name(Condition.DETECTED, score.answer),
            [steps[0], steps[-1]],
            [value, value],
            Stroke.FAINT,
            dashed=True,
        )
        for score in recipe.curves
        if score.answer != Answer.MODEL and (value := number(score)) is not None
    ]


def _stroke(content: Content, recipe: Trained) -> Stroke:
    """Draw the last recipe, the one that the run is about, strongest."""
    return Stroke.STRONG if recipe is content.recipes[-1] else Stroke.PLAIN
