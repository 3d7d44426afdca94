"""Any picture -> a square of the dataset's size, or its luma."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray


def to_square(
    color_HWC: NDArray[np.uint8], size_px: int, extent_px: tuple[float, float] | None = None
) -> NDArray[np.uint8]:
    """Resize the whole picture to a square; nothing is cut off, sides may stretch.

    Args:
        color_HWC: uint8.
        size_px: the side of the square.
        extent_px: the width and height that count, where the last column and row stand over the
            picture's edge by a part of a pixel; else all.
    """
    width, height = extent_px or color_HWC.shape[1::-1]
    # Averaging is right for shrinking; enlarged by it, a picture would show its pixels.
    by_x, by_y = min(1.0, size_px / width), min(1.0, size_px / height)
    resized = cv2.resize(color_HWC, None, fx=by_x, fy=by_y, interpolation=cv2.INTER_AREA)
    resized = resized[:size_px, :size_px]
    if resized.shape[:2] != (size_px, size_px):
        resized = cv2.resize(resized, (size_px, size_px), interpolation=cv2.INTER_CUBIC)
    return cast(NDArray[np.uint8], resized)


def to_gray(color_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the luma of a picture as HW."""
    return cast(NDArray[np.uint8], cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))
