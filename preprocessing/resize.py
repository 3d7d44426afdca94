"""Any picture -> a square of the dataset's size, or its luma."""

from typing import cast

import cv2
import numpy as np
from cykooz_resizer import (
    CropBox,
    FilterType,
    ImageData,
    PixelType,
    ResizeAlg,
    ResizeOptions,
    Resizer,
)
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

BICUBIC = ResizeAlg.convolution(FilterType.catmull_rom)
PIXEL_TYPES = {(): PixelType.U8, (3,): PixelType.U8x3, (4,): PixelType.U8x4}


def to_square(
    pixels_HWC: Pixels, size_px: int, extent_px: tuple[float, float] | None = None
) -> Pixels:
    """Resize the whole picture to a square; nothing is cut off, sides may stretch.

    Bicubic (a = -0.5) with antialiasing, as Pillow, torch and the measures of generated pictures
    have it; in whole numbers, so that every processor gives the same bytes.

    Args:
        pixels_HWC: uint8, RGB, RGBA (a pixel counts by its alpha) or gray as HW.
        size_px: the side of the square.
        extent_px: the width and height that count, where the last column and row stand over the
            picture's edge by a part of a pixel; else all.
    """
    height, width, *channels = pixels_HWC.shape
    kind = PIXEL_TYPES[tuple(channels)]
    extent = CropBox(0, 0, *(extent_px or (width, height)))
    square = ImageData(size_px, size_px, kind)
    Resizer().resize(
        ImageData(width, height, kind, pixels_HWC.tobytes()),
        square,
        ResizeOptions(BICUBIC, crop_box=extent),
    )
    return np.frombuffer(square.get_buffer(), np.uint8).reshape(size_px, size_px, *channels)


def to_gray(color_HWC: Pixels) -> Pixels:
    """Give the luma of a picture as HW."""
    return cast(Pixels, cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))
