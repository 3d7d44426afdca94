"""A file's pixels as they are stored: by OpenCV where it reads them right, by Pillow elsewhere.

OpenCV is the faster one, can read a JPEG at a fraction of its size, and at full size gives the
same pixels; at a fraction, a progressive one does without its last bits. Of a plain PNG
kornia's decoder gives the same in 40 % of the time; of one with a palette it gives the places in
it. Pillow is left with CMYK, GIF and BMP.
"""

from typing import cast

import cv2
import numpy as np
from kornia_rs.io import decode_image_png_u8
from numpy.typing import NDArray
from PIL import Image
from PIL.ImagePalette import ImagePalette
from PIL.JpegImagePlugin import JpegImageFile

from preprocessing.profiles import ink_to_srgb
from preprocessing.scans import without_refinements
from preprocessing.structure import only_pixels

Pixels = NDArray[np.uint8]

# Of these flags only the divisor counts here; what is read is said by IMREAD_COLOR_RGB.
REDUCED = {
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
}
PLAIN = {"RGB": "rgb", "RGBA": "rgba", "L": "mono", "P": "mono"}
"""Pillow's names of PNGs of 8 bits a sample, and kornia's of what they hold."""
UPRIGHT_RGB = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
TIMES_ENOUGH = 1.5
TO_RGB = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}
BIT_DEPTH_PLACE = 24


def read_pixels(image: Image.Image, content: bytes, enough_px: int | None) -> Pixels:
    """Read all pixels of a file, as they lie in it: colours not managed, not turned upright.

    Args:
        image: `content` opened but not loaded.
        content: the whole file.
        enough_px: the side of a square that will do: a JPEG is then read at the smallest of 1/8,
            1/4, 1/2 and all of its size with both sides at least half as long again. In px.

    Returns:
        HWC, RGB or (where the file knows transparency) RGBA.

    Raises:
        OSError, cv2.error and what else Pillow raises: the pixels are broken.
    """
    if image.format == "PNG":
        return _read_png(image, content)
    if image.format == "WEBP":
        return _in_rgb(_read(content, cv2.IMREAD_UNCHANGED))
    if isinstance(image, JpegImageFile) and image.mode != "CMYK":
        return _read_jpeg(image, content, enough_px)
    image.load()
    if image.mode == "CMYK":
        image = ink_to_srgb(image, image.info.get("icc_profile"))
    return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def _read(content: bytes, flags: int) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if pixels is None:
        raise OSError("OpenCV makes no picture of it")
    return cast(Pixels, pixels)


def _read_jpeg(image: JpegImageFile, content: bytes, enough_px: int | None) -> Pixels:
    reduction = _reduction(image, enough_px)
    if reduction and image.info.get("progressive"):
        content = without_refinements(content, _tables(image))
    return _read(content, UPRIGHT_RGB | reduction)


def _tables(image: JpegImageFile) -> dict[int, list[int]]:
    """Give the tables of a JPEG's components with a sample for each pixel; others are means."""
    most = max(across * down for _, across, down, _ in image.layer)
    return {
        name: image.quantization[table]
        for name, across, down, table in image.layer
        # One may stand behind the header, where its component begins.
        if across * down == most and table in image.quantization
    }


def _reduction(image: Image.Image, enough_px: int | None) -> int:
    wanted = TIMES_ENOUGH * enough_px if enough_px else max(image.size)
    return next((flag for by, flag in REDUCED.items() if min(image.size) // by >= wanted), 0)


def _read_png(image: Image.Image, content: bytes) -> Pixels:
    is_plain = content[BIT_DEPTH_PLACE] == 8 and "transparency" not in image.info
    if image.mode in PLAIN and is_plain:
        return _read_plain_png(image, content)
    pixels = _read(only_pixels(content), cv2.IMREAD_UNCHANGED)
    paper = image.info.get("transparency") if pixels.ndim == 2 else None
    opacity = None if paper is None else _opacity(pixels, paper, content[BIT_DEPTH_PLACE])
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    return _in_rgb(pixels) if opacity is None else np.dstack([pixels] * 3 + [opacity])


def _read_plain_png(image: Image.Image, content: bytes) -> Pixels:
    size = (image.height, image.width)
    try:
        pixels: Pixels = decode_image_png_u8(content, size, PLAIN[image.mode])
    except Exception as error:
        raise OSError(str(error)) from error
    if image.mode == "P":
        return _colored(pixels, image.palette)
    return _in_rgb(pixels) if image.mode == "L" else pixels


def _colored(places_HW1: Pixels, palette: ImagePalette | None) -> Pixels:
    """Give the colours that stand at these places of a palette; those beyond its end are black."""
    if palette is None:
        raise OSError("places in a palette, and no palette")
    colors = np.zeros((256, 1, 3), np.uint8)
    told = np.frombuffer(bytes(palette.getdata()[1]), np.uint8).reshape(-1, 1, 3)
    colors[: len(told)] = told
    return cast(Pixels, cv2.applyColorMap(places_HW1, colors))


def _opacity(gray_HW: Pixels, paper: int, bit_depth: int) -> Pixels:
    """Give the alpha of a gray PNG with a transparent level, which OpenCV passes over."""
    # A level of few bits has been stretched to 8, the level that is paper has not.
    stretched = paper if bit_depth >= 8 else paper * (255 // (2**bit_depth - 1))
    return np.where(gray_HW == stretched, 0, 255).astype(np.uint8)


def _in_rgb(pixels: Pixels) -> Pixels:
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    return cast(Pixels, cv2.cvtColor(pixels, TO_RGB[channels]))
