"""Made illustrations, 600 to 2000 px a side: shaded shapes, pen strokes, the grain of paper."""

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]

LEAST_PX, MOST_PX = 600, 2000
SHAPES = 40
STROKES = 120
INK = (25, 20, 30)


def illustration(number: int) -> RGB:
    """Draw one; another number, another drawing."""
    chance = np.random.default_rng(number)
    height, width = (int(side) for side in chance.integers(LEAST_PX, MOST_PX, 2))
    canvas = np.full((height, width, 3), 255, np.uint8)
    for _ in range(SHAPES):
        _shade(canvas, _shape(height, width, chance), chance)
    for _ in range(STROKES):
        _stroke(canvas, chance)
    # Half of all are painted, with a grain that makes a PNG large; half are flat.
    if number % 2:
        grain = chance.normal(0, 2, canvas.shape)
        canvas = np.clip(canvas + grain, 0, 255).astype(np.uint8)
    return canvas


def _shape(height: int, width: int, chance: np.random.Generator) -> RGB:
    mask = np.zeros((height, width), np.uint8)
    center = (int(chance.integers(width)), int(chance.integers(height)))
    axes = tuple(int(axis) for axis in chance.integers(20, min(height, width) // 4, 2))
    cv2.ellipse(mask, center, axes, float(chance.integers(180)), 0, 360, 255, -1, cv2.LINE_AA)
    return mask


def _shade(canvas: RGB, mask: RGB, chance: np.random.Generator) -> None:
    """Fill a shape with a gradient and draw its outline."""
    near, far = chance.integers(0, 256, (2, 3))
    share = np.linspace(0, 1, canvas.shape[0])[:, None]
    gradient = (near * (1 - share) + far * share).astype(np.uint8)[:, None, :]
    np.copyto(canvas, gradient, where=(mask > 127)[..., None])
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outlines, -1, INK, int(chance.integers(1, 5)), cv2.LINE_AA)


def _stroke(canvas: RGB, chance: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    start = chance.random(2) * (width, height)
    steps = np.cumsum(chance.normal(0, 12, (24, 2)) + chance.normal(0, 9, 2), axis=0)
    points = (start + steps).astype(np.int32)
    cv2.polylines(canvas, [points], False, INK, int(chance.integers(1, 4)), cv2.LINE_AA)
