"""WebDataset tars: one sample is a key and its files; the same samples give the same bytes.

Plain USTAR, sorted by key, time 0, owner 0, so `webdataset` reads them anywhere. A tar cut
between two members reads silently short, so readers are told how many samples to expect.
"""

import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from upath import UPath

from storage import digest, files
from storage.errors import CorruptFile, MissingInput
from storage.records import ShardRow, Split


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture in a shard: its md5 and its files by ending (`color.png`, `json`)."""

    key: str
    files: dict[str, bytes]


def name_of(split: Split, number: int) -> str:
    """Give a shard's file name."""
    return f"{split}-{number:06d}.tar"


def write(path: UPath, split: Split, samples: Iterable[Sample]) -> ShardRow:
    """Write samples as one shard, whole or not at all, and describe it."""
    count = 0
    with (
        files.whole(path) as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for sample in samples:
            count += 1
            for ending in sorted(sample.files):
                member = tarfile.TarInfo(f"{sample.key}.{ending}")
                member.size = len(sample.files[ending])
                tar.addfile(member, io.BytesIO(sample.files[ending]))
    return describe(path, split, count)


def describe(path: UPath, split: Split, samples: int) -> ShardRow:
    """Describe a shard that is there."""
    return ShardRow(path.name, split, samples, path.stat().st_size, digest.of_file(path))


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
