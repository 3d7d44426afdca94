"""What answers to the pictures of one shard are worth, kept until every shard is measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from upath import UPath

from evaluation.conditions import Condition
from evaluation.instruments import Instruments
from evaluation.measuring import Measured
from evaluation.scores import Answer, PictureScore
from evaluation.seen import read_features, write_features
from storage import manifest
from storage.records import Contract


@dataclass(frozen=True, slots=True)
class ColorCounts:
    """Summed channel counts (3 x 256, flat) of a shard, under one condition, for one answer."""

    condition: Condition
    answer: Answer
    real: tuple[int, ...]
    generated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of some answers to one shard: three files in a folder, by the shard's name."""

    folder: UPath
    shard: str

    def exist(self) -> bool:
        """Whether all three files are there."""
        return self._path("counts.parquet").exists()

    def write(self, found: Sequence[Measured], instruments: Instruments) -> None:
        """Write what was measured, one a condition and answer."""
        scores = [score for measured in found for score in measured.scores]
        counts = [
            ColorCounts(
                measured.condition,
                measured.answer,
                tuple(measured.real_C256.ravel().tolist()),
                tuple(measured.generated_C256.ravel().tolist()),
            )
            for measured in found
        ]
        contract = Contract.EVALUATION
        manifest.write_table(self._path("scores.parquet"), contract, scores, PictureScore)
        write_features(self._path("features.npz"), found, instruments)
        # Written last: its presence says that the others are there.
        manifest.write_table(self._path("counts.parquet"), contract, counts, ColorCounts)

    def read(self, instruments: Instruments) -> list[Measured]:
        """Read what was measured; what the networks saw of truths goes to the instruments."""
        contract = Contract.EVALUATION
        scores = manifest.read_table(self._path("scores.parquet"), contract, PictureScore)
        counts = manifest.read_table(self._path("counts.parquet"), contract, ColorCounts)
        seen = read_features(self._path("features.npz"), instruments)
        return [
            Measured(
                count.condition,
                count.answer,
                tuple(
                    score
                    for score in scores
                    if (score.condition, score.answer) == (count.condition, count.answer)
                ),
                np.array(count.real, dtype=np.int64).reshape(3, -1),
                np.array(count.generated, dtype=np.int64).reshape(3, -1),
                seen.get((count.condition, count.answer), {}),
            )
            for count in counts
        ]

    def _path(self, what: str) -> UPath:
        return self.folder / f"{self.shard}.{what}"
