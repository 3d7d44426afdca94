"""clean() decides what is fit to train on, pack() makes shards, condition() draws edges and hints.

Each walks over parts that are written whole and skipped when they are there, so a run that was
killed goes on where it was, and a dataset that grows makes only what is new. What to do with one
picture is the business of the other rooms.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from dataset import card, version
from preprocessing.config import CleanConfig, ConditionConfig, PackConfig
from preprocessing.judge import count, judge
from preprocessing.looks import Looks
from preprocessing.making import make_shards
from preprocessing.packing import pack_samples, plan_packing
from preprocessing.pairing import pair_samples, plan_pairing
from storage import files, ledger, manifest, shards, takedowns
from storage.errors import BadInput, IrodoriError
from storage.layout import DataLayout, part_name
from storage.ledger import Stage
from storage.parts import Each, serially
from storage.records import Contract, DropReason, Post, Split, StageRecord, Verdict
from storage.takedowns import Takedowns

VERDICTS_NAME = part_name(0)

logger = logging.getLogger(__name__)


def clean(
    config: CleanConfig, scraped: StageRecord, layout: DataLayout, each: Each = serially
) -> StageRecord:
    """Decide which originals are fit to train on, and say why of each that is not."""
    removed = takedowns.read(layout)
    inputs, also = {"scrape": scraped}, removed.inputs()
    opened = ledger.open_stage(Stage.CLEAN, config, inputs=inputs, layout=layout, also=also)
    if opened.finished:
        return opened.finished

    rows = list(manifest.rows_of(scraped, layout, Post))
    known, between = [row for row in rows if row.md5], [row for row in rows if not row.md5]
    posts = [_without_removed(post, removed) for post in known]
    looks = Looks(layout, config.max_pixels)
    measures = looks.at(posts, each)

    # A twin is only seen beside its twin, so all are judged together.
    post_of = {post.md5: post for post in posts}

    @cache
    def thumbnail_of(md5: str) -> NDArray[np.uint8]:
        return looks.thumbnail(post_of[md5])

    # What the scrape has dropped itself has its reason there.
    asked = {(post.post_id, post.md5) for post in known if post.reason is None}
    judged = judge(posts, measures, thumbnail_of, config, between)
    verdicts = [each for each in judged if (each.post_id, each.md5) in asked]
    counts = count(verdicts)
    logger.info("verdicts %s", " ".join(f"{name}={number}" for name, number in counts.items()))
    _refuse_empty_splits(counts)
    _heed_takedowns(opened.inputs, layout)
    manifest.write_table(opened.folder / VERDICTS_NAME, Contract.VERDICTS, verdicts, Verdict)
    return opened.seal(counts)


def pack(
    config: PackConfig, cleaned: StageRecord, layout: DataLayout, each: Each = serially
) -> StageRecord:
    """Turn kept originals into square pictures on white, in shards."""
    opened = ledger.open_stage(Stage.PACK, config, inputs={"clean": cleaned}, layout=layout)
    if opened.finished:
        return opened.finished

    _heed_takedowns(cleaned.inputs, layout)
    verdicts = manifest.rows_of(cleaned, layout, Verdict)
    plans = plan_packing([verdict for verdict in verdicts if verdict.keep], config)
    looks = Looks(layout, cleaned.settings["max_pixels"])
    counts = make_shards(opened, plans, partial(pack_samples, config=config, looks=looks), each)
    _heed_takedowns(cleaned.inputs, layout)
    return opened.seal(counts, digests=shards.digests_in(opened.folder, Contract.SHARDS))


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
    rows = shards.rows_in(source, Contract.SHARDS)
    plans = plan_pairing(rows, opened.settings)
    draw = partial(pair_samples, source=source, config=config, seed=seed)
    counts = make_shards(opened, plans, draw, each)
    files.write_text(opened.folder / card.CARD_NAME, card.card_of(version.unsealed(opened, counts)))
    return opened.seal(counts, digests=shards.digests_in(opened.folder, Contract.PAIRS))


def _heed_takedowns(heeded: Mapping[str, str], layout: DataLayout) -> None:
    """Stop if a picture was taken down since `clean` began; what was brought back of it goes.

    Raises:
        IrodoriError: one was.
    """
    known = takedowns.read(layout).inputs()
    if known.items() - heeded.items():
        takedowns.enforce(layout)
        raise IrodoriError("a picture was taken down meanwhile; run the same command again")


def _without_removed(post: Post, removed: Takedowns) -> Post:
    """Give a post without what was taken down since it was scraped."""
    if removed.has(post.line_md5):
        post = replace(post, line_md5="")
    return replace(post, reason=DropReason.TAKEN_DOWN) if removed.has(post.md5) else post


def _refuse_empty_splits(counts: dict[str, int]) -> None:
    empty = [split.value for split in Split if not counts[split]]
    if empty:
        told = ", ".join(f"{name} {number}" for name, number in counts.items())
        raise BadInput(
            f"clean: no picture left for {', '.join(empty)} ({told});"
            " take more pictures (--scraper.max-posts, or more in the folder) or relax --clean"
        )
