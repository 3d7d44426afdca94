"""The paper's model against its baseline: nearer by KL, nearer by l2, more vivid."""

from collections.abc import Iterator

from evaluation.conditions import Condition
from evaluation.content import Content, Trained
from evaluation.given import GIVEN
from evaluation.resampling import duel
from evaluation.scores import Answer
from evaluation.verdicts import Claim, Verdict, is_below, told

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
        f" {MIN_CHECKPOINTS}, does not if above at any",
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
        is_below(met.low, met.high),
    )


def _vivid(model: Trained, baseline: Trained) -> Claim:
    mine = {point.num_hints: point.saturation for point in model.further.hints}
    theirs = {point.num_hints: point.saturation for point in baseline.further.hints}
    gaps = [mine[number] - theirs[number] for number in sorted(mine.keys() & theirs.keys())]
    above = sum(gap > 0 for gap in gaps)
    verdict = Verdict.NOT_DECIDED
    if gaps and above in (0, len(gaps)):
        verdict = Verdict.HOLDS if above else Verdict.DOES_NOT_HOLD
    return Claim(
        "4",
        VIVID,
        "mean chroma of the answers at each number of point hints: holds if higher at every"
        " number, does not if at none; the means have no interval",
        "0 to 50 point hints",
        f"higher at {above} of {len(gaps)} numbers; difference {min(gaps):+.1f} to {max(gaps):+.1f}"
        if gaps
        else "the evaluation has no hint curves; `irodori evaluate` measures them",
        verdict,
    )
