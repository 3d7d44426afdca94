"""A model's small picture -> one of the drawing's own size, under the person's own lines.

Colours are carried up, lines are not: the model's are blurred by then. What it painted under a
line is replaced by the colours beside it, and the true line is multiplied on top.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from app.fit import Fit

Floats = NDArray[np.float32]

WHITE = 255
BESIDE_PX = 1.5
FAR_PX = 6.0
NEXT_TO_NOTHING = 1e-3


def under_lines(
    color_SSC: NDArray[np.uint8],
    line_HW: NDArray[np.uint8],
    small_line_SS: NDArray[np.uint8],
    fit: Fit,
) -> NDArray[np.uint8]:
    """Put the colours of a model's square under a drawing's own lines.

    Args:
        color_SSC: what the model gave, uint8 RGB.
        line_HW: the drawing, at the size that is wanted.
        small_line_SS: the lines that the model saw.
        fit: where the drawing lies on the square.

    Returns:
        The picture (H, W, 3), uint8 RGB.
    """
    return multiply(flat_colors(color_SSC, line_HW.shape, small_line_SS, fit), line_HW)


def flat_colors(
    color_SSC: NDArray[np.uint8], size: tuple[int, ...], small_line_SS: NDArray[np.uint8], fit: Fit
) -> NDArray[np.uint8]:
    """Give the colours alone, without lines, at a size (height, width)."""
    height, width = size
    return fit.enlarge(_without_lines(color_SSC, small_line_SS), height, width)


def multiply(color_HWC: NDArray[np.uint8], line_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put lines over colours as ink: white changes nothing, black all."""
    lines = cv2.merge([line_HW] * 3)
    return cast(NDArray[np.uint8], cv2.multiply(color_HWC, lines, scale=1 / WHITE))


def _without_lines(color_SSC: NDArray[np.uint8], line_SS: NDArray[np.uint8]) -> NDArray[np.uint8]:
    paper = (np.float32(1 / WHITE) * line_SS)[..., None] ** 4
    color = color_SSC.astype(np.float32)
    near, near_amount = _around(color, paper, BESIDE_PX)
    far, _ = _around(color, paper, FAR_PX)
    # In the middle of a black area there is no paper near by.
    weight = near_amount / (near_amount + NEXT_TO_NOTHING)
    beside = near * weight + far * (1 - weight)
    filled = color * paper + beside * (1 - paper)
    return cast(NDArray[np.uint8], np.clip(filled.round(), 0, WHITE).astype(np.uint8))


def _around(color: Floats, paper: Floats, sigma_px: float) -> tuple[Floats, Floats]:
    """Give the mean colour of the paper around each pixel, and how much of it there is."""
    amount = np.asarray(cv2.GaussianBlur(paper, (0, 0), sigma_px), np.float32)[..., None]
    total = np.asarray(cv2.GaussianBlur(color * paper, (0, 0), sigma_px), np.float32)
    return cast(Floats, total / np.maximum(amount, np.float32(1e-6))), amount
