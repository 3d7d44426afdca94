"""Colours as a file's own profile means them -> sRGB."""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

SRGB = ImageCms.createProfile("sRGB")
MODES = {3: "RGB", 4: "RGBA"}
PROBE_LEVELS = 9
AS_GOOD_AS_SRGB = 2
REMEMBERED = 32


def to_srgb(color_HWC: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """Convert RGB or RGBA to sRGB, alpha untouched.

    Without a profile, with a broken one or one for gray or ink, the colours are taken for sRGB.
    """
    transform = _transform(profile, MODES[color_HWC.shape[2]]) if profile else None
    return np.asarray(transform.apply(Image.fromarray(color_HWC))) if transform else color_HWC


def ink_to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert CMYK to RGB, by its profile if that is of use."""
    transform = _transform(profile, "CMYK") if profile else None
    return transform.apply(image) if transform else image.convert("RGB")


@lru_cache(REMEMBERED)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Give what turns a profile's colours into sRGB; None if it cannot, or need not."""
    output = "RGB" if mode == "CMYK" else mode
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, SRGB, mode, output)
    except (ImageCms.PyCMSError, OSError):
        return None
    # Most profiles in files are sRGB itself, by one of many names.
    return None if mode == output and _changes_little(transform, mode) else transform


def _changes_little(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.linspace(0, 255, PROBE_LEVELS).astype(np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, PROBE_LEVELS, 3)
    probe = Image.fromarray(colors).convert(mode)
    change = np.asarray(transform.apply(probe)).astype(int) - np.asarray(probe)
    return bool(np.abs(change).max() <= AS_GOOD_AS_SRGB)
