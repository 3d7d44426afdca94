"""Who of a group of near-duplicates stays.

A hash alone merges variants of one drawing (another expression, another colour), so it only
proposes: those that also look the same everywhere at 64 px are copies, of which the best stays.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from preprocessing.config import CleanConfig
from preprocessing.near_hashes import near_hashes
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
    places, values = hashes_of(candidates)
    hashes, which = np.unique(values, return_inverse=True)
    near = defaultdict[int, list[int]](list)
    for block in near_hashes(hashes, config.duplicate_radius):
        for one, other in block.tolist():
            near[one].append(other)
            near[other].append(one)

    # Best first: a copy is dropped for a picture that is kept, never for one that is dropped too.
    kept = defaultdict[int, list[str]](list)
    copies = set[str]()
    looks = zip((candidates[place] for place in places), which.tolist(), strict=True)
    for candidate, look in sorted(looks, key=lambda each: _preference(each[0])):
        md5 = candidate.measure.md5
        rivals = (rival for each in (look, *near[look]) for rival in kept[each])
        if any(_are_copies(md5, rival, thumbnail_of, config) for rival in rivals):
            copies.add(md5)
        else:
            kept[look].append(md5)
    return copies


def hashes_of(candidates: Sequence[Candidate]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Give the hashes of candidates and the places of those that have one; flat pictures do not."""
    places = [place for place, each in enumerate(candidates) if each.measure.fingerprint]
    hashes = [int(candidates[place].measure.fingerprint, 16) for place in places]
    return np.array(places, dtype=np.int64), np.array(hashes, dtype=np.uint64)


def _are_copies(one: str, other: str, thumbnail_of: ThumbnailOf, config: CleanConfig) -> bool:
    difference = largest_difference(thumbnail_of(one), thumbnail_of(other))
    return difference <= config.duplicate_difference


def _preference(candidate: Candidate) -> tuple[int, int, bool, int]:
    """Sort what came with an earlier look first, then the largest, the lossless, the oldest.

    A better copy that comes later does not take the place of one that datasets have already.
    """
    post, measure = candidate.post, candidate.measure
    return (post.arrival, -measure.width * measure.height, not measure.lossless, post.post_id)
