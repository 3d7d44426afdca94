"""All near pairs of many hashes: exactly those, and fast, however many are equal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from preprocessing.fingerprint import HASH_BITS

BLOCK = 1 << 18
"""So many hashes are held against their neighbours at a time; so much fits a cache."""
SORT_COST = 16.0
"""What sorting one hash takes, in comparisons of a pair."""
MAX_AGREEING = 4

Pairs = NDArray[np.int64]


def links_within(fingerprints: NDArray[np.uint64], radius: int) -> Pairs:
    """Find enough near pairs to unite all that hang together: the first of equal hashes for all.

    So a hash that many share adds one link each, and not one for every two of them.

    Args:
        fingerprints: N hashes, in the order in which their pictures came.
        radius: in bits, 0 to 31.

    Returns:
        P x 2 indices; each is linked to the first of its equals, and these firsts to each other.
    """
    hashes, first, which = np.unique(fingerprints, return_index=True, return_inverse=True)
    each = np.arange(len(fingerprints))
    equal = np.stack([first[which], each], axis=1)[first[which] != each]
    return np.concatenate([equal, *(first[near] for near in near_hashes(hashes, radius))])


def near_hashes(hashes: NDArray[np.uint64], radius: int) -> Iterator[Pairs]:
    """Find every pair of distinct hashes that differ in at most `radius` bits, in blocks.

    Exact: of m bands of bits, hashes within the radius agree on at least m - radius, so pairs that
    agree on none of the choices of that many bands need no look. For each choice the hashes are
    sorted with its bands in front, which brings those that agree on them together.

    Args:
        hashes: N hashes, sorted, each once.
        radius: in bits, 0 to 31.

    Yields:
        P x 2 indices, first < second, each pair once in all blocks.
    """
    agreeing = _num_agreeing(len(hashes), radius)
    bands = _bands(radius + agreeing)
    for chosen in combinations(range(len(bands)), agreeing):
        others = [place for place in range(len(bands)) if place not in chosen]
        order = [bands[place] for place in (*chosen, *others)]
        keys = np.sort(_reorder(hashes, order))
        # A pair is told where its first agreeing bands are chosen, so the bands before must differ.
        differing = [bands[place] for place in others if place < chosen[-1]]
        shift = np.uint64(HASH_BITS - sum(bands[place].width for place in chosen))
        for one, other in _neighbours(keys, shift, radius):
            one, other = _restore(one, order), _restore(other, order)
            for band in differing:
                new = (one ^ other) & band.mask != 0
                one, other = one[new], other[new]
            yield np.sort(np.searchsorted(hashes, np.stack([one, other], axis=1)), axis=1)


@dataclass(frozen=True, slots=True)
class _Band:
    """So many neighbouring bits of a hash, from the lowest on."""

    lowest: int
    width: int

    @property
    def mask(self) -> np.uint64:
        return np.uint64(((1 << self.width) - 1) << self.lowest)


def _bands(count: int) -> list[_Band]:
    edges = np.linspace(0, HASH_BITS, count + 1).astype(int).tolist()
    return [_Band(low, high - low) for low, high in pairwise(edges)]


def _num_agreeing(count: int, radius: int) -> int:
    """Choose on how many bands a pair has to agree: with more, more is sorted and less compared."""

    def cost(agreeing: int) -> float:
        choices = comb(radius + agreeing, agreeing)
        bits = HASH_BITS * agreeing // (radius + agreeing)
        return choices * (SORT_COST * count + count * count / (1 << bits))

    return min(range(1, MAX_AGREEING + 1), key=cost)


def _reorder(hashes: NDArray[np.uint64], order: Sequence[_Band]) -> NDArray[np.uint64]:
    """Put bands of bits behind each other, the first one highest."""
    keys = np.zeros_like(hashes)
    for band in order:
        keys <<= np.uint64(band.width)
        keys |= (hashes & band.mask) >> np.uint64(band.lowest)
    return keys


def _restore(keys: NDArray[np.uint64], order: Sequence[_Band]) -> NDArray[np.uint64]:
    """Undo `_reorder`."""
    hashes, keys = np.zeros_like(keys), keys.copy()
    for band in reversed(order):
        hashes |= (keys << np.uint64(band.lowest)) & band.mask
        keys >>= np.uint64(band.width)
    return hashes


def _neighbours(
    keys: NDArray[np.uint64], shift: np.uint64, radius: int
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.uint64]]]:
    """Find near pairs among sorted keys that agree above `shift`, not too many at a time."""
    for start in range(0, len(keys), BLOCK):
        places, distance = np.arange(start, min(start + BLOCK, len(keys))), 0
        found, others = [places[:0]], [places[:0]]
        while len(places):
            distance += 1
            places = places[: np.searchsorted(places, len(keys) - distance)]
            apart = keys[places] ^ keys[places + distance]
            alike = apart >> shift == 0
            places, apart = places[alike], apart[alike]
            found.append(places[np.bitwise_count(apart) <= radius])
            others.append(found[-1] + distance)
            if not len(places) or sum(map(len, found)) > BLOCK:
                yield keys[np.concatenate(found)], keys[np.concatenate(others)]
                found, others = [places[:0]], [places[:0]]
