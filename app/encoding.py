"""Pictures <-> bytes: strokes that a person sends, answers that they get."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.drawing import MAX_PIXELS
from storage.errors import BadInput

TOO_LARGE = f"{{}}: more than {MAX_PIXELS // 1_000_000} million pixels"
# One filter for all rows takes half the time of choosing one a row.
QUICKLY = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]


def read_strokes(content: bytes, name: str) -> NDArray[np.uint8]:
    """Open strokes: a PNG with an alpha channel, clear where nothing is painted; RGBA.

    Raises:
        BadInput: it is none, or too large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadInput(TOO_LARGE.format(name))
            if image.mode == "P" and image.palette is None:
                raise OSError("places in a palette, and no palette")
            if not image.has_transparency_data:
                raise BadInput(
                    f"{name}: has no clear pixels; wanted strokes on a clear layer (RGBA)"
                )
            return np.asarray(image.convert("RGBA"))
    except Image.DecompressionBombError as error:
        raise BadInput(TOO_LARGE.format(name)) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput(f"{name}: is no readable PNG; wanted strokes on a clear layer") from error


def to_png(picture: NDArray[np.uint8]) -> bytes:
    """Give a picture (HW, RGB or RGBA) as a PNG, in little time rather than in few bytes."""
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    stored = cv2.cvtColor(picture, order[picture.shape[2]]) if picture.ndim == 3 else picture
    _, content = cv2.imencode(".png", stored, QUICKLY)
    return content.tobytes()
