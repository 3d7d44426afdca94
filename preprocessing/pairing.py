"""Packed shards -> pairs: what the model is given and what it is judged by, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from upath import UPath

from preprocessing.config import ConditionConfig
from preprocessing.edges import draw_edges
from storage import digest, shards
from storage.pictures import decode_png, encode_png
from storage.records import Contract, ShardRow, Split
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
    for sample in shards.read(source / packed.name, packed.samples):
        yield draw_pair(sample, packed.split, config, seed)


def draw_pair(sample: Sample, split: Split, config: ConditionConfig, seed: int) -> Sample:
    """Add the line art and, for val and test, the hint made from the seed and the picture's md5."""
    from preprocessing.hints import hint_of  # noqa: PLC0415 - clean and pack need no torch

    color_HWC = decode_png(sample.files["color.png"], "RGB", sample.key)
    drawn = {"edge.png": encode_png(draw_edges(color_HWC, config.edges))}
    # Training draws its hints afresh each step; what is judged must be the same for every model.
    if split is not Split.TRAIN:
        hint = hint_of(color_HWC, config.hints, digest.seed_of(seed, "hint", sample.key))
        drawn["hint.png"] = encode_png(hint)
    return Sample(sample.key, sample.files | drawn)


def _plan(packed: ShardRow, settings: Mapping[str, Any]) -> ShardPlan:
    told = {
        "contract": Contract.PAIRS.value,
        "settings": dict(settings),
        "packed": packed.sha256,
    }
    return ShardPlan(packed.name, packed.split, packed.samples, digest.of_settings(told))
