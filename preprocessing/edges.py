"""Colour picture -> line art, with OpenCV: dark lines on white paper, one detector a function."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.config import EdgeConfig
from preprocessing.resize import to_gray

Gray = NDArray[np.uint8]

REFERENCE_PX = 256
PAPER = 255


def draw_edges(color_HWC: NDArray[np.uint8], config: EdgeConfig) -> Gray:
    """Draw the line art of a picture with the configured detector: HW, 255 is paper."""
    gray = to_gray(color_HWC)
    match config.detector:
        case "adaptive":
            return adaptive(gray, config)
        case "xdog":
            return xdog(gray)
        case "canny":
            return canny(gray)
        case "dilate":
            return dilate(gray)


def adaptive(gray_HW: Gray, config: EdgeConfig) -> Gray:
    """Draw what is darker than the mean around it."""
    scaled = round(config.block_px * gray_HW.shape[1] / REFERENCE_PX)
    block = max(3, scaled | 1)
    drawn = cv2.adaptiveThreshold(
        gray_HW, PAPER, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, config.offset
    )
    return cast(Gray, drawn)


def xdog(gray_HW: Gray, sigma: float = 0.8, ratio: float = 1.6, weight: float = 20.0) -> Gray:
    """Draw by the extended difference of Gaussians (Winnemoeller 2012), softly thresholded."""
    gray = gray_HW.astype(np.float32) / PAPER
    fine = cv2.GaussianBlur(gray, (0, 0), sigma)
    coarse = cv2.GaussianBlur(gray, (0, 0), sigma * ratio)
    sharpened = (1 + weight) * fine - weight * coarse
    threshold, steepness = 0.6, 10.0
    ink = np.where(sharpened >= threshold, 1.0, 1.0 + np.tanh(steepness * (sharpened - threshold)))
    return cast(Gray, (ink * PAPER).clip(0, PAPER).astype(np.uint8))


def canny(gray_HW: Gray, low: int = 50, high: int = 120) -> Gray:
    """Draw Canny's edges: thin, and both sides of each pen stroke."""
    return cast(Gray, PAPER - cv2.Canny(gray_HW, low, high))


def dilate(gray_HW: Gray) -> Gray:
    """Draw what is darker than the brightest pixel nearby: soft single strokes."""
    nearby = cv2.dilate(gray_HW, np.ones((3, 3), np.uint8))
    return cast(Gray, PAPER - cv2.absdiff(nearby, gray_HW))
