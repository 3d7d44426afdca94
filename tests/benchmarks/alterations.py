"""What happens to a drawing on its way through the web: what makes a copy, and what a variant."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from mixed_drawing import CHANGES, RGB, draw
from PIL import Image

from scraper.sample_booru import drawings

DRAWN_SIZE, MOJI_PX = (640, 800), 640
MIN_REGION, MAX_REGION = 0.005, 0.2
"""Shares of a picture between which a region is worth a change of color."""
HUES = 180


@dataclass(frozen=True, slots=True)
class Original:
    """A drawing (RGB, HWC), its file, and what its artist could have changed in it."""

    name: str
    picture: RGB
    content: bytes
    variants: Mapping[str, Callable[[], RGB]]


def drawn_originals(count: int, seed: int) -> list[Original]:
    """Draw figures, each with a variant of every kind."""
    found = []
    for number in range(count):
        one = partial(draw, (seed, number), DRAWN_SIZE)
        variants = {name: partial(one, name) for name in CHANGES}
        picture = one()
        found.append(Original(f"drawn-{number:03d}", picture, encoded(picture), variants))
    return found


def moji_originals(count: int) -> list[Original]:
    """Draw OpenMoji's first families; some have a variant: another skin tone."""
    families: dict[str, list[drawings.Drawing]] = {}
    for drawing in drawings.catalogue():
        families.setdefault(drawing.family, []).append(drawing)
    found = []
    for stem, (first, *others) in [*families.items()][:count]:
        variants = {"skin": partial(_moji, others[0])} if others else {}
        picture = _moji(first)
        found.append(Original(f"moji-{stem.lower()}", picture, encoded(picture), variants))
    return found


def _moji(drawing: drawings.Drawing) -> RGB:
    png = drawings.draw_color(drawing, MOJI_PX, MOJI_PX, "white")
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def encoded(picture: RGB, kind: str = "PNG", quality: int = 90) -> bytes:
    """Encode a picture as a file's bytes; quality is for JPEG and WebP."""
    stream = io.BytesIO()
    how = {"compress_level": 1} if kind == "PNG" else {"quality": quality}
    Image.fromarray(picture).save(stream, kind, **how)
    return stream.getvalue()


def rescaled(picture: RGB, scale: float) -> bytes:
    """Shrink or enlarge a picture."""
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return encoded(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method))


def cropped(picture: RGB, share: float) -> bytes:
    """Cut this share of width and height off, on two sides."""
    height, width = picture.shape[:2]
    return encoded(picture[: height - round(share * height), : width - round(share * width)])


def hue_turned(picture: RGB, degrees: int) -> bytes:
    """Turn all hues."""
    return encoded(_turned(picture, degrees))


def region_turned(picture: RGB, degrees: int) -> bytes | None:
    """Turn the hue of one flat region that is neither tiny nor most of the picture; or none is."""
    height, width = picture.shape[:2]
    chance = np.random.default_rng(0)
    for _ in range(60):
        mask = np.zeros((height + 2, width + 2), np.uint8)
        seed = (int(chance.integers(width)), int(chance.integers(height)))
        is_colored = np.ptp(picture[seed[1], seed[0]]) > 60
        flags = 4 | cv2.FLOODFILL_MASK_ONLY
        area = cv2.floodFill(picture.copy(), mask, seed, 0, (8,) * 3, (8,) * 3, flags)[0]
        if is_colored and MIN_REGION < area / (height * width) < MAX_REGION:
            inside = mask[1:-1, 1:-1, None] > 0
            return encoded(np.where(inside, _turned(picture, degrees), picture))
    return None


def _turned(picture: RGB, degrees: int) -> RGB:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    turned = (hsv[..., 0].astype(np.int32) + degrees // 2) % HUES
    hsv[..., 0] = turned.astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


COPIES: Mapping[str, Callable[[RGB], bytes]] = {
    **{f"JPEG {q}": partial(encoded, kind="JPEG", quality=q) for q in (50, 70, 85, 95)},
    **{f"WebP {q}": partial(encoded, kind="WEBP", quality=q) for q in (60, 90)},
    **{f"x {scale}": partial(rescaled, scale=scale) for scale in (0.3, 0.5, 0.75, 1.5)},
}
"""What every eye takes for the same picture: one of it is enough."""

CROPS: Mapping[str, Callable[[RGB], bytes]] = {
    f"crop {100 * share:.0f} %": partial(cropped, share=share) for share in (0.01, 0.03, 0.05, 0.1)
}

RECOLORED: Mapping[str, Callable[[RGB], bytes | None]] = {
    "hue +30°": partial(hue_turned, degrees=30),
    "hue +90°": partial(hue_turned, degrees=90),
    "region +90°": partial(region_turned, degrees=90),
}
"""Another colouring of the same lines: to a model that colours, another picture."""
