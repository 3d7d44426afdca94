"""A person's strokes -> the hint that a model was trained to read.

The paper's models learn from a wash: nearly the whole picture, blurred, with true blocks on it. A
few strokes on white paper look like nothing they have seen, and they hardly colour (docs/app.md has
the figures). So for them a stroke's colour runs out from it, inside the lines that bound it, and
the stroke itself is put on top. Models that were trained with strokes are given strokes.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

WHITE = 255
PAPER_AT = 160
REFERENCE_PX = 256
# A pixel is full of colour where at least this share of what is around it is a stroke.
FULL_AT = 0.001
SOFTEN = 0.5
LEAST_PX = 3
FARTHEST_SIGMAS = 4
"""So far, and a pixel more, OpenCV's kernel reaches for such pixels."""


def run_out(
    hint_SSC: NDArray[np.uint8],
    mask_SS: NDArray[np.uint8],
    line_SS: NDArray[np.uint8],
    reach_px: float,
) -> NDArray[np.uint8]:
    """Let the colours of strokes run out inside the lines.

    Args:
        hint_SSC: the strokes' colours on white, uint8 RGB.
        mask_SS: where they lie, not 0.
        line_SS: the line art, dark on white.
        reach_px: how far, at 256 px: the standard deviation of a Gaussian; 0 leaves the strokes.

    Returns:
        The hint (S, S, 3).
    """
    scale = hint_SSC.shape[0] / REFERENCE_PX
    painted = mask_SS > 0
    if not reach_px or not painted.any():
        return hint_SSC
    washed = np.full(hint_SSC.shape, WHITE, np.float32)
    paper = (line_SS > PAPER_AT).astype(np.uint8)
    _, regions, boxes, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    for region in np.unique(regions[painted]):
        left, top, width, height, _ = boxes[region].tolist()
        box = np.s_[top : top + height, left : left + width]
        within = regions[box] == region
        source = (painted[box] & within).astype(np.float32)
        # Lines are region 0; and a stroke that only grazes a region is not meant for it.
        if region and source.sum() >= min(LEAST_PX, within.sum()):
            at_edge = (top, left, top + height - len(line_SS), left + width - len(line_SS))
            wash = _wash(hint_SSC[box], source, reach_px * scale, [not each for each in at_edge])
            washed[box][within] = wash[within]
    washed = _blur(washed, reach_px * scale * SOFTEN)
    washed[painted] = hint_SSC[painted]
    return cast(NDArray[np.uint8], washed.round().astype(np.uint8))


def _wash(
    hint_HWC: NDArray[np.uint8],
    source_HW: NDArray[np.float32],
    sigma_px: float,
    at_edge: list[bool],
) -> NDArray[np.float32]:
    """Blur a region's strokes in its box, of which top, left, bottom or right may be `at_edge`."""
    share = _blur_alone(source_HW, sigma_px, at_edge)[..., None]
    ink = _blur_alone(hint_HWC * source_HW[..., None], sigma_px, at_edge)
    full = np.minimum(1, share / FULL_AT)
    color = ink / np.maximum(share, 1e-6)
    return cast(NDArray[np.float32], color * full + WHITE * (1 - full))


def _blur_alone(
    picture: NDArray[np.float32], sigma_px: float, at_edge: list[bool]
) -> NDArray[np.float32]:
    """Blur a part of a picture that is 0 elsewhere, and goes on beyond the picture's edges."""
    height, width = picture.shape[:2]
    beyond = round(FARTHEST_SIGMAS * sigma_px) + 1
    top, left, bottom, right = (beyond * each for each in at_edge)
    wide = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)
    blurred = cv2.GaussianBlur(wide, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT)
    return cast(NDArray[np.float32], blurred[top : top + height, left : left + width])


def _blur(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
    return cast(NDArray[np.float32], blurred)
