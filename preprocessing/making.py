"""A stage's shards, each made once: what an older run has made of the same plan is taken over."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from upath import UPath

from storage import manifest, shards
from storage.ledger import CONTRACTS, OpenStage
from storage.parts import Each
from storage.progress import told, watch
from storage.records import ShardRow, Split
from storage.shards import Sample, ShardPlan

logger = logging.getLogger(__name__)

Source = TypeVar("Source")


def make_shards(
    opened: OpenStage,
    plans: Sequence[tuple[ShardPlan, Source]],
    samples_of: Callable[[Source], Iterator[Sample]],
    each: Each,
) -> dict[str, int]:
    """Make what is not there yet of a stage's shards, list all of them and count their pictures.

    Args:
        opened: the stage.
        plans: its shards, each with what it is made of.
        samples_of: makes the samples of one.
        each: who walks over those that are to be made.
    """
    # A shard that a killed run has left tells nothing of what it was made of.
    opened.go_on()
    contract, folder = CONTRACTS[opened.stage], opened.folder
    former = shards.made_before(opened.layout, opened.stage, contract)
    rows = {plan.name: shards.take_over(folder, plan, former) for plan, _ in plans}
    left = [(plan, source) for plan, source in plans if rows[plan.name] is None]
    logger.info("%s shards=%d taken_over=%d", opened.stage, len(plans), len(plans) - len(left))

    total = sum(plan.samples for plan, _ in plans)
    to_do = sum(plan.samples for plan, _ in left)
    with watch(opened.stage, total, already=total - to_do) as advance:
        make = partial(_make, folder=folder, samples_of=samples_of)
        made = each(f"{opened.stage}-shard", make, left, lambda part: advance(part[0].samples))

    rows |= {row.name: row for row in made}
    listed = [row for row in rows.values() if row is not None]
    manifest.write_table(shards.table_in(folder), contract, listed, ShardRow)
    return _counts_of(listed)


def _make(
    part: tuple[ShardPlan, Source],
    *,
    folder: UPath,
    samples_of: Callable[[Source], Iterator[Sample]],
) -> ShardRow:
    plan, source = part
    samples = told(plan.name, samples_of(source), plan.samples)
    row = shards.make(folder, plan, samples)
    logger.info("made shard=%s samples=%d bytes=%d", row.name, row.samples, row.bytes)
    return row


def _counts_of(rows: Sequence[ShardRow]) -> dict[str, int]:
    counts = {
        split.value: sum(row.samples for row in rows if row.split is split) for split in Split
    }
    return {"shards": len(rows), "bytes": sum(row.bytes for row in rows)} | counts
