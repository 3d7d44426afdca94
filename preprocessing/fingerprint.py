"""Perceptual hashes: 64 bits that survive re-encoding and rescaling, and all near pairs of many."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

HASH_SIDE = 8
DCT_SIDE = 32
HASH_BITS = HASH_SIDE * HASH_SIDE
MANY = 50_000

Pairs = NDArray[np.int64]


def fingerprint(gray_HW: NDArray[np.uint8]) -> str:
    """Give the DCT hash (pHash) of a picture as 16 hex digits; empty for a flat one."""
    small = cv2.resize(gray_HW, (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA)
    if small.max() == small.min():
        return ""
    low = cv2.dct(small.astype(np.float32))[:HASH_SIDE, :HASH_SIDE]
    bits = (low > np.median(low)).flatten()
    return np.packbits(bits).tobytes().hex()


def pairs_within(fingerprints: NDArray[np.uint64], radius: int) -> Pairs:
    """Find every pair of hashes that differ in at most `radius` bits.

    Exact: of m bands of bits, hashes within the radius agree on at least m - radius, so pairs that
    agree on none of the choices of that many bands need no look.

    Args:
        fingerprints: N hashes.
        radius: in bits, 0 to 31.

    Returns:
        P x 2 indices, first < second, sorted, each pair once.
    """
    agreeing = 1 if len(fingerprints) <= MANY and radius <= 6 else 2
    found = [np.empty((0, 2), np.int64)]
    for mask in _masks(radius + agreeing, agreeing):
        keys = fingerprints & mask
        order = np.argsort(keys, kind="stable")
        for first, second in _equal_neighbours(keys[order], order):
            near = np.bitwise_count(fingerprints[first] ^ fingerprints[second]) <= radius
            found.append(np.sort(np.stack([first[near], second[near]], axis=1), axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _masks(num_bands: int, agreeing: int) -> Iterator[np.uint64]:
    edges = np.linspace(0, HASH_BITS, num_bands + 1).astype(int)
    bands = [sum(1 << bit for bit in range(*edge)) for edge in pairwise(edges)]
    for chosen in combinations(bands, agreeing):
        yield np.uint64(sum(chosen))


def _equal_neighbours(
    keys: NDArray[np.uint64], order: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Walk over all pairs inside each run of equal sorted keys, one distance at a time."""
    for distance in range(1, len(keys)):
        same = np.flatnonzero(keys[distance:] == keys[:-distance])
        if not len(same):
            return
        yield order[same], order[same + distance]
