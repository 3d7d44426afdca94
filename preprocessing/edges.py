"""Gray picture -> line art, with OpenCV: dark lines on white paper, one detector a function."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.config import REFERENCE_PX, EdgeConfig

Gray = NDArray[np.uint8]

PAPER = 255

FINE_SIGMA_PX = 0.8
COARSER = 1.6
SHARPENING = 20.0
STEEPNESS = 10.0

WEAK_AND_STRONG = (50, 120)
"""Canny's thresholds."""


def adaptive(gray_HW: Gray, config: EdgeConfig) -> Gray:
    """Draw what is darker than the mean around it."""
    block = _odd(config.block_px * gray_HW.shape[1] / REFERENCE_PX)
    drawn = cv2.adaptiveThreshold(
        gray_HW, PAPER, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, config.offset
    )
    return cast(Gray, drawn)


def xdog(gray_HW: Gray, config: EdgeConfig) -> Gray:
    """Draw by the extended difference of Gaussians (Winnemoeller 2012), softly thresholded."""
    sigma = FINE_SIGMA_PX * gray_HW.shape[1] / REFERENCE_PX
    gray = gray_HW.astype(np.float32) / PAPER
    fine = cv2.GaussianBlur(gray, (0, 0), sigma)
    coarse = cv2.GaussianBlur(gray, (0, 0), sigma * COARSER)
    sharpened = (1 + SHARPENING) * fine - SHARPENING * coarse
    beyond = np.minimum(sharpened - config.xdog_threshold, 0.0)
    paper = 1.0 + np.tanh(STEEPNESS * beyond)
    return cast(Gray, (paper * PAPER).astype(np.uint8))


def canny(gray_HW: Gray) -> Gray:
    """Draw Canny's edges: thin, and both sides of each pen stroke."""
    return cast(Gray, PAPER - cv2.Canny(gray_HW, *WEAK_AND_STRONG))


def dilate(gray_HW: Gray) -> Gray:
    """Draw what is darker than the brightest pixel nearby: soft, and single where a pen is thin."""
    side = _odd(3 * gray_HW.shape[1] / REFERENCE_PX)
    nearby = cv2.dilate(gray_HW, np.ones((side, side), np.uint8))
    return cast(Gray, PAPER - cv2.absdiff(nearby, gray_HW))


def _odd(side_px: float) -> int:
    return max(3, round(side_px) | 1)
