"""clean() decides what is fit to train on, pack() makes shards, condition() draws edges and hints.

Each walks over parts that are written whole and skipped when they are there, so a run that was
killed goes on where it was. What to do with one picture is the business of the other rooms.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from preprocessing.config import CleanConfig, ConditionConfig, PackConfig
from preprocessing.decode import decode
from preprocessing.judge import count, judge
from preprocessing.resize import to_gray, to_square
from preprocessing.screen import measure, thumbnail
from storage import images, ledger, manifest, shards, takedowns
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.ledger import OpenStage, Stage
from storage.parts import Each, serially
from storage.pictures import encode_png
from storage.progress import Advance, watch
from storage.records import (
    Contract,
    DropReason,
    Measure,
    Post,
    ShardRow,
    Split,
    StageRecord,
    Verdict,
)
from storage.shards import Sample
from storage.takedowns import Takedowns

logger = logging.getLogger(__name__)

ORIGINALS_PER_PART = 500
VERDICTS_NAME = "part-00000.parquet"
SHARDS_NAME = "shards.parquet"
MAX_LINE_PIXELS = 50_000_000


@dataclass(frozen=True, slots=True)
class OriginalsPart:
    """A slice of the distinct originals: its number and the oldest post of each."""

    number: int
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """One shard to be packed: its number within its split, and the pictures in it."""

    split: Split
    number: int
    verdicts: tuple[Verdict, ...]


def clean(
    config: CleanConfig, scraped: StageRecord, layout: DataLayout, each: Each = serially
) -> StageRecord:
    """Decide which originals are fit to train on, and say why of each that is not."""
    removed = takedowns.read(layout)
    inputs, also = {"scrape": scraped}, removed.inputs()
    opened = ledger.open_stage(Stage.CLEAN, config, inputs=inputs, layout=layout, also=also)
    if opened.finished:
        return opened.finished

    posts = _posts_with_md5(scraped, layout, removed)
    judged = [post for post in posts if post.reason is None]
    parts = _parts_of([post for post in judged if not removed.has(post.md5)])
    with watch("clean", sum(len(part.posts) for part in parts)) as advance:
        look = partial(_measure_part, config=config, opened=opened, advance=advance)
        measures = [row for rows in each("measure-part", look, parts) for row in rows]
    measures += [_taken_down(post.md5) for post in judged if removed.has(post.md5)]

    # A twin is only seen beside its twin, so all are judged together.
    extension_of = {post.md5: post.extension for post in posts}

    @cache
    def thumbnail_of(md5: str) -> NDArray[np.uint8]:
        return thumbnail(images.load(layout, md5, extension_of[md5]), config)

    verdicts = judge(posts, measures, thumbnail_of, config)
    counts = count(verdicts)
    _refuse_empty_splits(counts)
    manifest.write_table(opened.folder / VERDICTS_NAME, Contract.VERDICTS, verdicts, Verdict)
    return opened.seal(counts)


def pack(
    config: PackConfig, cleaned: StageRecord, layout: DataLayout, each: Each = serially
) -> StageRecord:
    """Turn kept originals into square pictures on white, in shards."""
    opened = ledger.open_stage(Stage.PACK, config, inputs={"clean": cleaned}, layout=layout)
    if opened.finished:
        return opened.finished

    verdicts = manifest.read_table(
        layout.stage(Stage.CLEAN, cleaned.key) / VERDICTS_NAME, Contract.VERDICTS, Verdict
    )
    plans = _plan_shards([verdict for verdict in verdicts if verdict.keep], config)
    with watch("pack", sum(len(plan.verdicts) for plan in plans)) as advance:
        make = partial(_pack_shard, config=config, opened=opened, advance=advance)
        rows = each("pack-shard", make, plans)

    manifest.write_table(opened.folder / SHARDS_NAME, Contract.SHARDS, rows, ShardRow)
    return opened.seal(_count_samples(rows))


def condition(
    config: ConditionConfig,
    packed: StageRecord,
    layout: DataLayout,
    seed: int,
    each: Each = serially,
) -> StageRecord:
    """Draw the line art of each picture and, for val and test, the hint that it is judged with."""
    opened = ledger.open_stage(
        Stage.CONDITION, config, inputs={"pack": packed}, layout=layout, seed=seed
    )
    if opened.finished:
        return opened.finished

    source = layout.stage(Stage.PACK, packed.key)
    plans = manifest.read_table(source / SHARDS_NAME, Contract.SHARDS, ShardRow)
    with watch("condition", sum(plan.samples for plan in plans)) as advance:
        draw = partial(
            _condition_shard, config=config, opened=opened, source=source, advance=advance
        )
        rows = each("condition-shard", draw, plans)

    manifest.write_table(opened.folder / SHARDS_NAME, Contract.PAIRS, rows, ShardRow)
    return opened.seal(_count_samples(rows))


def _measure_part(
    part: OriginalsPart, *, config: CleanConfig, opened: OpenStage, advance: Advance
) -> list[Measure]:
    path = opened.folder / f"measures-{part.number:05d}.parquet"
    if path.exists():
        advance(len(part.posts))
        return manifest.read_table(path, Contract.MEASURES, Measure)
    rows = []
    for post in part.posts:
        content = images.load(opened.layout, post.md5, post.extension, post.sha256)
        rows.append(measure(post.md5, content, config))
        advance()
    manifest.write_table(path, Contract.MEASURES, rows, Measure)
    logger.info("measured part=%d originals=%d", part.number, len(rows))
    return rows


def _pack_shard(
    plan: ShardPlan, *, config: PackConfig, opened: OpenStage, advance: Advance
) -> ShardRow:
    def samples() -> Iterator[Sample]:
        for verdict in plan.verdicts:
            yield _pack_sample(verdict, config, opened.layout)
            advance()

    path = opened.folder / shards.name_of(plan.split, plan.number)
    if path.exists():
        advance(len(plan.verdicts))
        return shards.describe(path, plan.split, len(plan.verdicts))
    row = shards.write(path, plan.split, samples())
    logger.info("packed shard=%s samples=%d bytes=%d", row.name, row.samples, row.bytes)
    return row


def _pack_sample(verdict: Verdict, config: PackConfig, layout: DataLayout) -> Sample:
    content = images.load(layout, verdict.md5, verdict.extension, verdict.sha256)
    picture = decode(content, max_pixels=verdict.width * verdict.height)
    contents = {
        "color.png": encode_png(to_square(picture.color_HWC, config.size_px)),
        "json": json.dumps(_about(verdict), sort_keys=True).encode(),
    }
    if verdict.line_md5:
        lines = decode(images.load(layout, verdict.line_md5, "png"), MAX_LINE_PIXELS)
        contents["line.png"] = encode_png(to_gray(to_square(lines.color_HWC, config.size_px)))
    return Sample(verdict.md5, contents)


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


def _condition_shard(
    plan: ShardRow, *, config: ConditionConfig, opened: OpenStage, source: UPath, advance: Advance
) -> ShardRow:
    from preprocessing.pairs import draw_pair  # noqa: PLC0415 - clean and pack need no torch

    def samples() -> Iterator[Sample]:
        for sample in shards.read(source / plan.name, plan.samples):
            yield draw_pair(sample, plan.split, config, opened.settings["seed"])
            advance()

    path = opened.folder / plan.name
    if path.exists():
        advance(plan.samples)
        return shards.describe(path, plan.split, plan.samples)
    row = shards.write(path, plan.split, samples())
    logger.info("conditioned shard=%s samples=%d", row.name, row.samples)
    return row


def _posts_with_md5(scraped: StageRecord, layout: DataLayout, removed: Takedowns) -> list[Post]:
    """Give the posts that have an original, or had one; without line art that was taken down."""
    folder = layout.stage(Stage.SCRAPE, scraped.key)
    names = [each.name for each in scraped.outputs if each.name.endswith(".parquet")]
    rows = [
        replace(post, line_md5="") if removed.has(post.line_md5) else post
        for name in names
        for post in manifest.read_table(folder / name, Contract.POSTS, Post)
        if post.md5
    ]
    return sorted(rows, key=lambda post: post.post_id)


def _taken_down(md5: str) -> Measure:
    return Measure(md5, DropReason.TAKEN_DOWN, 0, 0, "", 0.0, lossless=False)


def _parts_of(posts: Sequence[Post]) -> list[OriginalsPart]:
    distinct = list({post.md5: post for post in reversed(posts)}.values())[::-1]
    return [
        OriginalsPart(number, tuple(distinct[start : start + ORIGINALS_PER_PART]))
        for number, start in enumerate(range(0, len(distinct), ORIGINALS_PER_PART))
    ]


def _plan_shards(kept: Sequence[Verdict], config: PackConfig) -> list[ShardPlan]:
    plans = []
    for split in Split:
        chosen = sorted(
            (verdict for verdict in kept if verdict.split is split),
            key=lambda verdict: verdict.md5,
        )
        starts = range(0, len(chosen), config.samples_per_shard)
        plans += [
            ShardPlan(split, number, tuple(chosen[start : start + config.samples_per_shard]))
            for number, start in enumerate(starts)
        ]
    return plans


def _count_samples(rows: Sequence[ShardRow]) -> dict[str, int]:
    counts = {
        split.value: sum(row.samples for row in rows if row.split is split) for split in Split
    }
    return {"shards": len(rows), "bytes": sum(row.bytes for row in rows)} | counts


def _refuse_empty_splits(counts: dict[str, int]) -> None:
    empty = [split.value for split in Split if not counts[split]]
    if empty:
        told = ", ".join(f"{name} {number}" for name, number in counts.items())
        raise BadInput(
            f"clean: no picture left for {', '.join(empty)} ({told});"
            " scrape more (--scraper.max-posts) or relax --clean"
        )
