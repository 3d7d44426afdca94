"""The pictures that are measured: truth, edges, hint and true lines, out of training's cache."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from upath import UPath

from evaluation.pixelwise import Pictures
from storage.records import ShardRow
from training.cache import Decoded, open_decoded, shards_of
from training.decoding import About

__all__ = ["Pair", "first_keys", "in_batches", "read_pairs", "shards_of"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture with what a model is given for it; arrays are uint8, white is 255.

    `mask_HW` is 255 where the hint gives the truth, and 0 on blank paper. `line_HW` is the
    artist's own line art, where the site has it.
    """

    md5: str
    family: str
    post_url: str
    source: str
    color_HWC: Pictures
    edge_HW: Pictures
    hint_HWC: Pictures
    mask_HW: Pictures
    line_HW: Pictures | None


def first_keys(
    folder: UPath, rows: Sequence[ShardRow], limit: int, *, lined: bool = False
) -> list[str]:
    """Give the first md5s, in their order, of all the pictures in some shards.

    With `lined`, only of those that have the artist's own line art.
    """
    abouts = (about for _, _, about in _places(folder, rows))
    return sorted(about.md5 for about in abouts if not lined or about.line is not None)[:limit]


def read_pairs(
    folder: UPath, rows: Sequence[ShardRow], only: Collection[str] | None = None
) -> Iterator[Pair]:
    """Read the pictures of some shards one by one, or only those named."""
    for decoded, place, about in _places(folder, rows):
        if only is None or about.md5 in only:
            yield _pair(decoded, place, about)


def in_batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Gather items into lists of at most `size`."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _places(folder: UPath, rows: Sequence[ShardRow]) -> Iterator[tuple[Decoded, int, About]]:
    decoded = {split: open_decoded(folder, split) for split in {row.split for row in rows}}
    for row in rows:
        for place, about in decoded[row.split].about(row.name):
            yield decoded[row.split], place, about


def _pair(decoded: Decoded, place: int, about: About) -> Pair:
    arrays = decoded.arrays
    return Pair(
        md5=about.md5,
        family=about.family,
        post_url=about.post_url,
        source=about.source,
        color_HWC=_channels_last(arrays["color"][place]),
        edge_HW=arrays["edge"][place, 0],
        hint_HWC=_channels_last(arrays["hint"][place]),
        mask_HW=arrays["mask"][place, 0],
        line_HW=None if about.line is None else arrays["line"][about.line, 0],
    )


def _channels_last(picture_CHW: Pictures) -> Pictures:
    return np.ascontiguousarray(picture_CHW.transpose(1, 2, 0))
