"""Any file -> the line art that is to be coloured, at its own size."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from app.config import MOST_PX
from preprocessing.decode import Undecodable, decode
from storage import digest
from storage.errors import BadInput
from storage.records import DropReason

Gray = NDArray[np.uint8]

MAX_PIXELS = 40_000_000
WHITE = 255
WHY = {
    DropReason.TOO_LARGE: f"has more than {MAX_PIXELS // 1_000_000} million pixels; shrink it",
    DropReason.ANIMATED: "is animated; save one frame as a PNG",
}
NO_PICTURE = "is no whole PNG, JPEG, WebP, GIF or BMP; save it anew as one of these"

# What a scan's paper is: light on the scale of this share of the longer side.
PAPER_SHARE = 1 / 24
LIGHT_PX = 1024
"""So large a copy tells of the light."""
LOWEST_PAPER = 32
SPECKLE_PX = 3
INK_AT, PAPER_AT = 0.45, 0.88


@dataclass(frozen=True, slots=True)
class Drawing:
    """Line art, uint8, dark on white; its name is the md5 of the file it came from."""

    md5: str
    line_HW: Gray


def read_drawing(content: bytes, name: str, *, clean: bool = False) -> Drawing:
    """Open line art: any mode, upright, on white paper, as gray.

    Args:
        content: the whole file.
        name: what to call it in an error.
        clean: whether it is a scan or a photo, whose paper is to become white.

    Raises:
        BadInput: it cannot be opened.
    """
    color_HWC = read_color(content, name)
    if max(color_HWC.shape) > MOST_PX:
        raise BadInput(f"{name}: has a side of more than {MOST_PX} px; cut it into pieces")
    line_HW = cast(Gray, cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))
    return Drawing(digest.md5_of(content), clean_scan(line_HW) if clean else line_HW)


def at_most(line_HW: Gray, max_px: int) -> Gray:
    """Shrink lines so that their longer side is at most so many px; 0 leaves them."""
    height, width = line_HW.shape
    scale = max_px / max(height, width)
    if not max_px or scale >= 1:
        return line_HW
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cast(Gray, cv2.resize(line_HW, size, interpolation=cv2.INTER_AREA))


def read_color(content: bytes, name: str) -> NDArray[np.uint8]:
    """Open any picture as uint8 RGB on white.

    Raises:
        BadInput: it cannot be opened.
    """
    try:
        return decode(content, MAX_PIXELS).on_white()
    except Undecodable as error:
        raise BadInput(f"{name}: {WHY.get(error.reason, NO_PICTURE)}") from error


def clean_scan(line_HW: Gray) -> Gray:
    """Make paper white and ink black, whatever light it was seen in, and take speckles out.

    Each pixel is told by its share of the light that the paper around it sends back: the paper's
    is found by a closing wider than any line, smoothed. So smooth is light that a small copy tells
    of it as well, of 12 megapixels in a fortieth of the time.
    """
    calm_HW = cv2.medianBlur(line_HW, SPECKLE_PX)
    height, width = line_HW.shape
    scale = min(1.0, LIGHT_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small_HW = cv2.resize(calm_HW, size, interpolation=cv2.INTER_AREA)
    side = max(3, round(max(size) * PAPER_SHARE)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    light_HW = cv2.morphologyEx(small_HW, cv2.MORPH_CLOSE, kernel)
    light_HW = cv2.GaussianBlur(light_HW, (0, 0), side / 2)
    paper_HW = cv2.resize(light_HW, (width, height), interpolation=cv2.INTER_LINEAR)
    share_HW = calm_HW / np.maximum(paper_HW, LOWEST_PAPER).astype(np.float32)
    levels_HW = (share_HW - INK_AT) / (PAPER_AT - INK_AT)
    return cast(Gray, (np.clip(levels_HW, 0, 1) * WHITE).round().astype(np.uint8))
