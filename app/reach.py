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
from scipy.ndimage import distance_transform_edt
from skimage.graph import MCP_Geometric

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

WHITE = 255
PAPER_AT = 160
REFERENCE_PX = 256
NARROW = 1.0
"""By how much longer a way is where a line is one px away, at 256 px: half as far, four times."""
FULL_AT = 0.05
"""Where the Gaussian of the way is at least this, a pixel is full of colour; beyond, it fades."""
SOFTEN = 0.5
LEAST_PX = 3


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
    paper = _closed(line_SS > PAPER_AT)
    meant = _meant(painted, paper)
    washed = np.full(hint_SSC.shape, WHITE, np.float32)
    if meant.any():
        way_SS, nearest_SS = _ways(meant, paper, scale)
        amount = np.exp(-((way_SS / (reach_px * scale)) ** 2) / 2)
        full = np.minimum(1, amount / FULL_AT)[..., None]
        washed = hint_SSC.reshape(-1, 3)[nearest_SS] * full + WHITE * (1 - full)
        # Lines have the colour beside them, or they would make narrow places pale.
        beside = distance_transform_edt(~paper, return_distances=False, return_indices=True)
        washed = washed[tuple(beside)]
    washed = _blur(washed.astype(np.float32), reach_px * scale * SOFTEN)
    washed[painted] = hint_SSC[painted]
    return cast(NDArray[np.uint8], washed.round().astype(np.uint8))


def _closed(paper_SS: Mask) -> Mask:
    """Take from the paper what lets a way slip between two pixels of a line that runs askew."""
    line = ~paper_SS
    falls = line[:-1, :-1] & line[1:, 1:] & ~line[:-1, 1:] & ~line[1:, :-1]
    rises = line[:-1, 1:] & line[1:, :-1] & ~line[:-1, :-1] & ~line[1:, 1:]
    line[:-1, 1:] |= falls
    line[:-1, :-1] |= rises
    return ~line


def _meant(painted_SS: Mask, paper_SS: Mask) -> Mask:
    """Tell which pixels of strokes count: one that only grazes a region is not meant for it."""
    _, region_SS, boxes, _ = cv2.connectedComponentsWithStats(
        paper_SS.astype(np.uint8), connectivity=4
    )
    there = painted_SS & paper_SS
    counts = np.bincount(region_SS[there], minlength=len(boxes))
    is_meant = counts >= np.minimum(LEAST_PX, boxes[:, cv2.CC_STAT_AREA])
    return np.asarray(there & is_meant[region_SS])


def _ways(from_SS: Mask, paper_SS: Mask, scale: float) -> tuple[Floats, NDArray[np.int64]]:
    """Find the shortest way over the paper to each pixel: its length, and where it begins.

    No way crosses a line, and through a gap between two lines it is long: so little comes through
    where an artist left one open.

    Returns:
        Lengths in px, infinite where no way leads; and places in the flattened picture.
    """
    away_SS = cv2.distanceTransform(paper_SS.astype(np.uint8), cv2.DIST_L2, 3)
    # Where there is no line at all, it says something too large to be reckoned with.
    away_SS = np.minimum(away_SS, len(paper_SS)) / scale
    cost_SS = np.where(paper_SS, 1 + NARROW / np.maximum(away_SS, 0.5) ** 2, -1.0)
    search = MCP_Geometric(cost_SS)
    way_SS, step_SS = search.find_costs(np.argwhere(from_SS))
    width = from_SS.shape[1]
    steps = np.array(search.offsets) @ np.array([width, 1])
    place = np.arange(from_SS.size)
    came_from = np.where(step_SS.ravel() >= 0, place - steps[step_SS.ravel()], place)
    # Twice as far back with every look.
    while (further := came_from[came_from]).tobytes() != came_from.tobytes():
        came_from = further
    return way_SS.astype(np.float32), came_from.reshape(from_SS.shape)


def _blur(picture: Floats, sigma_px: float) -> Floats:
    blurred = cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
    return cast(Floats, blurred)
