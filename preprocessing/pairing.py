"""Packed shards -> shards of pairs, each planned by all that decides its content."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upath import UPath

from preprocessing.config import ConditionConfig
from storage import digest, shards
from storage.errors import CorruptFile
from storage.records import Contract, ShardRow
from storage.shards import Sample, ShardPlan


def plan_pairing(
    packed: Sequence[ShardRow], settings: Mapping[str, Any]
) -> list[tuple[ShardPlan, ShardRow]]:
    """Plan one shard of pairs for each packed one; all settings decide its content."""
    return [(_plan(row, settings), row) for row in packed]


def pair_samples(
    packed: ShardRow, *, source: UPath, config: ConditionConfig, seed: int
) -> Iterator[Sample]:
    """Make the samples of one shard of pairs."""
    from preprocessing.pairs import draw_pair  # noqa: PLC0415 - clean and pack need no torch

    shard = source / packed.name
    if digest.of_file(shard) != packed.sha256:
        raise CorruptFile(
            f"{shard}: its bytes have changed since it was packed; delete it and run `irodori pack`"
            " with the same settings again"
        )
    for sample in shards.read(shard, packed.samples):
        try:
            pair = draw_pair(sample, packed.split, config, seed)
        except CorruptFile as error:
            raise CorruptFile(f"{shard}: {error}") from error
        yield pair


def _plan(packed: ShardRow, settings: Mapping[str, Any]) -> ShardPlan:
    told = {
        "contract": Contract.PAIRS.value,
        "settings": dict(settings),
        "packed": packed.sha256,
        # Of those to be judged with, the hint is drawn here.
        "split": packed.split.value,
    }
    return ShardPlan(packed.name, packed.split, packed.samples, digest.of_settings(told))
