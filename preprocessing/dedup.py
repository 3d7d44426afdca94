"""Who of a group of near-duplicates stays.

A hash alone merges variants of one drawing (another expression, another colour), so it only
proposes: those that also look the same everywhere at 64 px are copies, of which the best stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from preprocessing.config import CleanConfig
from preprocessing.fingerprint import Pairs, pairs_within
from preprocessing.screen import largest_difference
from storage.records import Measure, Post

ThumbnailOf = Callable[[str], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One distinct original that passed the screen: its first post and its measure."""

    post: Post
    measure: Measure


def near_duplicates(
    candidates: Sequence[Candidate], thumbnail_of: ThumbnailOf, config: CleanConfig
) -> set[str]:
    """Give the md5 of each candidate of which a better copy is kept."""
    neighbours: dict[int, list[int]] = {}
    for one, other in near_pairs(candidates, config.duplicate_radius):
        pair = [thumbnail_of(candidates[place].measure.md5) for place in (one, other)]
        if largest_difference(*pair) <= config.duplicate_difference:
            neighbours.setdefault(int(one), []).append(int(other))
            neighbours.setdefault(int(other), []).append(int(one))

    # Best first: a copy is dropped for a picture that is kept, never for one that is dropped too.
    kept: set[int] = set()
    for place in sorted(neighbours, key=lambda place: _preference(candidates[place])):
        if kept.isdisjoint(neighbours[place]):
            kept.add(place)
    return {candidates[place].measure.md5 for place in neighbours if place not in kept}


def near_pairs(candidates: Sequence[Candidate], radius: int) -> Pairs:
    """Find the pairs of candidates with near hashes; flat pictures have none."""
    places = [place for place, each in enumerate(candidates) if each.measure.fingerprint]
    hashes = [int(candidates[place].measure.fingerprint, 16) for place in places]
    pairs = pairs_within(np.array(hashes, dtype=np.uint64), radius)
    return np.array(places, dtype=np.int64)[pairs] if len(pairs) else pairs


def _preference(candidate: Candidate) -> tuple[int, int, bool, int]:
    """Sort what came with an earlier look first, then the largest, the lossless, the oldest.

    A better copy that comes later does not take the place of one that datasets have already.
    """
    post, measure = candidate.post, candidate.measure
    return (post.arrival, -measure.width * measure.height, not measure.lossless, post.post_id)
