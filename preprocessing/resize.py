"""Any picture -> a square of the dataset's size, or its luma."""

from typing import cast

import cv2
import numpy as np
from cykooz_resizer import CropBox, FilterType, ResizeAlg, ResizeOptions, Resizer
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

BICUBIC = ResizeAlg.convolution(FilterType.catmull_rom)
GRAY, FOUR_CHANNELS = "L", "CMYK"
"""What Pillow calls the two kinds that are resized; there is no ink in the second."""


def to_square(
    pixels_HWC: Pixels, size_px: int, extent_px: tuple[float, float] | None = None
) -> Pixels:
    """Resize the whole picture to a square; nothing is cut off, sides may stretch.

    Bicubic (a = -0.5) with antialiasing, as Pillow, torch and the measures of generated pictures
    have it; in whole numbers, so that every processor gives the same bytes.

    Args:
        pixels_HWC: uint8, RGB, RGBA with its colours multiplied by alpha, or gray as HW.
        size_px: the side of the square.
        extent_px: the width and height that count, where the last column and row stand over the
            picture's edge by a part of a pixel; else all.
    """
    height, width, *channels = pixels_HWC.shape
    is_rgb = channels == [3]
    # Pixels of four bytes are taken as they lie; of three, they would be copied twice.
    taken = cv2.cvtColor(pixels_HWC, cv2.COLOR_RGB2RGBA) if is_rgb else pixels_HWC
    kind = FOUR_CHANNELS if channels else GRAY
    square = np.empty((size_px, size_px, *taken.shape[2:]), np.uint8)
    extent = CropBox(0, 0, *(extent_px or (width, height)))
    source, target = _seen(np.ascontiguousarray(taken), kind), _seen(square, kind)
    Resizer().resize_pil(source, target, ResizeOptions(BICUBIC, crop_box=extent))
    return cast(Pixels, cv2.cvtColor(square, cv2.COLOR_RGBA2RGB)) if is_rgb else square


def _seen(pixels: Pixels, kind: str) -> Image.Image:
    """Give a picture as Pillow's, in the same memory: what is written to one is in the other."""
    height, width = pixels.shape[:2]
    return Image.frombuffer(kind, (width, height), pixels, "raw", kind, 0, 1)


def to_gray(color_HWC: Pixels) -> Pixels:
    """Give the luma of a picture as HW."""
    return cast(Pixels, cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))
