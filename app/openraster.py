"""Layers -> an OpenRaster file, which Krita, GIMP and MyPaint open.

Source: the OpenRaster specification, "Baseline": a zip whose first entry, stored, is its mimetype.
"""

import io
import zipfile
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.encoding import to_png

MIMETYPE = "image/openraster"
VERSION = "0.0.6"
THUMBNAIL_PX = 256
# A zip entry wants a time; the oldest there is says none.
NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, uint8 HW, HWC of 3 or of 4; `blend` is a mode of SVG's."""

    name: str
    picture: NDArray[np.uint8]
    blend: str = "src-over"
    visible: bool = True


def write(layers: list[Layer], merged_HWC: NDArray[np.uint8]) -> bytes:
    """Write layers, the topmost first, and the picture that they give together."""
    height, width = merged_HWC.shape[:2]
    image = Element("image", version=VERSION, w=str(width), h=str(height), xres="72", yres="72")
    stack = SubElement(image, "stack")
    thumbnail = Image.fromarray(merged_HWC)
    thumbnail.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as ora:
        _add(ora, "mimetype", MIMETYPE.encode())
        for number, layer in enumerate(layers):
            place = f"data/layer{number}.png"
            _add(ora, place, _png(layer.picture))
            SubElement(
                stack,
                "layer",
                {"name": layer.name, "src": place, "x": "0", "y": "0", "opacity": "1.0"},
                visibility="visible" if layer.visible else "hidden",
                **{"composite-op": f"svg:{layer.blend}"},
            )
        _add(ora, "stack.xml", tostring(image, encoding="UTF-8", xml_declaration=True))
        _add(ora, "mergedimage.png", _png(merged_HWC))
        _add(ora, "Thumbnails/thumbnail.png", _png(np.asarray(thumbnail)))
    return content.getvalue()


def _add(ora: zipfile.ZipFile, name: str, content: bytes) -> None:
    ora.writestr(zipfile.ZipInfo(name, NO_TIME), content)


def _png(picture: NDArray[np.uint8]) -> bytes:
    # Some readers take 8-bit RGBA only.
    return to_png(np.asarray(Image.fromarray(picture).convert("RGBA")))
