"""Bytes of any original -> its pixels, as RGB on white paper. The one place that trusts no file."""

import io
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from preprocessing.pixels import read_pixels
from preprocessing.profiles import to_srgb
from preprocessing.resize import to_square
from preprocessing.structure import has_chunk, is_whole
from storage.records import DropReason

Color = NDArray[np.uint8]

# A program's whole workflow may stand in a PNG; Pillow stops at 1 MiB of packed text of 64.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY

# Pillow knows many more, some of which run other programs.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
LOSSLESS_FORMATS = {"PNG", "BMP"}
BROKEN = (OSError, SyntaxError, ValueError, LookupError, EOFError, struct.error, cv2.error)
ORIENTATION_TAG = 0x0112
TURNS: dict[int, Callable[[Color], Color]] = {
    2: lambda color: color[:, ::-1],
    3: lambda color: color[::-1, ::-1],
    4: lambda color: color[::-1],
    5: lambda color: color.swapaxes(0, 1),
    6: lambda color: np.rot90(color, -1),
    7: lambda color: np.rot90(color, 2).swapaxes(0, 1),
    8: lambda color: np.rot90(color),
}
LYING = {5, 6, 7, 8}


class Undecodable(Exception):
    """The bytes are no picture that can be used; says why."""

    def __init__(self, reason: DropReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded original, upright.

    `pixels_HWC` is uint8, RGB or RGBA, perhaps at a fraction of the true `width` and `height` in
    px. `lossless` tells of the file's format.
    """

    pixels_HWC: Color
    lossless: bool
    width: int
    height: int

    def on_white(self) -> Color:
        """Give the picture as RGB, what is transparent laid on white."""
        return _on_white(_inked(self.pixels_HWC))

    def square(self, size_px: int) -> Color:
        """Resize the whole picture to an RGB square on white, sides stretched, at its exact scale.

        At a fraction, a side that it does not divide is rounded up by a part of a pixel, which
        would put everything askew by up to a pixel of the original: 10 dB, measured.
        """
        fraction = round(self.width / self.pixels_HWC.shape[1])
        extent_px = (self.width / fraction, self.height / fraction)
        return _on_white(to_square(_inked(self.pixels_HWC), size_px, extent_px))


def decode(content: bytes, max_pixels: int, *, enough_px: int | None = None) -> Picture:
    """Decode all of an original.

    Args:
        content: the whole file.
        max_pixels: no more than these are ever decoded.
        enough_px: the side of the largest square() wanted; of a larger JPEG fewer pixels are
            decoded, at least half as many again on each side. None decodes all.

    Raises:
        Undecodable: corrupt, animated, or of more than `max_pixels` pixels.
    """
    if not is_whole(content):
        raise Undecodable(DropReason.CORRUPT)
    try:
        # Pillow warns of odd metadata; the pixels decide, and they are read in full.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _refuse(image, max_pixels)
                return _decode(image, content, enough_px)
    except Image.DecompressionBombError as error:
        raise Undecodable(DropReason.TOO_LARGE) from error
    except BROKEN as error:
        raise Undecodable(DropReason.CORRUPT) from error


def _refuse(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise Undecodable(DropReason.TOO_LARGE)
    # A camera's MPO holds other views beside its picture, no film.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise Undecodable(DropReason.ANIMATED)


def _decode(image: Image.Image, content: bytes, enough_px: int | None) -> Picture:
    width, height = image.size
    orientation = _orientation(image, content)
    # A fraction's part of a pixel has to stay at the right and bottom, where square() seeks it.
    stored = read_pixels(image, content, enough_px if orientation == 1 else None)
    profile = image.info.get("icc_profile")
    # A PNG may have a text of that name.
    pixels = to_srgb(stored, profile if isinstance(profile, bytes) else None)
    if orientation in LYING:
        width, height = height, width
    if orientation in TURNS:
        pixels = np.ascontiguousarray(TURNS[orientation](pixels))
    return Picture(pixels, image.format in LOSSLESS_FORMATS, width, height)


def _inked(color: Color) -> Color:
    """Multiply the colours of RGBA by their alpha; RGB is given as it is."""
    if color.shape[2] == 3:
        return color
    return cast(Color, cv2.cvtColor(color, cv2.COLOR_RGBA2mRGBA))


def _on_white(inked: Color) -> Color:
    """Lay inked colours on white paper; the rounding is that of the exact sum."""
    if inked.shape[2] == 3:
        return inked
    paper = cv2.bitwise_not(cv2.extractChannel(inked, 3))
    ink = cv2.cvtColor(inked, cv2.COLOR_RGBA2RGB)
    return cast(Color, cv2.add(ink, cv2.cvtColor(paper, cv2.COLOR_GRAY2RGB)))


def _orientation(image: Image.Image, content: bytes) -> int:
    """Give how the picture has to be turned, as EXIF says it; 1 if it stands."""
    if image.format == "PNG" and has_chunk(content, b"eXIf"):
        image.load()  # the chunk may stand behind the pixels
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        return int(exif.get(ORIENTATION_TAG, 1))
    except (SyntaxError, ValueError, TypeError, OverflowError, struct.error):
        return 1
