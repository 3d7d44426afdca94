"""Fit to train on, as far as one original can tell of itself? A reason for each that is not."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.config import CleanConfig
from preprocessing.decode import Undecodable, decode
from preprocessing.fingerprint import fingerprint
from preprocessing.resize import to_gray
from storage.records import DropReason, Measure

SQUARE_PX = 256
"""The side of the square that is judged, and kept for the dataset."""
THUMBNAIL_PX = 64
PAPER_WHITE = 245

Square = NDArray[np.uint8]


def is_of_square(size_px: int, width: int, height: int) -> bool:
    """Whether a smaller square of a picture is made of the one that is judged.

    Not if that one was enlarged: it would be shrunk to less than the picture has.
    """
    return size_px < SQUARE_PX <= min(width, height)


def measure(md5: str, content: bytes, max_pixels: int) -> tuple[Measure, Square | None]:
    """Look at one original; give what it tells, and the square to which it was shrunk."""
    try:
        picture = decode(content, max_pixels, enough_px=SQUARE_PX)
    except Undecodable as refused:
        return Measure(md5, refused.reason, 0, 0, "", 0.0, lossless=False), None
    square = picture.square(SQUARE_PX)
    told = Measure(
        md5,
        None,
        picture.width,
        picture.height,
        fingerprint(to_gray(square)),
        colorfulness(square),
        picture.lossless,
    )
    return told, square


def screen(measured: Measure, config: CleanConfig) -> DropReason | None:
    """Give the reason for which an original is not fit, if there is one."""
    short, long = sorted((measured.width, measured.height))
    if measured.reason:
        return measured.reason
    if short < config.min_side_px:
        return DropReason.TOO_SMALL
    if long > config.max_aspect * short:
        return DropReason.TOO_LONG
    # A page of one even colour has nothing to be told from its like by, and no drawing on it.
    if measured.colorfulness < config.min_colorfulness or not measured.fingerprint:
        return DropReason.MONOCHROME
    return None


def colorfulness(color_HWC: NDArray[np.uint8]) -> float:
    """Give Hasler and Suesstrunk's colourfulness M (2003), over the pixels that are not white.

    About 15 is slightly, 33 moderately, 82 quite colourful; 0 is gray. White is left out since
    a drawing's paper says nothing of its colours.
    """
    # Plane by plane and in whole numbers, as it is fastest, for it is asked of every picture.
    red, green, blue = cv2.split(color_HWC)
    lightest = cv2.min(cv2.min(red, green), blue)
    _, ink = cv2.threshold(lightest, PAPER_WHITE - 1, 255, cv2.THRESH_BINARY_INV)
    # Black adds to no sum.
    red, green, blue = (cv2.bitwise_and(each, ink).astype(np.int16) for each in (red, green, blue))
    num_inked = max(1, cv2.countNonZero(ink))
    mean, deviation = _spread(red - green, num_inked)
    twice_mean, twice_deviation = _spread(red + green - 2 * blue, num_inked)
    spread = math.hypot(deviation, twice_deviation / 2)
    return round(spread + 0.3 * math.hypot(mean, twice_mean / 2), 3)


def _spread(values: NDArray[np.int16], count: int) -> tuple[float, float]:
    """Give mean and standard deviation of so many values; all others are 0."""
    mean = cv2.sumElems(values)[0] / count
    square = cv2.norm(values, cv2.NORM_L2SQR) / count
    return mean, math.sqrt(max(0.0, square - mean * mean))


def largest_difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Give the largest mean of |difference| in any 3x3 box of two thumbnails, 0 to 255.

    A re-encoding differs a little everywhere, a variant (other eyes, another colour) much in one
    place; a hash of the whole sees only the first.
    """
    difference = np.abs(one.astype(np.float32) - other.astype(np.float32)).max(axis=2)
    return float(cv2.blur(difference, (3, 3)).max())
