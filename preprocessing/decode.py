"""Bytes of any original -> its pixels, as RGB on white paper. The one place that trusts no file."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from preprocessing.structure import is_whole
from storage.records import DropReason

WHITE = (255, 255, 255, 255)
LOSSLESS_FORMATS = {"PNG", "BMP", "TIFF"}
SRGB = ImageCms.createProfile("sRGB")


class Undecodable(Exception):
    """The bytes are no picture that can be used; says why."""

    def __init__(self, reason: DropReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded original: uint8 RGB on white, upright; and whether its file format is lossless."""

    color_HWC: NDArray[np.uint8]
    lossless: bool


def decode(content: bytes, max_pixels: int) -> Picture:
    """Decode all of an original.

    Raises:
        Undecodable: corrupt, animated, or of more than `max_pixels` pixels.
    """
    if not is_whole(content):
        raise Undecodable(DropReason.CORRUPT)
    try:
        # Pillow warns of odd metadata; the pixels decide, and they are loaded in full below.
        with warnings.catch_warnings(), Image.open(io.BytesIO(content)) as image:
            warnings.simplefilter("ignore")
            _refuse(image, max_pixels)
            lossless = image.format in LOSSLESS_FORMATS
            return Picture(np.asarray(_on_white(image)), lossless)
    except Image.DecompressionBombError as error:
        raise Undecodable(DropReason.TOO_LARGE) from error
    except (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError) as error:
        raise Undecodable(DropReason.CORRUPT) from error


def _refuse(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise Undecodable(DropReason.TOO_LARGE)
    if getattr(image, "n_frames", 1) > 1:
        raise Undecodable(DropReason.ANIMATED)


def _on_white(image: Image.Image) -> Image.Image:
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        # Pillow clips 16-bit gray when it converts; we keep the high byte.
        return Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8)).convert("RGB")
    if not upright.has_transparency_data:
        return _to_srgb(upright).convert("RGB")
    drawn = _to_srgb(upright.convert("RGBA"))
    return Image.alpha_composite(Image.new("RGBA", drawn.size, WHITE), drawn).convert("RGB")


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert colours by the file's own profile; without one (or a broken one) they are sRGB."""
    profile = image.info.get("icc_profile")
    # A profile speaks of the pixels as they are stored; palettes and gray are sRGB in practice.
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    output = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        converted = ImageCms.profileToProfile(image, io.BytesIO(profile), SRGB, outputMode=output)
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image
