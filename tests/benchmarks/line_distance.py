"""How far drawn line art is from the artist's own: pure functions of two gray pictures.

Ink is what is darker than a level. All lengths are in px of the pictures as they come.
"""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Ink = NDArray[np.bool_]

MIDDLE_GRAY = 128


@dataclass(frozen=True, slots=True)
class LineDistance:
    """What one drawing of lines has in common with the true one."""

    precision: float
    """Share of the drawn ink that lies within the tolerance of true ink."""

    recall: float
    """Share of the true ink that lies within the tolerance of drawn ink."""

    chamfer_px: float
    """Mean distance from ink to the other's ink, averaged over both directions."""

    ink_share: float
    """Share of the picture that is drawn ink."""

    true_share: float
    """Share of the picture that is true ink."""

    doubled: float
    """Share of the true strokes' centre lines that stay paper between two drawn strokes."""

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def line_distance(
    drawn_HW: Gray, true_HW: Gray, tolerance_px: float, level: int = MIDDLE_GRAY
) -> LineDistance:
    """Compare drawn lines with the true ones; away from no ink at all is the diagonal's length."""
    drawn, true = drawn_HW < level, true_HW < MIDDLE_GRAY
    of_drawn, of_true = _distance_to(true)[drawn], _distance_to(drawn)[true]
    ways = [way.mean() for way in (of_drawn, of_true) if way.size]
    return LineDistance(
        precision=_share(of_drawn <= tolerance_px),
        recall=_share(of_true <= tolerance_px),
        chamfer_px=float(np.mean(ways)) if ways else 0.0,
        ink_share=float(drawn.mean()),
        true_share=float(true.mean()),
        doubled=_doubled(drawn, true),
    )


def _distance_to(ink: Ink) -> NDArray[np.float32]:
    if not ink.any():
        return np.full(ink.shape, np.hypot(*ink.shape), np.float32)
    paper = (~ink).astype(np.uint8)
    return cast(
        NDArray[np.float32], cv2.distanceTransform(paper, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    )


def _share(found: Ink) -> float:
    return float(found.mean()) if found.size else 1.0


def _doubled(drawn: Ink, true: Ink) -> float:
    if not true.any():
        return 0.0
    depth = _distance_to(~true)
    centre = true & (depth == cv2.dilate(depth, np.ones((3, 3), np.uint8)))
    # What closing by a stroke's half width fills has ink on both sides of it.
    reach = math.ceil(np.median(depth[centre]))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    closed = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_CLOSE, disc).astype(bool)
    return float((closed & ~drawn)[centre].mean())
