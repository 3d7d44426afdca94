"""Point hints: dots of the true colour on white paper, one more of them never moves the others.

A person clicks inside a shape, not on its outline, and not to say that white paper is white; and
what a click tells holds for the region between lines that it lies in.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.pixelwise import WHITE, Pictures

Labels = NDArray[np.int32]
Spots = NDArray[np.int64]

REFERENCE_PX = 256
RADIUS_PX = 3
"""Of a dot, in px at 256 px; it scales with the picture."""
INK = 128
"""What is darker than this is a line."""
BLANK = 247
"""What is at least so bright in every channel is not told from blank paper."""
ON_A_LINE = 0
"""The label of what belongs to no region."""


@dataclass(frozen=True, slots=True)
class PointHint:
    """Some dots on one picture: the hint, where it lies, and what it tells of its regions.

    `told_HW` is, in every region with a dot, the number of the nearest of its dots, and -1
    elsewhere; `colors_N3` are the dots' colours.
    """

    hint_HWC: Pictures
    mask_HW: Pictures
    told_HW: Labels
    colors_N3: Pictures


def label_regions(edge_HW: Pictures) -> Labels:
    """Number the regions of paper between lines, from 1 on; lines are 0.

    Lines hold together at their corners, so paper does not leak through them there.
    """
    paper = (edge_HW >= INK).astype(np.uint8)
    return np.asarray(cv2.connectedComponents(paper, connectivity=4)[1], dtype=np.int32)


def place_dots(color_HWC: Pictures, regions_HW: Labels, number: int, seed: int) -> Spots:
    """Choose where dots lie: rows and columns (N, 2), the first of many being those of few.

    Places in a shape come first, then blank paper and the rims of shapes, then lines.
    """
    is_paper = regions_HW != ON_A_LINE
    tells = is_paper & (color_HWC.min(axis=-1) < BLANK)
    is_inside = cv2.erode(tells.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    lots = np.random.default_rng(seed).random(regions_HW.shape) + ~is_inside + ~is_paper
    order = np.argsort(lots, axis=None, kind="stable")[:number]
    return np.stack(np.unravel_index(order, regions_HW.shape), axis=-1)


def draw_dots(color_HWC: Pictures, regions_HW: Labels, spots_N2: Spots) -> PointHint:
    """Dot the true colours at some places; a dot keeps within the region that it lies in."""
    height, width = regions_HW.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    far = height**2 + width**2
    nearest_HW = np.full(regions_HW.shape, far)
    told_HW = np.full(regions_HW.shape, -1, dtype=np.int32)
    for number, (row, column) in enumerate(spots_N2):
        distance_HW = (rows - row) ** 2 + (columns - column) ** 2
        is_nearer = (regions_HW == regions_HW[row, column]) & (distance_HW < nearest_HW)
        nearest_HW[is_nearer] = distance_HW[is_nearer]
        told_HW[is_nearer] = number
    colors_N3 = color_HWC[spots_N2[:, 0], spots_N2[:, 1]]
    radius = max(1.0, RADIUS_PX * width / REFERENCE_PX)
    is_dot = nearest_HW <= radius**2
    hint_HWC = np.full_like(color_HWC, WHITE)
    hint_HWC[is_dot] = colors_N3[told_HW[is_dot]]
    told_HW[(regions_HW == ON_A_LINE) & ~is_dot] = -1
    return PointHint(hint_HWC, np.where(is_dot, WHITE, 0).astype(np.uint8), told_HW, colors_N3)
