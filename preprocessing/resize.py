"""Any picture -> a square of the dataset's size, and the bytes that a shard keeps of it."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from storage.errors import CorruptFile

PNG_LEVEL = 1


def to_square(color_HWC: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Resize the whole picture to a square; nothing is cut off, sides may stretch."""
    height, width = color_HWC.shape[:2]
    # Averaging is right for shrinking; enlarged by it, a picture would show its pixels.
    shrinks = min(height, width) >= size_px
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(color_HWC, (size_px, size_px), interpolation=method)
    return cast(NDArray[np.uint8], resized)


def to_gray(color_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the luma of a picture as HW."""
    return cast(NDArray[np.uint8], cv2.cvtColor(color_HWC, cv2.COLOR_RGB2GRAY))


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """Encode HWC RGB or HW gray without loss; the same picture gives the same bytes."""
    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    _, encoded = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL])
    return encoded.tobytes()


def decode_png(content: bytes, where: str) -> NDArray[np.uint8]:
    """Decode a sample's PNG as it was stored: HWC RGB or HW gray.

    Raises:
        CorruptFile: it does not decode; `where` names it.
    """
    stored = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None:
        raise CorruptFile(f"{where}: no readable PNG; delete its shard and run again")
    picture = cv2.cvtColor(stored, cv2.COLOR_BGR2RGB) if stored.ndim == 3 else stored
    return cast(NDArray[np.uint8], picture)
