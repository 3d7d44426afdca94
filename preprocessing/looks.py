"""One look at each original: what it tells, and the square it is shrunk to, for all datasets.

An original never changes, so it is looked at once. What is known lies beside the image store, by
the one setting that it depends on: a dataset that grows looks at what is new, no more.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from preprocessing.decode import decode
from preprocessing.resize import to_square
from preprocessing.screen import SQUARE_PX, THUMBNAIL_PX, measure
from preprocessing.structure import is_whole_png
from storage import digest, files, images, manifest, takedowns
from storage.layout import DataLayout, part_name, parts_in
from storage.parts import Each, while_wanted
from storage.pictures import decode_png, encode_png
from storage.progress import watch
from storage.records import TOMBSTONES, Contract, Measure, Post, Verdict

logger = logging.getLogger(__name__)

ORIGINALS_PER_PART = 250
Part = tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen of the originals below a root, none of more than so many pixels."""

    layout: DataLayout
    max_pixels: int

    @property
    def key(self) -> str:
        """What decides how an original looks."""
        told = {"contract": Contract.MEASURES.value, "max_pixels": self.max_pixels}
        return digest.of_settings(told)

    def at(self, posts: Sequence[Post], each: Each) -> list[Measure]:
        """Give the measures of originals, and look at those that nobody has looked at.

        What is known of an original that is gone is given too; of others that are gone, nothing.
        """
        wanted = {post.md5: post for post in posts}
        known = [row for row in self._known() if row.md5 in wanted]
        seen = {row.md5 for row in known}
        left = [post for post in wanted.values() if post.md5 not in seen and self._is_there(post)]
        logger.info("looks known=%d new=%d", len(known), len(left))
        if left:
            files.sweep(self.layout.looks(self.key), older_than_seconds=files.ABANDONED_SECONDS)
        with watch("clean", len(known) + len(left), already=len(known)) as advance:
            look = partial(_look_at_part, looks=self)
            found = each("look-at-part", look, _parts_of(left), lambda part: advance(len(part)))
        return known + [row for rows in found for row in rows]

    def thumbnail(self, post: Post) -> NDArray[np.uint8]:
        """Give an original at 64x64 px, to be compared with its like."""
        return to_square(self.square(post), THUMBNAIL_PX)

    def square(self, named: Post | Verdict) -> NDArray[np.uint8]:
        """Give an original at 256x256 px."""
        return decode_png(self.encoded(named), "RGB", f"square of {named.md5}")

    def encoded(self, named: Post | Verdict) -> bytes:
        """Give an original at 256x256 px as PNG; decode it again if its square was not kept."""
        with suppress(FileNotFoundError):
            kept = files.read_bytes(self.layout.square(self.key, named.md5))
            # It was not forced to the disk, so a machine that died may have left a part of it.
            if is_whole_png(kept):
                return kept
        content = images.load(self.layout, named.md5, named.extension, named.sha256)
        picture = decode(content, self.max_pixels, enough_px=SQUARE_PX)
        return encode_png(picture.square(SQUARE_PX))

    def _known(self) -> list[Measure]:
        paths = parts_in(self.layout.looks(self.key))
        tables = [manifest.read_table(path, Contract.MEASURES, Measure) for path in paths]
        tables.insert(0, takedowns.read(self.layout).measures(self.max_pixels))
        # Two runs at once may both have looked at one.
        return list({row.md5: row for table in tables for row in table}.values())

    def _is_there(self, post: Post) -> bool:
        """Whether an original can be looked at; one that should be there and is not, will tell."""
        if post.reason in TOMBSTONES:
            return self.layout.image(post.md5, post.extension).exists()
        return post.reason is None


def _parts_of(posts: Sequence[Post]) -> list[Part]:
    starts = range(0, len(posts), ORIGINALS_PER_PART)
    return [tuple(posts[start : start + ORIGINALS_PER_PART]) for start in starts]


def _look_at_part(part: Part, *, looks: Looks) -> list[Measure]:
    rows = []
    for post in while_wanted(part):
        content = images.load(looks.layout, post.md5, post.extension, post.sha256)
        row, square = measure(post.md5, content, looks.max_pixels)
        if square is not None:
            place = looks.layout.square(looks.key, post.md5)
            files.write_bytes(place, encode_png(square), lasting=False)
        rows.append(row)
    path = _path_of(part, looks)
    manifest.write_table(path, Contract.MEASURES, rows, Measure, checked=True)
    logger.info("looked part=%s originals=%d", path.stem, len(rows))
    return rows


def _path_of(part: Part, looks: Looks) -> UPath:
    name = digest.of_settings({"md5s": [post.md5 for post in part]})
    return looks.layout.looks(looks.key) / part_name(name)
