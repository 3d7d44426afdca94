"""Kept originals -> packed shards.

A picture's place decides its shard, for ever. So a shard changes when one of its own pictures
does, and all others stay as they are, byte by byte.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence

from preprocessing.config import PackConfig
from preprocessing.decode import Undecodable, decode
from preprocessing.looks import Looks
from preprocessing.resize import to_gray, to_square
from preprocessing.screen import SQUARE_PX, is_of_square
from storage import digest, images, shards
from storage.layout import DataLayout
from storage.pictures import encode_png
from storage.records import Contract, Split, Verdict
from storage.shards import Sample, ShardPlan

logger = logging.getLogger(__name__)

Pictures = tuple[Verdict, ...]


def plan_packing(kept: Sequence[Verdict], config: PackConfig) -> list[tuple[ShardPlan, Pictures]]:
    """Give every kept picture its shard; within it, they stand by their md5."""
    of_shard = defaultdict[tuple[Split, int], list[Verdict]](list)
    for verdict in kept:
        of_shard[verdict.split, verdict.place // config.samples_per_shard].append(verdict)
    order = list(Split)
    return [
        _plan(shards.name_of(split, number), of_shard[split, number], config)
        for split, number in sorted(of_shard, key=lambda name: (order.index(name[0]), name[1]))
    ]


def pack_samples(pictures: Pictures, *, config: PackConfig, looks: Looks) -> Iterator[Sample]:
    """Make the samples of one shard."""
    for verdict in pictures:
        contents = {
            "color.png": _color(verdict, config.size_px, looks),
            "json": json.dumps(_about(verdict), sort_keys=True).encode(),
        }
        if verdict.line_md5 and (lines := _lines(verdict, config.size_px, looks.layout)):
            contents["line.png"] = lines
        yield Sample(verdict.md5, contents)


def _plan(name: str, verdicts: Sequence[Verdict], config: PackConfig) -> tuple[ShardPlan, Pictures]:
    chosen = tuple(sorted(verdicts, key=lambda verdict: verdict.md5))
    told = {
        "contract": Contract.SHARDS.value,
        "size_px": config.size_px,
        "samples": [[_about(each), each.sha256, each.line_md5] for each in chosen],
    }
    return ShardPlan(name, chosen[0].split, len(chosen), digest.of_settings(told)), chosen


def _color(verdict: Verdict, size_px: int, looks: Looks) -> bytes:
    if size_px == SQUARE_PX:
        return looks.encoded(verdict)
    if is_of_square(size_px, verdict.width, verdict.height):
        return encode_png(to_square(looks.square(verdict), size_px))
    content = images.load(looks.layout, verdict.md5, verdict.extension, verdict.sha256)
    return encode_png(decode(content, looks.max_pixels, enough_px=size_px).square(size_px))


def _lines(verdict: Verdict, size_px: int, layout: DataLayout) -> bytes | None:
    content = images.load(layout, verdict.line_md5, images.LINE_EXTENSION)
    try:
        lines = decode(content, images.MAX_LINE_PIXELS, enough_px=size_px)
    except Undecodable as refused:
        # The picture itself is good.
        told = (verdict.post_id, verdict.md5, verdict.line_md5, refused.reason)
        logger.warning("no line art post=%d md5=%s line_md5=%s: it is %s", *told)
        return None
    return encode_png(to_gray(lines.square(size_px)))


def _about(verdict: Verdict) -> dict[str, str | int]:
    return {
        "md5": verdict.md5,
        "family": verdict.family,
        "post_id": verdict.post_id,
        "post_url": verdict.post_url,
        "source": verdict.source,
        "width": verdict.width,
        "height": verdict.height,
    }
