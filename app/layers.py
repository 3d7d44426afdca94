"""A coloured drawing -> the layers in which a paint program goes on with it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from app import crisp, openraster
from app.drawing import Drawing
from app.openraster import Layer
from app.painter import Painter, Wish

CLEAR = 4


def to_openraster(painter: Painter, drawing: Drawing, wish: Wish) -> bytes:
    """Colour a drawing; give its lines, the strokes and the colours as layers of one file."""
    seen = painter.see(drawing, wish)
    (small_SSC,) = painter.answer(drawing, [seen], [wish.variant])
    size = drawing.line_HW.shape
    colors = crisp.flat_colors(small_SSC, size, seen.line_SS, seen.fit)
    layers = [
        Layer("Lines", drawing.line_HW, blend="multiply"),
        Layer("Hints", _strokes(wish, size), visible=False),
        Layer("Colours", colors),
    ]
    return openraster.write(layers, crisp.multiply(colors, drawing.line_HW))


def _strokes(wish: Wish, size: tuple[int, ...]) -> NDArray[np.uint8]:
    height, width = size
    if wish.stroke_HWC is None:
        return np.zeros((height, width, CLEAR), np.uint8)
    if wish.stroke_HWC.shape[:2] == (height, width):
        return wish.stroke_HWC
    resized = cv2.resize(wish.stroke_HWC, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(resized)
