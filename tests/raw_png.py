"""PNGs put together by hand: every kind that the standard knows, and chunks as one likes."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6


def chunk(name: bytes, body: bytes) -> bytes:
    """Give a chunk with its length and CRC."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def raw_png(
    levels: NDArray[np.int64], kind: int, depth: int, before: bytes = b"", after: bytes = b""
) -> bytes:
    """Encode HW or HWC levels of so many bits each; chunks before and after the pixels as given."""
    height, width = levels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    bits = (levels.reshape(height, -1, 1) >> np.arange(depth)[::-1]) & 1
    rows = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    pixels = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes())
    body = before + chunk(b"IDAT", pixels) + after + chunk(b"IEND", b"")
    return SIGNATURE + chunk(b"IHDR", header) + body
