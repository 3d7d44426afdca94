"""A coloured drawing -> the layers in which a paint program goes on with it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from app import crisp, openraster
from app.drawing import Drawing, at_most
from app.openraster import Layer
from app.painter import Painter, Wish
from app.palette import turn_hues

CLEAR = 4


def to_openraster(painter: Painter, drawing: Drawing, wish: Wish) -> bytes:
    """Colour a drawing; give its lines, the strokes and the colours as layers of one file."""
    seen = painter.see(drawing, wish)
    (small_SSC,) = painter.answer(drawing, [seen], [wish.variant])
    line_HW = at_most(drawing.line_HW, wish.max_px)
    size = line_HW.shape
    colors = crisp.flat_colors(small_SSC, size, seen.line_SS, seen.fit)
    layers = [
        Layer("Lines", line_HW, blend="multiply"),
        Layer("Hints", _strokes(wish, size), visible=False),
        Layer("Colours", colors),
    ]
    return openraster.write(layers, crisp.multiply(colors, line_HW))


def _strokes(wish: Wish, size: tuple[int, ...]) -> NDArray[np.uint8]:
    height, width = size
    if wish.stroke_HWC is None:
        return np.zeros((height, width, CLEAR), np.uint8)
    stroke_HWC = wish.stroke_HWC
    if wish.turn:
        turned_HWC = turn_hues(np.ascontiguousarray(stroke_HWC[..., :3]), wish.turn)
        stroke_HWC = np.dstack([turned_HWC, stroke_HWC[..., 3]])
    if stroke_HWC.shape[:2] == (height, width):
        return stroke_HWC
    resized = cv2.resize(stroke_HWC, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resized)
