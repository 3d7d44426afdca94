import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from preprocessing.near_hashes import links_within, near_hashes

Hashes = NDArray[np.uint64]


def pairs_within(fingerprints: Hashes, radius: int) -> NDArray[np.int64]:
    """Find every near pair, equal hashes too: first < second, sorted."""
    hashes, which, counts = np.unique(fingerprints, return_inverse=True, return_counts=True)
    members, starts = np.argsort(which, kind="stable"), np.cumsum(counts) - counts
    with_itself = np.flatnonzero(counts > 1)
    alike = np.stack([with_itself, with_itself], axis=1)
    one, other = np.concatenate([alike, *near_hashes(hashes, radius)]).T

    # Each pair of hashes stands for the product of those that have them.
    num_pairs = counts[one] * counts[other]
    number = np.arange(num_pairs.sum()) - np.repeat(np.cumsum(num_pairs) - num_pairs, num_pairs)
    one, other = np.repeat(one, num_pairs), np.repeat(other, num_pairs)
    first = members[starts[one] + number // counts[other]]
    second = members[starts[other] + number % counts[other]]
    once = (one != other) | (first < second)
    pairs = np.sort(np.stack([first, second], axis=1)[once], axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _flipped(chance: np.random.Generator, hashes: Hashes, most: int) -> Hashes:
    """Flip up to so many different bits of each hash."""
    found = hashes.copy()
    for place in range(len(hashes)):
        for bit in chance.choice(64, size=int(chance.integers(0, most + 1)), replace=False):
            found[place] ^= np.uint64(1 << int(bit))
    return found


def _pairs_by_looking_at_all(hashes: Hashes, radius: int) -> list[list[int]]:
    apart = np.bitwise_count(hashes[:, None] ^ hashes[None])
    return np.argwhere(np.triu(apart <= radius, k=1)).tolist()


@pytest.mark.parametrize("count", [2, 300, 1200])
@pytest.mark.parametrize("radius", [0, 1, 4, 6, 10, 16])
def test_every_near_pair_is_found_and_no_other(radius: int, count: int):
    chance = np.random.default_rng((radius, count))
    hashes = chance.integers(0, 1 << 64, count, dtype=np.uint64)
    near = _flipped(chance, chance.choice(hashes, 150), radius + 2)
    everything = np.concatenate([hashes, near])
    expected = _pairs_by_looking_at_all(everything, radius)
    assert pairs_within(everything, radius).tolist() == expected
    assert expected


@pytest.mark.parametrize("radius", [0, 2, 4, 10])
def test_hashes_that_are_nearly_all_alike_lose_no_pair(radius: int):
    chance = np.random.default_rng(radius)
    # Few bits differ at all, so most are near, many are equal, and all bands but one agree.
    crowded = chance.integers(0, 1 << 12, 600, dtype=np.uint64) << np.uint64(radius)
    assert pairs_within(crowded, radius).tolist() == _pairs_by_looking_at_all(crowded, radius)


def test_each_pair_of_distinct_hashes_is_told_once_however_many_bands_agree():
    hashes = np.arange(1 << 9, dtype=np.uint64)
    told = np.concatenate([*near_hashes(hashes, 4)])
    assert len(np.unique(told, axis=0)) == len(told)
    assert sorted(told.tolist()) == _pairs_by_looking_at_all(hashes, 4)


def test_each_pair_is_told_once_where_hashes_agree_on_several_bands():
    chance = np.random.default_rng(3)
    # For so many at this radius, two bands at a time cost the least.
    many = chance.integers(0, 1 << 64, 4000, dtype=np.uint64)
    hashes = np.unique(np.concatenate([many, _flipped(chance, many[:500], 6)]))
    told = np.concatenate([*near_hashes(hashes, 10)])
    assert len(told) >= 400
    assert len(np.unique(told, axis=0)) == len(told)


def test_each_pair_is_told_once_though_there_are_more_than_are_told_together():
    told, there_are = 0, 1024 * 1023 // 2
    for block in near_hashes(np.arange(1024, dtype=np.uint64), 10):
        told += len(block)
        assert told <= there_are
    assert told == there_are


def test_a_pair_is_found_among_more_hashes_than_are_looked_at_together():
    chance = np.random.default_rng(1)
    many = chance.integers(0, 1 << 64, 400_000, dtype=np.uint64)
    chosen = chance.choice(len(many), 500, replace=False)
    near = _flipped(chance, many[chosen], 4)
    pairs = pairs_within(np.concatenate([many, near]), 4)
    planted = {(int(place), len(many) + number) for number, place in enumerate(chosen)}
    assert planted <= {(first, second) for first, second in pairs.tolist()}


def test_links_unite_what_pairs_unite_and_equal_hashes_are_linked_once_each():
    chance = np.random.default_rng(2)
    centres = chance.integers(0, 1 << 64, 40, dtype=np.uint64)
    hashes = _flipped(chance, chance.choice(centres, 300), 3)
    links = links_within(hashes, 4)
    assert _united(links, 300) == _united(pairs_within(hashes, 4), 300)
    assert len(links_within(np.full(20_000, 7, np.uint64), 4)) == 19_999


def _united(pairs: NDArray[np.int64], count: int) -> list[int]:
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(count, count))
    return connected_components(links, directed=False)[1].tolist()


def test_no_hashes_have_no_pairs():
    assert pairs_within(np.array([], np.uint64), 4).shape == (0, 2)
    assert links_within(np.array([], np.uint64), 4).shape == (0, 2)
