"""Shards -> plain .npy files of uint8, some samples at a time: memory stays as it is."""

import io
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from upath import UPath

from storage import manifest, shards
from storage.errors import CorruptFile
from storage.pictures import MODES, Picture, decode_png
from storage.progress import watch
from storage.records import Contract, ShardRow, Split
from storage.shards import Sample

AT_ONCE = 64
KINDS = tuple(name.removesuffix(".png") for name in MODES)


@dataclass(frozen=True, slots=True)
class About:
    """A picture's name and facts, and which of the decoded lines is its own, if any is."""

    md5: str
    family: str
    post_url: str
    source: str
    line: int | None


def decode_shards(folder: UPath, rows: Sequence[ShardRow], into: Path) -> dict[str, list[int]]:
    """Write the pictures of some shards as one array a kind, and a table of each shard's samples.

    Returns:
        The shape of each array, by kind.

    Raises:
        CorruptFile: a sample lacks a picture or its facts, or pictures are of several sizes.
    """
    lines = itertools.count()
    with (
        watch(f"decode {rows[0].split} pairs", sum(row.samples for row in rows)) as tell,
        ThreadPoolExecutor(os.cpu_count()) as pool,
        closing(_Arrays(into)) as arrays,
    ):
        for row in rows:
            shard, kinds = folder / row.name, _kinds(row.split)
            samples, table = shards.read(shard, row.samples), list[About]()
            while some := list(itertools.islice(samples, AT_ONCE)):
                decoded = list(pool.map(partial(_decode, kinds=kinds, shard=shard), some))
                arrays.add(decoded, shard)
                for sample, pictures in zip(some, decoded, strict=True):
                    table.append(_about(sample, lines if "line" in pictures else None, shard))
                tell(len(some))
            path = UPath(into / f"{row.name}.parquet")
            manifest.write_table(path, Contract.PAIRS, table, About)
        return arrays.finish()


def header_of(shape: Sequence[int]) -> bytes:
    """Give what stands in a .npy file before uint8 pixels; its length is the same for any count."""
    header = io.BytesIO()
    facts = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
    np.lib.format.write_array_header_1_0(header, facts)
    return header.getvalue()


class _Arrays:
    """One growing .npy file for each kind of picture."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, BinaryIO] = {}
        self.shapes: dict[str, list[int]] = {}

    def close(self) -> None:
        """Close the files, finished or not."""
        for file in self.files.values():
            file.close()

    def add(self, decoded: Sequence[dict[str, Picture]], shard: UPath) -> None:
        """Append pictures; each kind's first decides its shape, and all are of one size."""
        for pictures in decoded:
            for kind, picture in pictures.items():
                if kind not in self.files:
                    self._begin(kind, picture)
                sizes = [next(iter(self.shapes.values()))[2:], list(picture.shape[1:])]
                if sizes[0] != sizes[1]:
                    raise CorruptFile(f"{shard}: pictures of several sizes {sizes}; pack again")
                self.files[kind].write(picture.data)
                self.shapes[kind][0] += 1

    def finish(self) -> dict[str, list[int]]:
        """Write how many there are before the pixels, and get all to the disk."""
        for kind, file in self.files.items():
            file.seek(0)
            file.write(header_of(self.shapes[kind]))
            file.flush()
            os.fsync(file.fileno())
        return self.shapes

    def _begin(self, kind: str, picture: Picture) -> None:
        self.files[kind] = (self.folder / f"{kind}.npy").open("wb")
        self.shapes[kind] = [0, *picture.shape]
        self.files[kind].write(header_of(self.shapes[kind]))


def _kinds(split: Split) -> tuple[str, ...]:
    # A training draws its hints afresh and never sees the artist's own lines.
    return ("color", "edge") if split is Split.TRAIN else KINDS


def _decode(sample: Sample, kinds: Sequence[str], shard: UPath) -> dict[str, Picture]:
    there = [kind for kind in kinds if kind != "line" or "line.png" in sample.files]
    return {kind: _channels_first(sample, kind, shard) for kind in there}


def _channels_first(sample: Sample, kind: str, shard: UPath) -> Picture:
    name = f"{kind}.png"
    picture = decode_png(sample.files.get(name, b""), MODES[name], f"{shard}: {sample.key}.{name}")
    picture_HWC = picture.reshape(*picture.shape[:2], -1)
    return np.ascontiguousarray(picture_HWC.transpose(2, 0, 1))


def _about(sample: Sample, lines: Iterator[int] | None, shard: UPath) -> About:
    try:
        facts = json.loads(sample.files["json"])
        return About(
            md5=sample.key,
            family=facts["family"],
            post_url=facts["post_url"],
            source=facts["source"],
            line=None if lines is None else next(lines),
        )
    except (KeyError, ValueError) as error:
        raise CorruptFile(
            f"{shard}: {sample.key}.json lacks facts ({error});"
            " delete the shard's folder and run `irodori condition` again"
        ) from error
