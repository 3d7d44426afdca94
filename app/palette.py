"""Colours to paint with: those of a reference picture, and turned ones."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOOK_PX = 256
# Paper and ink are no colours to paint with.
INK_BELOW, PAPER_ABOVE = 24, 244
CANDIDATES = 32
HALF_TURN = 180
LEAST_APART = 24.0
LEAST_SHARE = 0.003


def palette_of(color_HWC: NDArray[np.uint8], number: int = 10) -> list[str]:
    """Give a picture's main colours, the most frequent first, none like another: `#rrggbb`."""
    image = Image.fromarray(color_HWC)
    # Averaging would mix colours that are not there.
    image.thumbnail((LOOK_PX, LOOK_PX), Image.Resampling.NEAREST)
    quantized = image.quantize(CANDIDATES, Image.Quantize.MEDIANCUT, kmeans=2)
    table = np.asarray(quantized.getpalette(), dtype=np.uint8).reshape(-1, 3)
    counted = cast(list[tuple[int, int]], quantized.getcolors(CANDIDATES))
    least = LEAST_SHARE * image.width * image.height
    chosen: list[NDArray[np.int64]] = []
    for count, place in sorted(counted, key=lambda each: (-each[0], each[1])):
        color = table[place].astype(np.int64)
        if (
            count >= least
            and _is_color(color)
            and all(_apart(color, each) >= LEAST_APART for each in chosen)
        ):
            chosen.append(color)
    return ["#{:02x}{:02x}{:02x}".format(*color) for color in chosen[:number]]


def turn_hues(color_HWC: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """Turn all hues by some degrees; white, gray and black stay."""
    hsv = cv2.cvtColor(color_HWC, cv2.COLOR_RGB2HSV).astype(np.int16)
    hsv[..., 0] = (hsv[..., 0] + degrees // 2) % HALF_TURN  # OpenCV counts hues in 2 degrees
    turned = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    return cast(NDArray[np.uint8], turned)


def _is_color(color: NDArray[np.int64]) -> bool:
    return bool(color.max() > INK_BELOW and color.min() < PAPER_ABOVE)


def _apart(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    return float(np.linalg.norm(one - other))
