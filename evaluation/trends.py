"""Does a curve fall, and does it fall and then rise: by order alone, whatever its scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.resampling import between
from storage import digest

MAX_SPANS = 100
"""A curve is averaged over at most so many equal spans before its order is looked at."""

NUM_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Trend:
    """Kendall's tau of a curve against time, in [-1, 1], between two bounds; -1 always falls."""

    tau: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Valley:
    """Where a curve is lowest, and how likely chance alone makes so clear a fall and rise."""

    place: int
    chance: float


def spans(values: Sequence[float]) -> NDArray[np.float64]:
    """Average a curve over equal spans, so that the noise of single batches counts less."""
    parts = np.array_split(np.asarray(values, dtype=np.float64), min(len(values), MAX_SPANS))
    return np.array([part.mean() for part in parts])


def trend(values: Sequence[float], seed: int) -> Trend:
    """Measure whether a curve falls, with a 95 % interval by a bootstrap of blocks.

    Neighbours on a curve are alike, so whole stretches of it (the root of their number long) are
    drawn, each value with its place.
    """
    averaged = spans(values)
    size = max(1, round(len(averaged) ** 0.5))
    rng = np.random.default_rng(digest.seed_of(seed, "trend"))
    taus = []
    for _ in range(NUM_RESAMPLES):
        starts = rng.integers(0, len(averaged) - size + 1, -(-len(averaged) // size))
        places = (starts[:, None] + np.arange(size)).ravel()[: len(averaged)]
        taus.append(tau(places, averaged[places]))
    found, around = tau(np.arange(len(averaged)), averaged), between(taus)
    # Pairs within a stretch are drawn too often: what that moves the draws by is taken out again.
    moved = found - float(np.mean(taus))
    return Trend(found, max(-1.0, around.low + moved), min(1.0, around.high + moved))


def valley(values: Sequence[float], seed: int) -> Valley:
    """Look for a fall and then a rise; chance is told by shuffling the curve's values.

    A shuffled curve may put its lowest place where it likes, as the curve did. It has no memory: of
    curves that only wander, of which one moment is like the next, more pass than by chance (27 % of
    random walks over 20 moments fall and rise as clearly as one of 20 shuffled ones).
    """
    curve = np.asarray(values, dtype=np.float64)
    found = _depth(curve)
    rng = np.random.default_rng(digest.seed_of(seed, "valley"))
    as_deep = sum(_depth(rng.permutation(curve)) >= found for _ in range(NUM_RESAMPLES))
    return Valley(int(curve.argmin()), (as_deep + 1) / (NUM_RESAMPLES + 1))


def _depth(curve: NDArray[np.float64]) -> float:
    """Give how clearly a curve falls to its lowest place and rises from it: the lesser of both."""
    place = int(curve.argmin())
    falls = -tau(np.arange(place + 1), curve[: place + 1])
    rises = tau(np.arange(len(curve) - place), curve[place:])
    # A fall or rise over few points says little, however orderly it is.
    return min(falls * place, rises * (len(curve) - 1 - place))


def tau(places: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Give Kendall's tau-b: the share of pairs in rising order minus that in falling order.

    It is 0 where all are equal. Written out, since it is asked thousands of times of few values.
    """
    later, higher = (
        np.sign(np.subtract.outer(places, places)),
        np.sign(np.subtract.outer(values, values)),
    )
    untied = float(np.count_nonzero(later)) * np.count_nonzero(higher)
    return float((later * higher).sum() / untied**0.5) if untied else 0.0
