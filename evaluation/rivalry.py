"""The paper's model against its baseline: nearer by KL, nearer by l2, more vivid."""

import math
from collections.abc import Iterator

from evaluation.conditions import Condition
from evaluation.content import Content, Trained
from evaluation.further_scores import HintPoint
from evaluation.names import GIVEN
from evaluation.resampling import duel
from evaluation.scores import Answer
from evaluation.verdicts import Claim, Verdict, is_below, over, told

BELOW = {
    "kl_hist": ("1", "The KL of the conditional GAN is always below the baseline's."),
    "kl_8": ("1", "The KL of the conditional GAN is always below the baseline's."),
    "kl_set": ("1", "The KL of the conditional GAN is always below the baseline's."),
    "l2": ("2", "The l2 of the conditional GAN is below the baseline's."),
    "perceptual": ("3", "The conditional GAN's colours are closer to the truth for the eye."),
}
"""By which measures the paper's model shall be below its baseline."""

ALONG = ("kl_hist", "kl_8", "kl_set", "l2")
"""Those that are measured at every checkpoint."""

VIVID = "The conditional GAN's colours are more vivid than the baseline's."

MIN_CHECKPOINTS = 5
"""Fewer checkpoints than these decide nothing about `always`."""


def rivalry(model: Trained, baseline: Trained, content: Content) -> Iterator[Claim]:
    """Test all that the paper says of its model beside the baseline."""
    for measure, said in BELOW.items():
        if measure in ALONG:
            yield _along(said, measure, model, baseline)
        tested = [
            claim
            for condition in Condition
            if (claim := _on_test(said, measure, condition, (model, baseline), content))
        ]
        yield from tested
        if measure not in ALONG and not tested:
            missing = f"no {measure} was measured; `irodori evaluate` takes it where it can"
            yield Claim(*said, f"{measure} on test", "any", missing, Verdict.NOT_DECIDED)
    yield _vivid(model, baseline)


def _along(said: tuple[str, str], measure: str, model: Trained, baseline: Trained) -> Claim:
    mine, theirs = _course(model, measure), _course(baseline, measure)
    gaps = [mine[step] - theirs[step] for step in sorted(mine.keys() & theirs.keys())]
    below = sum(gap < 0 for gap in gaps)
    if below < len(gaps):
        verdict = Verdict.DOES_NOT_HOLD
    else:
        verdict = Verdict.HOLDS if below >= MIN_CHECKPOINTS else Verdict.NOT_DECIDED
    around = f"; difference {min(gaps):+.4f} to {max(gaps):+.4f}" if gaps else ""
    return Claim(
        *said,
        f"{measure} on validation at the same checkpoints; holds if below at every one of at least"
        f" {MIN_CHECKPOINTS}, does not if as high or higher at any",
        "along training",
        f"below at {below} of {len(gaps)} checkpoints{around}",
        verdict,
    )


def _course(recipe: Trained, measure: str) -> dict[int, float]:
    return {
        score.step: float(getattr(score, measure))
        for score in recipe.curves
        if score.answer == Answer.MODEL
    }


def _on_test(
    said: tuple[str, str],
    measure: str,
    condition: Condition,
    rivals: tuple[Trained, Trained],
    content: Content,
) -> Claim | None:
    first, second = ((one.name, one.values_of(condition, measure)) for one in rivals)
    met = duel(first, second, condition, content.seed)
    if met is None:
        return None
    return Claim(
        *said,
        f"{measure}, paired over {met.num_pictures:,} test pictures: the model's minus the"
        " baseline's, 95 % bootstrap interval below 0",
        GIVEN[condition],
        told(met.difference, met.low, met.high),
        over(met.num_pictures, is_below(met.low, met.high)),
    )


def _vivid(model: Trained, baseline: Trained) -> Claim:
    mine, theirs = (
        {point.num_hints: point for point in recipe.further.hints} for recipe in (model, baseline)
    )
    common = sorted(mine.keys() & theirs.keys())
    gaps = [_gap(mine[number], theirs[number]) for number in common]
    seen = min((by[each].num_pictures for by in (mine, theirs) for each in common), default=0)
    above = sum(gap > around for gap, around in gaps)
    below = sum(gap < -around for gap, around in gaps)
    verdict = Verdict.NOT_DECIDED
    if gaps and len(gaps) in (above, below):
        verdict = over(seen, Verdict.HOLDS if above else Verdict.DOES_NOT_HOLD)
    means = [gap for gap, _ in gaps]
    return Claim(
        "4",
        VIVID,
        "mean chroma of the answers at each number of point hints, the model's minus the"
        " baseline's: 95 % interval above 0 at every number holds, below 0 at every number does"
        " not; intervals from those of both means as if independent, so rather too wide",
        "0 to 50 point hints",
        f"clearly higher at {above} and clearly lower at {below} of {len(gaps)} numbers; difference"
        f" {min(means):+.1f} to {max(means):+.1f}"
        if gaps
        else "the evaluation has no hint curves; `irodori evaluate` measures them",
        verdict,
    )


def _gap(mine: HintPoint, theirs: HintPoint) -> tuple[float, float]:
    """Give by how much more chroma the first has, and half the width of the interval."""
    halves = [(point.saturation_high - point.saturation_low) / 2 for point in (mine, theirs)]
    return mine.saturation - theirs.saturation, math.hypot(*halves)
