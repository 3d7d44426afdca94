"""Shards written anew for a test, whatever lay there."""

from collections.abc import Iterable

from upath import UPath

from storage import shards
from storage.records import ShardRow, Split
from storage.shards import Sample, ShardPlan


def write_shard(folder: UPath, number: int, split: Split, samples: Iterable[Sample]) -> ShardRow:
    """Write one shard and describe it."""
    some = list(samples)
    name = shards.name_of(split, number)
    (folder / name).unlink(missing_ok=True)
    return shards.make(folder, ShardPlan(name, split, len(some), ""), some)
