"""What became of a sentence of the paper: how it was tested, what came out, whether it holds."""

from dataclasses import dataclass
from enum import StrEnum

from evaluation.measures import MIN_PICTURES


class Verdict(StrEnum):
    """What the numbers say of a sentence."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    NOT_DECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Claim:
    """One test of one sentence; a sentence that is tested in several ways keeps its number.

    `condition` says from which lines and hints, or along what; `result` tells the number with its
    interval, or what would decide.
    """

    number: str
    sentence: str
    tested: str
    condition: str
    result: str
    verdict: Verdict


def is_below(low: float, high: float, limit: float = 0.0) -> Verdict:
    """Judge that a number is below a limit, by the interval that it lies in."""
    if high < limit:
        return Verdict.HOLDS
    return Verdict.DOES_NOT_HOLD if low > limit else Verdict.NOT_DECIDED


def over(num_pictures: int, verdict: Verdict) -> Verdict:
    """Give a verdict, if its interval was taken over pictures enough."""
    return verdict if num_pictures >= MIN_PICTURES else Verdict.NOT_DECIDED


def told(number: float, low: float, high: float) -> str:
    """Tell a difference with its interval."""
    return f"{number:+.4f} ({low:+.4f} to {high:+.4f})"
