"""Files of any folder -> what a model is given and judged by, made as a dataset makes it.

The one room of this folder that opens files as preprocessing does.
A picture of a dataset gets here the very square, edges and hint that it has there.
"""

from dataclasses import dataclass, field
from pathlib import Path

from evaluation.folder import Item
from evaluation.pairs import Pair
from evaluation.pixelwise import Pictures
from preprocessing.config import CleanConfig, ConditionConfig
from preprocessing.decode import Picture, Undecodable, decode
from preprocessing.hints import hint_of
from preprocessing.pairs import draw_edges
from preprocessing.resize import to_gray, to_square
from preprocessing.screen import SQUARE_PX, is_of_square
from storage import digest, files
from storage.images import MAX_LINE_PIXELS
from storage.records import DropReason

__all__ = ["Alone", "ConditionConfig", "Given", "Reader", "Skipped"]

MAX_PIXELS = CleanConfig().max_pixels


@dataclass(frozen=True, slots=True)
class Given:
    """One picture by its file's name, opened as a dataset's; its md5 is that of the file."""

    name: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Alone:
    """Line art that belongs to no picture: uint8, white is 255; the md5 is that of its file.

    `width` and `height` are its own, before it became a square.
    """

    name: str
    md5: str
    width: int
    height: int
    line_HW: Pictures


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

    def read(self, item: Item) -> Given | Alone | None:
        """Open an item; None if nothing of it can be used, or it has been there already."""
        drawn = self._decode(item.lines, MAX_LINE_PIXELS, self.size_px)
        line_HW = None if drawn is None else to_gray(drawn[1].square(self.size_px))
        if item.picture is None:
            if drawn is None or line_HW is None:
                return None
            md5, lines = drawn
            return Alone(item.name, md5, lines.width, lines.height, line_HW)
        opened = self._open(item.picture)
        if opened is None:
            return None
        md5, color_HWC = opened
        if md5 in self.seen:
            self.skipped.append(Skipped(files.readable(item.picture), DropReason.EXACT_DUPLICATE))
            return None
        self.seen.add(md5)
        hints = self.config.hints
        hint_HWC, mask_HW = hint_of(color_HWC, hints, digest.seed_of(self.seed, "hint", md5))
        return Given(
            item.name,
            Pair(
                md5=md5,
                family="",
                post_url="",
                source="",
                color_HWC=color_HWC,
                edge_HW=draw_edges(color_HWC, self.config.edges),
                hint_HWC=hint_HWC,
                mask_HW=mask_HW,
                line_HW=line_HW,
            ),
        )

    def _open(self, path: Path) -> tuple[str, Pictures] | None:
        """Give a picture's md5, and its square as `pack` makes it."""
        opened = self._decode(path, MAX_PIXELS, max(self.size_px, SQUARE_PX))
        if opened is None:
            return None
        md5, picture = opened
        if self.size_px >= SQUARE_PX:
            return md5, picture.square(self.size_px)
        if is_of_square(self.size_px, picture.width, picture.height):
            return md5, to_square(picture.square(SQUARE_PX), self.size_px)
        # A JPEG is read at the fraction that is enough, which is another for another size.
        again = self._decode(path, MAX_PIXELS, self.size_px)
        return again and (md5, again[1].square(self.size_px))

    def _decode(
        self, path: Path | None, max_pixels: int, enough_px: int
    ) -> tuple[str, Picture] | None:
        if path is None:
            return None
        try:
            content = path.read_bytes()
            picture = decode(content, max_pixels, enough_px=enough_px)
        except OSError:
            self.skipped.append(Skipped(files.readable(path), DropReason.UNREACHABLE))
            return None
        except Undecodable as error:
            self.skipped.append(Skipped(files.readable(path), error.reason))
            return None
        return digest.md5_of(content), picture
