"""Files of any folder -> what a model is given and judged by, made as a dataset makes it.

The one room of this folder that knows how pictures are decoded and how edges and hints are drawn.
A picture of a dataset gets here the very square, edges and hint that it has there.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evaluation.folder import Item, readable
from evaluation.pixelwise import WHITE, Pictures
from preprocessing.config import CleanConfig, ConditionConfig
from preprocessing.decode import Picture, Undecodable, decode
from preprocessing.hints import hint_of
from preprocessing.pairs import draw_edges
from preprocessing.resize import to_gray, to_square
from preprocessing.screen import SQUARE_PX
from storage import digest
from storage.records import DropReason

__all__ = ["ConditionConfig", "Given", "Reader", "Skipped"]

MAX_PIXELS = CleanConfig().max_pixels


@dataclass(frozen=True, slots=True)
class Given:
    """One item, opened: uint8, white is 255; its md5 is that of the picture's file.

    Without a picture there is nothing to draw edges and hints from: `color_HWC` is then None,
    `edge_HW` is the line art, and the hint is white.
    """

    name: str
    md5: str
    width: int
    height: int
    color_HWC: Pictures | None
    edge_HW: Pictures
    hint_HWC: Pictures
    mask_HW: Pictures
    line_HW: Pictures | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file that was not looked at, and why."""

    file: str
    reason: DropReason


@dataclass(slots=True)
class Reader:
    """Opens items one by one, and remembers what had to be skipped.

    `size_px` is the side of the squares; `seed` decides the hints together with a picture's md5.
    """

    size_px: int
    config: ConditionConfig
    seed: int
    skipped: list[Skipped] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def read(self, item: Item) -> Given | None:
        """Open an item; None if nothing of it can be used, or it has been there already."""
        drawn = self._decode(item.lines)
        line_HW = None if drawn is None else to_gray(self._square(drawn[1]))
        if item.picture is None:
            return None if drawn is None or line_HW is None else _alone(item.name, drawn, line_HW)
        opened = self._decode(item.picture)
        if opened is None:
            return None
        md5, picture = opened
        if md5 in self.seen:
            self.skipped.append(Skipped(readable(item.picture), DropReason.EXACT_DUPLICATE))
            return None
        self.seen.add(md5)
        color_HWC = self._square(picture)
        hints = self.config.hints
        hint_HWC, mask_HW = hint_of(color_HWC, hints, digest.seed_of(self.seed, "hint", md5))
        return Given(
            name=item.name,
            md5=md5,
            width=picture.width,
            height=picture.height,
            color_HWC=color_HWC,
            edge_HW=draw_edges(color_HWC, self.config.edges),
            hint_HWC=hint_HWC,
            mask_HW=mask_HW,
            line_HW=line_HW,
        )

    def _decode(self, path: Path | None) -> tuple[str, Picture] | None:
        if path is None:
            return None
        try:
            content = path.read_bytes()
            picture = decode(content, MAX_PIXELS, enough_px=max(self.size_px, SQUARE_PX))
        except OSError:
            self.skipped.append(Skipped(readable(path), DropReason.UNREACHABLE))
            return None
        except Undecodable as error:
            self.skipped.append(Skipped(readable(path), error.reason))
            return None
        return hashlib.md5(content).hexdigest(), picture

    def _square(self, picture: Picture) -> Pictures:
        """Resize as `pack` does: what becomes smaller than the square of `clean` is made of it."""
        if self.size_px < SQUARE_PX <= min(picture.width, picture.height):
            return to_square(picture.square(SQUARE_PX), self.size_px)
        return picture.square(self.size_px)


def _alone(name: str, drawn: tuple[str, Picture], line_HW: Pictures) -> Given:
    """Give line art that belongs to no picture, with a white hint."""
    md5, picture = drawn
    return Given(
        name=name,
        md5=md5,
        width=picture.width,
        height=picture.height,
        color_HWC=None,
        edge_HW=line_HW,
        hint_HWC=np.full((*line_HW.shape, 3), WHITE, np.uint8),
        mask_HW=np.zeros_like(line_HW),
        line_HW=line_HW,
    )
