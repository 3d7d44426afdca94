"""What is measured, with what, and into which folder."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from upath import UPath

from evaluation.config import EvaluationConfig
from evaluation.instruments import Instruments
from evaluation.pairs import Pair, first_keys, in_batches, read_pairs, shards_of
from storage import digest, manifest, shards
from storage.layout import DataLayout
from storage.records import Contract, Split

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Plan:
    """One evaluation: the pairs and checkpoints it reads, the folder it writes.

    `checkpoints` are steps and folders, ascending.
    """

    config: EvaluationConfig
    pairs_folder: UPath
    checkpoints: tuple[tuple[int, UPath], ...]
    folder: UPath
    device: torch.device
    seed: int
    instruments: Instruments

    @property
    def parts_folder(self) -> UPath:
        """Where finished parts wait until all of them are there; killed work goes on from them."""
        return self.folder / "parts"

    @property
    def shared_folder(self) -> UPath:
        """Where it is kept what untrained answers are worth: the same for every training.

        Pairs that are made again under their key may be of other pictures, so their bytes count.
        """
        told = self.config.settings() | {
            "contract": Contract.EVALUATION.value,
            "seed": self.seed,
            "instruments": self.instruments.names,
            "pairs": shards.digests_in(self.pairs_folder, Contract.PAIRS),
        }
        cache = DataLayout.of(self.pairs_folder).cache(self.pairs_folder.name)
        return UPath(cache / "untrained" / digest.of_settings(told))

    def first(self, split: Split, limit: int, *, lined: bool = False) -> list[str]:
        """Give the first md5s of a split; `lined` only of pictures with the artist's own lines."""
        rows = shards_of(self.pairs_folder, split)
        return first_keys(self.pairs_folder, rows, limit, lined=lined)

    def batches(self, split: Split, keys: Collection[str]) -> Iterator[list[Pair]]:
        """Read those pairs of a split, so many at a time as are coloured at once."""
        rows = shards_of(self.pairs_folder, split)
        pairs = read_pairs(self.pairs_folder, rows, frozenset(keys))
        return in_batches(pairs, self.config.batch_size)

    def part(self, name: str, row_type: type[Row], make: Callable[[], Iterable[Row]]) -> list[Row]:
        """Read the rows of a finished part, or make them and keep them, whole or not at all."""
        path = self.parts_folder / f"{name}.parquet"
        if not path.exists():
            manifest.write_table(path, Contract.EVALUATION, list(make()), row_type)
        return manifest.read_table(path, Contract.EVALUATION, row_type)
