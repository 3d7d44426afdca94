"""Fit to train on, as far as one look at one original can tell? A reason for each that is not."""

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.config import CleanConfig
from preprocessing.decode import Undecodable, decode
from preprocessing.fingerprint import fingerprint
from preprocessing.resize import to_gray, to_square
from storage.records import DropReason, Measure

THUMBNAIL_PX = 64
JUDGED_PX = 256
PAPER_WHITE = 245


def measure(md5: str, content: bytes, config: CleanConfig) -> Measure:
    """Look at one original."""
    try:
        picture = decode(content, config.max_pixels)
    except Undecodable as refused:
        return Measure(md5, refused.reason, 0, 0, "", 0.0, lossless=False)
    height, width = picture.color_HWC.shape[:2]
    judged = to_square(picture.color_HWC, JUDGED_PX)
    vividness = colorfulness(judged)
    reason = _reason(height, width, vividness, config)
    looks = fingerprint(to_gray(judged))
    return Measure(md5, reason, width, height, looks, vividness, picture.lossless)


def thumbnail(content: bytes, config: CleanConfig) -> NDArray[np.uint8]:
    """Shrink an original to 64x64 RGB, to be compared with its like."""
    return to_square(decode(content, config.max_pixels).color_HWC, THUMBNAIL_PX)


def colorfulness(color_HWC: NDArray[np.uint8]) -> float:
    """Give Hasler and Suesstrunk's colourfulness M (2003), over the pixels that are not white.

    About 15 is slightly, 33 moderately, 82 quite colourful; 0 is gray. White is left out since
    a drawing's paper says nothing of its colours.
    """
    drawn = color_HWC[(color_HWC < PAPER_WHITE).any(axis=2)].astype(np.float64)
    if not len(drawn):
        return 0.0
    red, green, blue = drawn.T
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(round(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()), 3))


def largest_difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Give the largest mean of |difference| in any 5x5 box of two thumbnails, 0 to 255.

    A re-encoding differs a little everywhere, a variant (other eyes, another colour) much in one
    place; a hash of the whole sees only the first.
    """
    difference = np.abs(one.astype(np.float32) - other.astype(np.float32)).max(axis=2)
    return float(cv2.blur(difference, (5, 5)).max())


def _reason(height: int, width: int, vividness: float, config: CleanConfig) -> DropReason | None:
    if min(height, width) < config.min_side_px:
        return DropReason.TOO_SMALL
    if max(height, width) > config.max_aspect * min(height, width):
        return DropReason.TOO_LONG
    if vividness < config.min_colorfulness:
        return DropReason.MONOCHROME
    return None
