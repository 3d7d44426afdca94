"""What the paper says of hints, noise and real line art: each of one recipe, or of two."""

import math
from collections.abc import Iterator, Sequence

from evaluation.conditions import Condition
from evaluation.content import Content, Trained
from evaluation.further_scores import NoiseScore
from evaluation.names import GIVEN
from evaluation.resampling import duel
from evaluation.verdicts import Claim, Verdict, is_below, over, told

HARDLY, CLEARLY = 0.25, 0.5
"""A share below the first is hardly any, above the second it is clearly some."""

FARTHER = 0.1
"""Lines of another kind carry over if they cost less than this share of the l2."""

Bounds = tuple[float | None, float | None]
"""An interval, where there is one."""

MISSING = "the evaluation has no such table; `irodori evaluate` measures it"

WITH_TRUE_LINES = {
    Condition.DETECTED: Condition.TRUE_LINES,
    Condition.STROKES: Condition.TRUE_STROKES,
}
"""A condition with detected edges, and the same with the artist's own lines."""


def hardly_coloured(baseline: Trained) -> Claim:
    """Test that the baseline answers lines alone with nearly no colour."""
    points = sorted(baseline.further.hints, key=lambda point: point.num_hints)
    none = points[0] if points and points[0].num_hints == 0 else None
    share = (none.saturation_share_low, none.saturation_share_high) if none else (None, None)
    return Claim(
        "7",
        "Without a hint the baseline's pictures are hardly coloured.",
        "mean chroma without a hint over that with the most point hints, paired: 95 % bootstrap"
        f" interval below {HARDLY} holds, above {CLEARLY} does not",
        GIVEN["no_hint"],
        _told_share(none.saturation_share if none else None, share),
        over(none.num_pictures if none else 0, is_always([share])),
    )


def hints_help(recipe: Trained) -> Claim:
    """Test that hints bring the answer nearer to the truth."""
    points = sorted(recipe.further.hints, key=lambda point: point.num_hints)
    result, verdict = MISSING, Verdict.NOT_DECIDED
    if len(points) > 1:
        none, most = points[0], points[-1]
        result = (
            f"l2 {none.l2:.4f} ({none.l2_low:.4f} to {none.l2_high:.4f}) with {none.num_hints},"
            f" {most.l2:.4f} ({most.l2_low:.4f} to {most.l2_high:.4f}) with {most.num_hints}"
        )
        if most.l2_high < none.l2_low:
            verdict = over(most.num_pictures, Verdict.HOLDS)
        elif most.l2_low > none.l2_high:
            verdict = over(most.num_pictures, Verdict.DOES_NOT_HOLD)
    return Claim(
        "8",
        "Hints bring the colours nearer to what is wished.",
        "l2 without a hint and with the most point hints: 95 % intervals apart",
        recipe.name,
        result,
        verdict,
    )


def no_bleeding(recipe: Trained) -> Claim:
    """Test that the colour of a hint stays between its lines."""
    points = recipe.further.hints
    shares = [(point.bleed_low, point.bleed_high) for point in points if point.bleed is not None]
    means = [point.bleed for point in points if point.bleed is not None]
    return Claim(
        "9",
        "Colours do not bleed over the lines.",
        "share of the change of chroma by one hint that falls outside its region between the"
        f" lines, over all numbers of hints: holds if every 95 % bootstrap interval is below"
        f" {HARDLY}, does not if every one is above {CLEARLY}",
        recipe.name,
        _told_range(means, shares),
        over(min((point.num_pictures for point in points), default=0), is_always(shares)),
    )


def noise_resisted(model: Trained, baseline: Trained, what: str) -> Claim:
    """Test that the model with z loses less to noise than the baseline, which has none."""
    rivals = (model, baseline)
    mine, theirs = (_growth(one.further.noise, what) for one in rivals)
    result, verdict = MISSING, Verdict.NOT_DECIDED
    if mine and theirs:
        gap, around = mine[0] - theirs[0], math.hypot(mine[1], theirs[1])
        result = told(gap, gap - around, gap + around)
        seen = min(score.num_pictures for one in rivals for score in one.further.noise)
        verdict = over(seen, is_below(gap - around, gap + around))
    if not model.z_size:
        result, verdict = f"{model.name} was trained without z", Verdict.NOT_DECIDED
    return Claim(
        "10",
        "The noise z gives resistance to noise.",
        "growth of l2 from no noise to the most: the model's (with z) minus the baseline's"
        " (without), below 0; interval from those of the four means as if independent, so rather"
        " too wide. They differ in more than z",
        f"noisy {what}",
        result,
        verdict,
    )


def carries_over(recipe: Trained, content: Content) -> Iterator[Claim]:
    """Test that answers from the artist's own lines are as near as those from detected edges."""
    for detected, lined in WITH_TRUE_LINES.items():
        edges = recipe.values_of(detected, "l2")
        met = duel((lined, recipe.values_of(lined, "l2")), (detected, edges), lined, content.seed)
        if met is None:
            continue
        common = edges.keys() & recipe.values_of(lined, "l2").keys()
        limit = FARTHER * sum(edges[md5] for md5 in common) / len(common)
        yield Claim(
            "11",
            "What is learned from detected edges carries over to real line art.",
            f"l2 from the artist's lines minus that from detected edges, paired over"
            f" {met.num_pictures:,} test pictures: 95 % interval below {FARTHER:.0%} of the latter"
            f" ({limit:.4f})",
            f"{recipe.name}, {GIVEN[lined].split(',')[0]}",
            told(met.difference, met.low, met.high),
            over(met.num_pictures, is_below(met.low, met.high, limit)),
        )


def is_always(shares: Sequence[Bounds]) -> Verdict:
    """Judge shares by their intervals: all of them small, or all of them large."""
    verdicts = {_share_verdict(*share) for share in shares}
    return verdicts.pop() if len(verdicts) == 1 else Verdict.NOT_DECIDED


def _share_verdict(low: float | None, high: float | None) -> Verdict:
    if low is None or high is None or (high >= HARDLY and low <= CLEARLY):
        return Verdict.NOT_DECIDED
    return Verdict.HOLDS if high < HARDLY else Verdict.DOES_NOT_HOLD


def _told_share(share: float | None, bounds: Bounds) -> str:
    low, high = bounds
    if share is None or low is None or high is None:
        return MISSING
    return f"{share:.2f} ({low:.2f} to {high:.2f})"


def _told_range(means: Sequence[float], bounds: Sequence[Bounds]) -> str:
    ends = [end for interval in bounds for end in interval if end is not None]
    if not means or not ends:
        return MISSING
    return (
        f"means {min(means):.2f} to {max(means):.2f}, their intervals within {min(ends):.2f} to"
        f" {max(ends):.2f}"
    )


def _growth(noise: Sequence[NoiseScore], what: str) -> tuple[float, float] | None:
    """Give by how much l2 grows, and half the width of its interval."""
    scores = sorted((score for score in noise if score.what == what), key=lambda one: one.sigma)
    if len(scores) < 2:
        return None
    none, most = scores[0], scores[-1]
    halves = [(score.l2_high - score.l2_low) / 2 for score in (none, most)]
    return most.l2 - none.l2, math.hypot(*halves)
