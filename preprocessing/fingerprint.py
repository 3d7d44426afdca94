"""The perceptual hash of a picture: 64 bits that survive re-encoding and rescaling."""

import cv2
import numpy as np
from numpy.typing import NDArray

HASH_SIDE = 8
DCT_SIDE = 32
HASH_BITS = HASH_SIDE * HASH_SIDE
MIDDLE = (HASH_BITS // 2 - 1, HASH_BITS // 2)


def fingerprint(gray_HW: NDArray[np.uint8]) -> str:
    """Give the DCT hash (pHash) of a picture as 16 hex digits; empty for a flat one."""
    small = cv2.resize(gray_HW, (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA)
    if small.max() == small.min():
        return ""
    low = cv2.dct(small.astype(np.float32))[:HASH_SIDE, :HASH_SIDE].flatten()
    # The median; np.median takes longer over so few than all the rest does.
    lower, upper = np.partition(low, MIDDLE)[[*MIDDLE]]
    return np.packbits(low > (lower + upper) / 2).tobytes().hex()
