"""All near pairs of many hashes, in a process of its own: COUNT, RADIUS.

Nine of ten hashes are chance, the others come in clusters of up to six within a few bits; beside
them, one family of equal hashes and one of nearly equal ones, as flat pages make them.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from preprocessing.fingerprint import HASH_BITS
from preprocessing.near_hashes import near_hashes

FAMILY = 20_000
CLUSTERED_SHARE = 0.1
MOST_ALIKE = 6
MAX_FLIPS = 4


def main() -> None:
    """Find the pairs, and write one line of JSON."""
    count, radius = map(int, sys.argv[1:])
    fingerprints = _made(count, np.random.default_rng(count))
    started = time.process_time()
    hashes = np.unique(fingerprints)
    pairs = sum(len(block) for block in near_hashes(hashes, radius))
    taken = {
        "hashes": len(fingerprints),
        "distinct": len(hashes),
        "pairs": pairs,
        "cpu_seconds": time.process_time() - started,
        "peak_mib": _peak_mib(),
    }
    sys.stdout.write(json.dumps(taken) + "\n")


def _peak_mib() -> float:
    # What getrusage tells may be the peak of the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


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
