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
    source = Image.frombuffer(kind, (width, height), np.ascontiguousarray(taken), "raw", kind, 0, 1)
    square = Image.new(kind, (size_px, size_px))
    extent = CropBox(0, 0, *(extent_px or (width, height)))
    Resizer().resize_pil(source, square, ResizeOptions(BICUBIC, crop_box=extent))
    found = np.asarray(square)
    return cast(Pixels, cv2.cvtColor(found, cv2.COLOR_RGBA2RGB)) if is_rgb else found


def to_gray(color_HWC: Pixels) -> Pixels:
    """Give the luma of a picture as HW."""
    return cast(Pixels, cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))
