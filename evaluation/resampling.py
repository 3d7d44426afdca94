"""How sure a mean is, and how often one answer beats another on the same picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.measures import MEASURES, Better
from storage import digest

NUM_RESAMPLES = 2_000
PER_CENT = 95
DRAWN_AT_ONCE = 100_000
"""So many numbers are drawn at once, which costs less than one set after the other."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """Two bounds."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Duel:
    """Two answers to the same pictures by one measure, and the share that the first wins.

    A tie is half a win. `difference` is the mean of first minus second, between `low` and `high`
    by bootstrap: below zero, the first is better (above zero, if more of the measure is better).
    """

    first: str
    second: str
    condition: str
    num_pictures: int
    win_rate: float
    difference: float
    low: float
    high: float
    measure: str = "l2"


def bootstrap_mean(numbers: Sequence[float], seed: int) -> Interval:
    """Give the 95 % interval of a mean by the percentile bootstrap over pictures."""
    values = np.asarray(numbers, dtype=np.float64)
    return between(np.concatenate([_means(values, drawn) for drawn in _draws(len(values), seed)]))


def bootstrap_share(parts: Sequence[float], wholes: Sequence[float], seed: int) -> Interval | None:
    """Give the same of the mean of the parts over that of the wholes, picture by picture.

    None if the wholes are nothing.
    """
    above, below = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    if not below.any():
        return None
    shares = []
    for drawn in _draws(len(above), seed):
        part, whole = _means(above, drawn), _means(below, drawn)
        # Only a few pictures, most of them gray, are ever drawn as gray ones alone.
        shares.append(part[whole > 0] / whole[whole > 0])
    return between(np.concatenate(shares))


def mean_of_told(numbers: Sequence[float | None]) -> float | None:
    """Give the mean of those numbers that are told; None without any."""
    told = [number for number in numbers if number is not None]
    return float(np.mean(told)) if told else None


def _draws(number: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Draw so many of so many pictures, over and over; give some draws at once, a row each."""
    rng = np.random.default_rng(digest.seed_of(seed, "bootstrap"))
    at_once = max(1, DRAWN_AT_ONCE // number)
    for start in range(0, NUM_RESAMPLES, at_once):
        yield rng.integers(0, number, (min(at_once, NUM_RESAMPLES - start), number))


def _means(values: Numbers, drawn_RN: NDArray[np.int64]) -> Numbers:
    return np.asarray(values[drawn_RN].mean(axis=1), dtype=np.float64)


def between(found: Numbers | Sequence[float]) -> Interval:
    """Give the 95 % interval that what was found by chance lies in."""
    tail = (100 - PER_CENT) / 2
    low, high = np.percentile(found, [tail, 100 - tail])
    return Interval(float(low), float(high))


def duel(
    first: tuple[str, Mapping[str, float]],
    second: tuple[str, Mapping[str, float]],
    condition: str,
    seed: int,
    measure: str = "l2",
) -> Duel | None:
    """Compare two answers, each a name and what is measured by md5; None without a common one."""
    (first_name, first_by_md5), (second_name, second_by_md5) = first, second
    md5s = sorted(first_by_md5.keys() & second_by_md5.keys())
    if not md5s:
        return None
    differences = np.array([first_by_md5[md5] - second_by_md5[md5] for md5 in md5s])
    won = differences > 0 if MEASURES[measure].better is Better.MORE else differences < 0
    interval = bootstrap_mean(differences.tolist(), seed)
    return Duel(
        first=first_name,
        second=second_name,
        condition=condition,
        num_pictures=len(md5s),
        win_rate=float((won + 0.5 * (differences == 0)).mean()),
        difference=float(differences.mean()),
        low=interval.low,
        high=interval.high,
        measure=measure,
    )
