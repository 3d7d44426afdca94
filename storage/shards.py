"""WebDataset tars: one sample is a key and its files; the same samples give the same bytes.

Plain USTAR, sorted by key, time 0, owner 0, so `webdataset` reads them anywhere. A tar cut
between two members reads silently short, so readers are told how many samples to expect.
"""

import io
import logging
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from upath import UPath

from storage import digest, files, manifest
from storage.errors import CorruptFile, IrodoriError, MissingInput
from storage.layout import DataLayout
from storage.parts import while_wanted
from storage.records import Contract, ShardRow, Split

logger = logging.getLogger(__name__)

SHARDS_NAME = "shards.parquet"


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture in a shard: its md5 and its files by ending (`color.png`, `json`)."""

    key: str
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """One shard to be made; `digest` follows from all that decides its content."""

    name: str
    split: Split
    samples: int
    digest: str


Former = Mapping[str, tuple[UPath, ShardRow]]
"""Shards that are there already, by the digests of their plans."""


def name_of(split: Split, number: int) -> str:
    """Give a shard's file name."""
    return f"{split}-{number:06d}.tar"


def table_in(folder: UPath) -> UPath:
    """Give the table of the shards in a folder."""
    return folder / SHARDS_NAME


def rows_in(folder: UPath, contract: Contract) -> list[ShardRow]:
    """Read the table of the shards in a folder."""
    return manifest.read_table(table_in(folder), contract, ShardRow)


def digests_in(folder: UPath, contract: Contract) -> dict[str, str]:
    """Give the sha256 of each shard in a folder by its name, as it was when it was made."""
    return {row.name: row.sha256 for row in rows_in(folder, contract)}


def made_before(layout: DataLayout, stage: str, contract: Contract) -> Former:
    """Find the shards of all finished runs of a stage."""
    found: dict[str, tuple[UPath, ShardRow]] = {}
    for record in layout.records(stage):
        try:
            if files.read_json(record)["contract"] != contract:
                continue
            rows = rows_in(record.parent, contract)
        except (IrodoriError, ValueError, KeyError) as error:
            # It hinders nobody who makes the shards anew.
            logger.warning("not taken over from folder=%s: %s", record.parent, error)
            continue
        found |= {row.plan: (record.parent / row.name, row) for row in rows}
    return found


def take_over(folder: UPath, plan: ShardPlan, former: Former) -> ShardRow | None:
    """Put a shard of the same plan into a folder as it is, if there is one that is whole.

    One that lies there already stays, unless the same plan has made other bytes: it was damaged.
    """
    path, row = former.get(plan.digest, (None, None))
    if path is None or row is None:
        return None
    target = folder / plan.name
    for source in dict.fromkeys((target, path)):
        if not source.exists():
            continue
        if digest.of_file(source) == row.sha256:
            if source != target:
                files.give_name(source, target)
            return replace(row, name=plan.name, split=plan.split)
        logger.warning("not taken over shard=%s: its bytes have changed", source)
        if source == target:
            target.unlink()
    return None


def make(folder: UPath, plan: ShardPlan, samples: Iterable[Sample]) -> ShardRow:
    """Write a planned shard, whole or not at all, unless it is there; describe it."""
    path = folder / plan.name
    if not path.exists():
        write(path, samples)
    size, sha256 = path.stat().st_size, digest.of_file(path)
    return ShardRow(plan.name, plan.split, plan.samples, size, sha256, plan.digest)


def write(path: UPath, samples: Iterable[Sample]) -> None:
    """Write samples as one shard, whole or not at all."""
    with (
        files.whole(path) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for sample in while_wanted(samples):
            for ending in sorted(sample.files):
                member = tarfile.TarInfo(f"{sample.key}.{ending}")
                member.size = len(sample.files[ending])
                tar.addfile(member, io.BytesIO(sample.files[ending]))


def read(path: UPath, expected: int | None = None) -> Iterator[Sample]:
    """Read the samples of one shard in their order.

    Raises:
        MissingInput: the shard is not there.
        CorruptFile: it is no tar, cut, or holds another number of samples than expected.
    """
    count = 0
    try:
        for sample in _samples(path):
            count += 1
            yield sample
    except FileNotFoundError as error:
        raise MissingInput(f"{path}: not there; run the stage that packs it again") from error
    except (tarfile.TarError, EOFError) as error:
        raise CorruptFile(f"{path}: no complete tar; delete it and run again") from error
    if expected not in (None, count):
        raise CorruptFile(
            f"{path}: holds {count} samples, wanted {expected}; delete it and run again"
        )


def _samples(path: UPath) -> Iterator[Sample]:
    key, contents = "", dict[str, bytes]()
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            member_key, _, ending = member.name.partition(".")
            if member_key != key and contents:
                yield Sample(key, contents)
                contents = {}
            key = member_key
            content = tar.extractfile(member)
            if content is not None:
                contents[ending] = content.read()
    if contents:
        yield Sample(key, contents)
