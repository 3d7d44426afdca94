"""Families of variants, and who of a group of near-duplicates stays.

A hash alone merges variants of one drawing (another expression, another colour), so it only
proposes: pictures with near hashes are one family, and those of them that also look the same
everywhere at 64 px are copies, of which the best stays.
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
    """One distinct original that passed the screen: its oldest post and its measure."""

    post: Post
    measure: Measure


def families(posts: Sequence[Post], candidates: Sequence[Candidate], radius: int) -> dict[int, str]:
    """Unite posts by parent, by equal bytes and by likeness; give each post's family.

    A family is named by the md5 of its oldest post that has an original.
    """
    parent_of = {post.post_id: post.post_id for post in posts}

    def root(post_id: int) -> int:
        while parent_of.setdefault(post_id, post_id) != post_id:
            parent_of[post_id] = parent_of[parent_of[post_id]]
            post_id = parent_of[post_id]
        return post_id

    def unite(one: int, other: int) -> None:
        parent_of[root(one)] = root(other)

    first_of: dict[str, int] = {}
    for post in posts:
        if post.parent_id:
            unite(post.post_id, post.parent_id)
        unite(post.post_id, first_of.setdefault(post.md5, post.post_id))
    for one, other in near_pairs(candidates, radius):
        unite(candidates[one].post.post_id, candidates[other].post.post_id)

    names: dict[int, str] = {}
    for post in sorted(posts, key=lambda post: post.post_id):
        names.setdefault(root(post.post_id), post.md5)
    return {post.post_id: names[root(post.post_id)] for post in posts}


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


def _preference(candidate: Candidate) -> tuple[int, bool, int]:
    """Sort the largest first, then the lossless, then the oldest."""
    measure = candidate.measure
    return (-measure.width * measure.height, not measure.lossless, candidate.post.post_id)
