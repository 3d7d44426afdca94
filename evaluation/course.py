"""What the paper says of the way of a training: how the baseline's KL goes, and the critic's W."""

from evaluation.content import Content, Trained
from evaluation.scores import Answer
from evaluation.trends import MAX_SPANS, trend, valley
from evaluation.verdicts import Claim, Verdict, is_below

STEADY = -0.5
"""Below this tau, three of four pairs of moments and more are in falling order."""

LEARNING_SHARE = 10
"""The first of so many parts of a training, in which the critic learns to see, does not count."""

MIN_LOGGED, MIN_CHECKPOINTS = 10, 6
CHANCE = 0.05


def falls_then_rises(baseline: Trained, measure: str, seed: int) -> Claim:
    """Test the shape of the baseline's KL along training."""
    scores = [score for score in baseline.curves if score.answer == Answer.MODEL]
    values = [float(getattr(score, measure)) for score in scores]
    result, verdict = f"{len(values)} checkpoints, wanted {MIN_CHECKPOINTS}", Verdict.NOT_DECIDED
    if len(values) >= MIN_CHECKPOINTS:
        found = valley(values, seed)
        step, lowest = scores[found.place].step, values[found.place]
        result = (
            f"{values[0]:.3f}, lowest {lowest:.3f} at step {step:,}, then {values[-1]:.3f};"
            f" by chance: {found.chance:.3f}"
        )
        if found.place == len(values) - 1:
            verdict = Verdict.DOES_NOT_HOLD
        elif found.chance < CHANCE:
            verdict = Verdict.HOLDS
    return Claim(
        "5",
        "The baseline's KL falls at first, then rises.",
        f"{measure} on validation: lowest at a checkpoint inside, with a fall before and a rise"
        f" after it that shuffled curves show in less than {CHANCE:.0%} (one that only wanders may"
        " pass too); does not hold if it is lowest at the end",
        "along training",
        result,
        verdict,
    )


def wasserstein_falls(model: Trained, content: Content) -> Claim:
    """Test how steadily the W-distance falls."""
    logged = [row["wasserstein"] for row in model.losses if "wasserstein" in row]
    kept = logged[len(logged) // LEARNING_SHARE :]
    result, verdict = f"{len(kept)} values logged, wanted {MIN_LOGGED}", Verdict.NOT_DECIDED
    if len(kept) >= MIN_LOGGED:
        found = trend(kept, content.seed)
        result = f"tau {found.tau:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
        verdict = is_below(found.low, found.high, STEADY)
    return Claim(
        "6",
        "The W-distance falls steadily.",
        f"Kendall's tau of the logged curve against time (first tenth left out, mean over up to"
        f" {MAX_SPANS} spans), 95 % interval by a block bootstrap below {STEADY}: at least three"
        " of four pairs of moments in falling order",
        "along training",
        result,
        verdict,
    )
