"""The scans of a progressive JPEG, and those that a picture of half its size can do without.

Such a file tells each coefficient in several scans: first without its lowest bits, then bit by bit
in refinements, which take half of the bytes and of the time. What these add to a fine file is some
levels in each sample, and hardly one in the mean of several.
"""

import re
from collections.abc import Container, Iterator

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
FILL = b"\xff"
BEHIND_A_SCAN = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
"""A marker that ends a scan: no byte 255 of its data, no restart, no fill."""


def without_refinements(jpeg: bytes, components: Container[int]) -> bytes:
    """Give a progressive JPEG without the scans that refine one of these components.

    The mean of each block stays exact. A file whose segments do not follow each other to its end is
    given as it is.

    Args:
        jpeg: a whole file, perhaps with others behind its end, which are left out.
        components: their names in the file, as its frame tells them.
    """
    segments = [*_segments(jpeg)]
    if not segments or segments[-1] != END:
        return jpeg
    kept = (segment for segment in segments if not _refines(segment, components))
    return b"".join((START, *kept))


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


def _refines(segment: bytes, components: Container[int]) -> bool:
    """Whether a segment is a scan that adds a bit to coefficients of one of these components."""
    if not segment.startswith(SCAN):
        return False
    # marker, length, number of components (1), its name, its tables, first and last coefficient
    count, name, first, bits = segment[4], segment[5], segment[7], segment[9]
    return count == 1 and name in components and first > 0 and bits >> 4 > 0
