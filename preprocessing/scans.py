"""The scans of a progressive JPEG, and those that a picture of half its size can do without.

Such a file tells each coefficient in several scans: first without its lowest bits, then bit by bit
in refinements, which take half of the bytes and of the time. What they add to a fine file is some
levels in a grained block, and little in a smooth one.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
FILL = b"\xff"
BEHIND_A_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
"""A marker that ends a scan: no byte 255 of its data, no restart, no fill."""
SEEN_AT_HALF = [8 * row + column for row in range(4) for column in range(4)][1:]
"""The places in a block's table of what half its size can show, but for the mean."""
MOST_LOST = 3.9
"""So many levels may be lost: what Pillow writes at quality 88 and better."""


def without_refinements(jpeg: bytes, tables: Mapping[int, Sequence[int]]) -> bytes:
    """Give a progressive JPEG without refinements, for each component that loses little by it.

    The mean of each block stays exact. A file whose segments do not follow each other to its end is
    given as it is.

    Args:
        jpeg: a whole file, perhaps with others behind its end, which are left out.
        tables: of the components that may lose something, by their names in the file: the steps
            in which their 64 frequencies are stored, row by row.
    """
    segments = [*_segments(jpeg)]
    if not segments or segments[-1] != END:
        return jpeg
    scans = [_scan(segment) for segment in segments]
    lost = Counter[int]()
    for scan in filter(None, scans):
        lost[scan.component] = max(lost[scan.component], scan.low)
    losing = {name for name, steps in tables.items() if _loss(steps, lost[name]) <= MOST_LOST}
    kept = (
        segment
        for segment, scan in zip(segments, scans, strict=True)
        if not (scan and scan.refines and scan.component in losing)
    )
    return b"".join((START, *kept))


def _loss(steps: Sequence[int], bits: int) -> float:
    """Give what a picture loses with so many bits of each coefficient, if all of them are set.

    In levels, root of the mean square over a block.
    """
    most = (2**bits - 1) ** 2 * sum(steps[place] ** 2 for place in SEEN_AT_HALF)
    return math.sqrt(most / 3) / 8


def _segments(jpeg: bytes) -> Iterator[bytes]:
    """Walk over a file's segments, each scan with its data, to the end or the first break."""
    place = len(START)
    while jpeg[place : place + 1] == FILL and jpeg[place : place + 2] != END:
        if jpeg[place + 1 : place + 2] == FILL:
            place += 1
            continue
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if jpeg.startswith(SCAN, place):
            behind = BEHIND_A_SCAN.search(jpeg, end)
            end = behind.start() if behind else len(jpeg)
        yield jpeg[place:end]
        place = end
    if jpeg.startswith(END, place):
        yield END


class Scan(NamedTuple):
    """A scan of one component: whether it adds a bit, and how many are yet to come."""

    component: int
    refines: bool
    low: int


def _scan(segment: bytes) -> Scan | None:
    """Read what a segment tells; None if it is no scan, or one of means or several components."""
    if not segment.startswith(SCAN) or segment[4] != 1:
        return None
    # behind marker, length and number of components: its name, its codes, first and last frequency
    component, _, first, _, bits = segment[5:10]
    return Scan(component, bits >> 4 > 0, bits & 15) if first else None
