"""All near pairs of many hashes, in a process of its own: COUNT, RADIUS.

Nine of ten hashes are chance, the others come in clusters of up to six within a few bits; beside
them, one family of equal hashes and one of nearly equal ones, as flat pages make them.
"""

import json
import resource
import sys

import numpy as np
from numpy.typing import NDArray

from preprocessing.fingerprint import HASH_BITS, near_hashes

FAMILY = 20_000
CLUSTERED_SHARE = 0.1
MOST_ALIKE = 6
MAX_FLIPS = 4


def main() -> None:
    """Find the pairs, and write one line of JSON."""
    count, radius = map(int, sys.argv[1:])
    fingerprints = _made(count, np.random.default_rng(count))
    used = resource.getrusage(resource.RUSAGE_SELF)
    started, start_kib = used.ru_utime + used.ru_stime, used.ru_maxrss
    hashes = np.unique(fingerprints)
    pairs = sum(len(block) for block in near_hashes(hashes, radius))
    used = resource.getrusage(resource.RUSAGE_SELF)
    taken = {
        "hashes": len(fingerprints),
        "distinct": len(hashes),
        "pairs": pairs,
        "cpu_seconds": used.ru_utime + used.ru_stime - started,
        "start_mib": start_kib / 1024,
        "peak_mib": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(taken) + "\n")


def _made(count: int, chance: np.random.Generator) -> NDArray[np.uint64]:
    clustered = int(count * CLUSTERED_SHARE)
    uniform = chance.integers(0, 1 << HASH_BITS, count - clustered, dtype=np.uint64)
    centres = chance.choice(uniform, clustered // (MOST_ALIKE // 2))
    near = _flipped(chance.choice(centres, clustered), MAX_FLIPS, chance)
    equal = np.full(FAMILY, chance.integers(0, 1 << HASH_BITS, dtype=np.uint64))
    alike = _flipped(equal ^ np.uint64(0xF0F0F0F0F0F0F0F0), 2, chance)
    return chance.permutation(np.concatenate([uniform, near, equal, alike]))


def _flipped(
    hashes: NDArray[np.uint64], most: int, chance: np.random.Generator
) -> NDArray[np.uint64]:
    """Flip up to so many bits of each."""
    flips = chance.integers(0, most + 1, len(hashes))
    for number in range(most):
        bits = chance.integers(0, HASH_BITS, len(hashes), dtype=np.uint64)
        hashes = hashes ^ np.where(flips > number, np.uint64(1) << bits, np.uint64(0))
    return hashes


if __name__ == "__main__":
    main()
