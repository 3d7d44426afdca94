"""Pairs from the shards to batches on the device; the one place that turns uint8 into [-1, 1].

Every picture is decoded once and kept as uint8. Which pictures make batch number n, and all chance
in it, follow from the seed and n alone: a resumed training sees what an undisturbed one sees.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from upath import UPath

from preprocessing.config import HintConfig
from preprocessing.hints import make_hints
from storage import digest, manifest, shards
from storage.errors import BadInput, CorruptFile
from storage.pictures import Picture, decode_png
from storage.progress import watch
from storage.records import Contract, ShardRow, Split

SHARDS_NAME = "shards.parquet"
COLOR, EDGE, HINT = "color.png", "edge.png", "hint.png"


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pictures of one split as uint8: color N3HW, edge N1HW, and stored hints N3HW or none."""

    color: Tensor
    edge: Tensor
    hint: Tensor | None

    @property
    def size_px(self) -> int:
        """The side of every picture."""
        return int(self.color.shape[-1])


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures in [-1, 1] on the device, and the chance (on the CPU) left for their step."""

    edge: Tensor
    hint: Tensor
    color: Tensor
    chance: torch.Generator

    @property
    def given(self) -> Tensor:
        """What the critic is told of a picture: line art and hint, B4HW."""
        return torch.cat([self.edge, self.hint], dim=1)


class Batches:
    """Batches without end, each known by its number."""

    def __init__(
        self, pairs: Pairs, hints: HintConfig, batch_size: int, device: torch.device, seed: int
    ) -> None:
        self.pairs = pairs
        self.hints = hints
        self.batch_size = batch_size
        self.device = device
        self.seed = seed
        self._order = functools.lru_cache(maxsize=2)(self._shuffle)

    def draw(self, number: int) -> Batch:
        """Give one batch with fresh hints; the same number gives the same batch."""
        chance = generator_of(self.seed, "batch", str(number))
        rows = self.rows(number)
        color = to_float(self.pairs.color[rows].to(self.device))
        edge = to_float(self.pairs.edge[rows].to(self.device))
        return Batch(edge, make_hints(color, self.hints, chance), color, chance)

    def rows(self, number: int) -> Tensor:
        """Give the places of a batch's pictures: each epoch is one shuffle of all of them."""
        count = len(self.pairs.color)
        first = number * self.batch_size
        places = range(first, first + self.batch_size)
        return torch.stack([self._order(place // count)[place % count] for place in places])

    def _shuffle(self, epoch: int) -> Tensor:
        chance = generator_of(self.seed, "epoch", str(epoch))
        return torch.randperm(len(self.pairs.color), generator=chance)


def generator_of(seed: int, *names: str) -> torch.Generator:
    """Give the chance of one named use, on the CPU."""
    return torch.Generator().manual_seed(digest.seed_of(seed, "train", *names))


def to_float(pixels: Tensor) -> Tensor:
    """Turn uint8 into float in [-1, 1]."""
    return pixels.float() / 127.5 - 1


def to_pixels(picture: Tensor) -> Tensor:
    """Turn float in [-1, 1] into uint8."""
    return ((picture.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def hints_of(settings: Mapping[str, Any]) -> HintConfig:
    """Give the hints that a condition stage was run with, from its settings."""
    return HintConfig.model_validate(settings["hints"])


def load_pairs(folder: UPath, split: Split) -> Pairs:
    """Decode all pictures of a split, in the shards' order.

    Raises:
        BadInput: the split is empty.
        CorruptFile: a sample lacks a picture, or has one of another size.
    """
    rows = manifest.read_table(folder / SHARDS_NAME, Contract.PAIRS, ShardRow)
    wanted = sorted((row for row in rows if row.split == split), key=lambda row: row.name)
    total = sum(row.samples for row in wanted)
    if total == 0:
        raise BadInput(
            f"{folder}: holds no {split} pictures; scrape more posts or ask for fewer in --clean"
        )
    pictures: dict[str, list[Picture]] = {COLOR: [], EDGE: [], HINT: []}
    with watch(f"read {split} pairs", total) as tell:
        for row in wanted:
            for sample in shards.read(folder / row.name, row.samples):
                for ending in (COLOR, EDGE) if split is Split.TRAIN else (COLOR, EDGE, HINT):
                    pictures[ending].append(_decode(sample, ending, folder / row.name))
                tell()
    stacked = {ending: _stack(all_of, folder) for ending, all_of in pictures.items() if all_of}
    return Pairs(stacked[COLOR], stacked[EDGE], stacked.get(HINT))


def _decode(sample: shards.Sample, ending: str, shard: UPath) -> Picture:
    where = f"{shard}: {sample.key}.{ending}"
    picture = decode_png(sample.files.get(ending, b""), "L" if ending == EDGE else "RGB", where)
    return picture.reshape(*picture.shape[:2], -1).transpose(2, 0, 1)


def _stack(pictures: list[Picture], folder: UPath) -> Tensor:
    shapes = {picture.shape for picture in pictures}
    if len(shapes) > 1:
        raise CorruptFile(f"{folder}: pictures of several sizes {sorted(shapes)}; pack them again")
    return torch.from_numpy(np.stack(pictures))
