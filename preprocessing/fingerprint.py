"""The perceptual hash of a picture: 64 bits that survive re-encoding and rescaling."""

import cv2
import numpy as np
from numpy.typing import NDArray

HASH_SIDE = 8
DCT_SIDE = 32
HASH_BITS = HASH_SIDE * HASH_SIDE


def fingerprint(gray_HW: NDArray[np.uint8]) -> str:
    """Give the DCT hash (pHash) of a picture as 16 hex digits; empty for a flat one."""
    small = cv2.resize(gray_HW, (DCT_SIDE, DCT_SIDE), interpolation=cv2.INTER_AREA)
    if small.max() == small.min():
        return ""
    low = cv2.dct(small.astype(np.float32))[:HASH_SIDE, :HASH_SIDE]
    bits = (low > np.median(low)).flatten()
    return np.packbits(bits).tobytes().hex()
