"""Any picture -> a square of the dataset's size, or its luma."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


def to_square(color_HWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Resize the whole picture to a square; nothing is cut off, sides may stretch."""
    height, width = color_HWC.shape[:2]
    # Averaging is right for shrinking; enlarged by it, a picture would show its pixels.
    shrunk = (min(width, size_px), min(height, size_px))
    resized = cv2.resize(color_HWC, shrunk, interpolation=cv2.INTER_AREA)
    if shrunk != (size_px, size_px):
        resized = cv2.resize(resized, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    return cast(NDArray[np.uint8], resized)


def to_gray(color_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the luma of a picture as HW."""
    return cast(NDArray[np.uint8], cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))
