"""Pairs decoded once: uint8 arrays on a local disk, which every later start maps into memory.

Shards are for keeping and sharing; the cache is made from them and can be deleted at any time. It
knows its shards by their digests and its files by their sizes: what is stale, short or missing is
made again. Pixels that change in place are not noticed; the shards' own digests are for that.
"""

import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from upath import UPath

from storage import files, manifest, shards
from storage.errors import BadInput, CorruptFile
from storage.layout import DataLayout
from storage.pictures import Picture
from storage.records import Contract, ShardRow, Split
from training.decoding import About, decode_shards, header_of

logger = logging.getLogger(__name__)

RECORD_NAME = "decoded.json"
FORMAT = "decoded/1"
REFUSALS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The pictures of one split, in the order of its shards.

    `arrays` are read-only: color N3HW and edge N1HW; for val and test also hint N3HW, mask N1HW
    and, if any picture has the artist's own lines, those that there are: line M1HW.
    """

    place: Path
    rows: tuple[ShardRow, ...]
    arrays: Mapping[str, Picture]

    def about(self, shard: str) -> list[tuple[int, About]]:
        """Say of each picture of a shard at which place of the arrays it is, and what it is."""
        first = sum(row.samples for row in self.rows if row.name < shard)
        table = UPath(self.place / f"{shard}.parquet")
        return list(enumerate(manifest.read_table(table, Contract.PAIRS, About), first))


def shards_of(folder: UPath, split: Split) -> list[ShardRow]:
    """List the shards of one split, in their order."""
    rows = shards.rows_in(folder, Contract.PAIRS)
    return sorted((row for row in rows if row.split == split), key=lambda row: row.name)


def open_decoded(folder: UPath, split: Split) -> Decoded:
    """Map the pictures of a split of a condition stage's folder; who comes first decodes them.

    Raises:
        BadInput: the split is empty, or the disk does not take the cache.
        CorruptFile: a sample lacks a picture, or has one of another size.
    """
    rows = shards_of(folder, split)
    if not any(row.samples for row in rows):
        raise BadInput(
            f"{folder}: holds no {split} pictures; scrape more posts or ask for fewer in --clean"
        )
    place = DataLayout.of(folder).cache(folder.name) / split
    found = _find(place, rows)
    if found:
        return found
    with _told_if_refused(place), _alone(place.parent):
        # Who waited finds here what the other has made.
        return _find(place, rows) or _make(folder, rows, place)


def _find(place: Path, rows: Sequence[ShardRow]) -> Decoded | None:
    try:
        return _open(place, rows)
    except FileNotFoundError:
        return None
    except (CorruptFile, KeyError, TypeError, ValueError) as error:
        logger.warning("decoding again, for the cache is no longer good: %s", error)
        return None


def _open(place: Path, rows: Sequence[ShardRow]) -> Decoded:
    record = files.read_json(UPath(place / RECORD_NAME))
    if record["made_from"] != _made_from(rows):
        raise CorruptFile(f"{place}: decoded from other shards")
    for name, wanted in record["bytes"].items():
        found = (place / name).stat().st_size
        if found != wanted:
            raise CorruptFile(f"{place / name}: {found} bytes, wanted {wanted}")
    arrays = {name: _map(place / f"{name}.npy", shape) for name, shape in record["shapes"].items()}
    return Decoded(place, tuple(rows), arrays)


def _map(path: Path, shape: list[int]) -> Picture:
    header = header_of(shape)
    with path.open("rb") as file:
        if file.read(len(header)) != header:
            raise CorruptFile(f"{path}: no array of shape {shape}")
        mapped = np.memmap(file, np.uint8, mode="r", offset=len(header), shape=tuple(shape))
    return np.asarray(mapped)


def _make(folder: UPath, rows: Sequence[ShardRow], place: Path) -> Decoded:
    """Decode into a folder that gets its name when it is complete."""
    part = place.with_name(f".{place.name}{files.PART_SUFFIX}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        shapes = decode_shards(folder, rows, part)
        sizes = {path.name: path.stat().st_size for path in sorted(part.iterdir())}
        record = {"made_from": _made_from(rows), "shapes": shapes, "bytes": sizes}
        files.write_json(UPath(part / RECORD_NAME), record)
        shutil.rmtree(place, ignore_errors=True)
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    logger.info("decoded into=%s bytes=%d", place, sum(sizes.values()))
    return _open(place, rows)


def _made_from(rows: Sequence[ShardRow]) -> dict[str, Any]:
    return {"format": FORMAT, "shards": [[row.name, row.samples, row.sha256] for row in rows]}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others, here or in another process, from making the same; who is killed lets go."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("waiting for who decodes into=%s", folder)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _told_if_refused(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        raise BadInput(
            f"{place}: decoded pictures cannot be kept there ({error.strerror}), wanted a writable"
            " disk with room for them; free some space or choose another --root"
            " (XDG_CACHE_HOME, if the root is no local disk)"
        ) from error
