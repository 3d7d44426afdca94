"""The pictures inside a sample: lossless PNG, RGB (HWC) or gray (HW), uint8, 255 is white."""

from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from storage.errors import CorruptFile

Picture = NDArray[np.uint8]

# Runs of the differences to the row above: half the time of zlib's level 1, and about its size.
PNG_SETTINGS = (
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
)
HOW = {"RGB": cv2.IMREAD_COLOR_RGB, "L": cv2.IMREAD_GRAYSCALE}


def encode_png(picture: Picture) -> bytes:
    """Encode HWC RGB or HW gray without loss; the same picture gives the same bytes."""
    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    _, encoded = cv2.imencode(".png", stored, PNG_SETTINGS)
    return encoded.tobytes()


def decode_png(content: bytes, mode: Literal["RGB", "L"], where: str) -> Picture:
    """Decode a sample's picture as HWC RGB or HW gray.

    Raises:
        CorruptFile: it does not decode; `where` names it.
    """
    stored = np.frombuffer(content, np.uint8)
    picture = cv2.imdecode(stored, HOW[mode]) if content else None
    if picture is None:
        raise CorruptFile(f"{where}: no readable PNG; delete its shard and run condition again")
    return cast(Picture, picture)
