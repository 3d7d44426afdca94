"""Distances between pictures, pixel by pixel. Pairs of uint8 batches in, one number a picture out.

Pictures are compared in [0, 1], over height, width and the three channels together.
"""

import math

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]
"""Pictures as B, H, W, C (RGB) or a single-channel B, H, W; 0 to 255."""

PerPicture = NDArray[np.float64]
"""One number for each picture of a batch."""

WHITE = 255


def l1(real_BHWC: Pictures, generated_BHWC: Pictures) -> PerPicture:
    """Give the mean absolute difference of each picture, in [0, 1]."""
    distances = np.abs(_differences(real_BHWC, generated_BHWC))
    return np.asarray(distances.mean(axis=1, dtype=np.float64))


def l2(real_BHWC: Pictures, generated_BHWC: Pictures) -> PerPicture:
    """Give the root of the mean squared difference of each picture, in [0, 1]."""
    squares = np.square(_differences(real_BHWC, generated_BHWC))
    return np.asarray(np.sqrt(squares.mean(axis=1, dtype=np.float64)))


def psnr(l2_B: PerPicture) -> PerPicture:
    """Give the peak signal-to-noise ratio of each picture in dB; infinite where nothing differs."""
    with np.errstate(divide="ignore"):
        return -20 * np.log10(l2_B)


def norm_at_256(l2_mean: float) -> float:
    """Give the Euclidean norm that an l2 stands for in a picture of 256 x 256 x 3 numbers."""
    return l2_mean * math.sqrt(256 * 256 * 3)


def _differences(real_BHWC: Pictures, generated_BHWC: Pictures) -> NDArray[np.float32]:
    # 0 to 255 and their squares are exact in single precision, so half the memory is enough.
    differences = real_BHWC.astype(np.float32) - generated_BHWC.astype(np.float32)
    return differences.reshape(len(real_BHWC), -1) / np.float32(WHITE)
