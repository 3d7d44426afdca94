"""The pictures that are measured: truth, edges, hint and true lines, streamed from the shards."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from upath import UPath

from evaluation.pixelwise import Pictures
from storage import manifest, shards
from storage.errors import CorruptFile
from storage.pictures import decode_png
from storage.records import Contract, ShardRow, Split

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture with what a model is given for it; arrays are uint8, white is 255.

    `line_HW` is the artist's own line art, where the site has it.
    """

    md5: str
    family: str
    post_url: str
    source: str
    color_HWC: Pictures
    edge_HW: Pictures
    hint_HWC: Pictures
    line_HW: Pictures | None


def shards_of(folder: UPath, split: Split) -> list[ShardRow]:
    """List the shards of one split, in their order."""
    rows = manifest.read_table(folder / "shards.parquet", Contract.PAIRS, ShardRow)
    return sorted((row for row in rows if row.split == split), key=lambda row: row.name)


def first_keys(folder: UPath, rows: Sequence[ShardRow], limit: int) -> list[str]:
    """Give the first md5s, in their order, of all the pictures in some shards."""
    keys = [sample.key for row in rows for sample in shards.read(folder / row.name, row.samples)]
    return sorted(keys)[:limit]


def read_pairs(
    folder: UPath, rows: Sequence[ShardRow], only: Collection[str] | None = None
) -> Iterator[Pair]:
    """Read the pictures of some shards one by one, or only those named."""
    for row in rows:
        for sample in shards.read(folder / row.name, row.samples):
            if only is None or sample.key in only:
                yield _decode(sample, row.name)


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


def _decode(sample: shards.Sample, shard: str) -> Pair:
    try:
        facts = json.loads(sample.files["json"])
        return Pair(
            md5=sample.key,
            family=facts["family"],
            post_url=facts["post_url"],
            source=facts["source"],
            color_HWC=_picture(sample, "color.png", "RGB"),
            edge_HW=_picture(sample, "edge.png", "L"),
            hint_HWC=_picture(sample, "hint.png", "RGB"),
            line_HW=_picture(sample, "line.png", "L") if "line.png" in sample.files else None,
        )
    except KeyError as error:
        raise CorruptFile(
            f"{shard}: {sample.key} has no {error}, wanted color.png, edge.png, hint.png and json"
            " with its facts; delete the shard's folder and run `irodori condition` again"
        ) from error


def _picture(sample: shards.Sample, name: str, mode: Literal["RGB", "L"]) -> Pictures:
    return decode_png(sample.files[name], mode, f"{sample.key}.{name}")
