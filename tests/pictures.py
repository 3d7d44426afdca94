"""Small drawings, made and not stored: flat colours with dark outlines, as a draughtsman's."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = NDArray[np.uint8]


def drawing(number: int, size_px: int = 256) -> RGB:
    """Draw outlined coloured shapes; another number, another drawing."""
    chance = np.random.default_rng(number)
    canvas = np.full((size_px, size_px, 3), 255, np.uint8)
    for _ in range(int(chance.integers(4, 8))):
        color = tuple(int(level) for level in chance.integers(0, 255, 3))
        center = tuple(int(place) for place in chance.integers(size_px // 6, size_px * 5 // 6, 2))
        axes = tuple(int(axis) for axis in chance.integers(size_px // 12, size_px // 3, 2))
        angle = int(chance.integers(0, 180))
        cv2.ellipse(canvas, center, axes, angle, 0, 360, color, -1)
        cv2.ellipse(canvas, center, axes, angle, 0, 360, (20, 20, 20), max(1, size_px // 64))
    return canvas


def encoded(picture: RGB, format: str = "PNG", **options: object) -> bytes:
    """Encode a picture as a file's bytes."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format, **options)
    return stream.getvalue()
