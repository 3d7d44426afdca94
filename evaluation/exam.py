"""The last checkpoint on every test picture, under every condition, beside what is untrained."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import add

import numpy as np
from upath import UPath

from evaluation.answers import Known, answer_by_model, answer_untrained
from evaluation.colorize import Colorizer
from evaluation.conditions import Condition
from evaluation.gallery import OTHER_STROKES, Gallery
from evaluation.measuring import Measured
from evaluation.pairs import Pair, in_batches, read_pairs
from evaluation.plan import Plan
from evaluation.posing import pose
from evaluation.scores import Answer, PictureScore
from evaluation.seen import read_features, write_features
from storage import manifest
from storage.progress import Advance, watch
from storage.records import Contract, ShardRow

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ColorCounts:
    """Summed channel counts (3 x 256, flat) of a shard, under one condition, for one answer."""

    condition: Condition
    answer: Answer
    real: tuple[int, ...]
    generated: tuple[int, ...]


def examine(
    plan: Plan, colorizer: Colorizer, rows: Sequence[ShardRow], shown: frozenset[str]
) -> list[Measured]:
    """Measure every answer to every picture of some shards; hang the answers that are shown.

    A shard that a killed run has finished is read, not measured again.
    """
    step = plan.checkpoints[-1][0]
    finished = sum(row.samples for row in rows if _counts_path(plan, row).exists())
    with watch("test pictures", sum(row.samples for row in rows), already=finished) as advance:
        for row in rows:
            if not _counts_path(plan, row).exists():
                _write(plan, row, _examine_shard(plan, row, shown, colorizer, advance))
                logger.info("examined shard=%s pictures=%d step=%d", row.name, row.samples, step)
    return _joined([measured for row in rows for measured in _read(plan, row)])


def _examine_shard(
    plan: Plan, row: ShardRow, shown: frozenset[str], colorizer: Colorizer, advance: Advance
) -> list[Measured]:
    gallery = Gallery(plan.folder)
    found: list[Measured] = []
    for pairs in in_batches(read_pairs(plan.pairs_folder, [row]), plan.config.batch_size):
        known: Known = {}
        for condition in Condition:
            batch = pose(pairs, condition, plan.seed)
            if batch is None:
                continue
            generated_BHWC, measured = answer_by_model(batch, colorizer, plan.instruments)
            gallery.hang_answers(batch, generated_BHWC, shown)
            found += [measured, *answer_untrained(batch, plan.instruments, known)]
        _hang_other_strokes(plan, [pair for pair in pairs if pair.md5 in shown], colorizer)
        advance(len(pairs))
    return _joined(found)


def _hang_other_strokes(plan: Plan, shown: Sequence[Pair], colorizer: Colorizer) -> None:
    """Show what other strokes make of the same drawings."""
    batch = pose(shown, Condition.STROKES, plan.seed, stroke_set=2)
    if batch:
        generated_BHWC = colorizer.colorize(
            batch.edge_BHW, batch.hint_BHWC, batch.mask_BHW, batch.md5s
        )
        Gallery(plan.folder).hang_answers(batch, generated_BHWC, batch.md5s, OTHER_STROKES)


def _joined(found: list[Measured]) -> list[Measured]:
    """Put together what belongs to the same condition and answer, in a fixed order."""

    def name(measured: Measured) -> tuple[str, str]:
        return measured.condition, measured.answer

    return [reduce(add, some) for _, some in groupby(sorted(found, key=name), key=name)]


def _write(plan: Plan, row: ShardRow, found: list[Measured]) -> None:
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
    manifest.write_table(_scores_path(plan, row), Contract.EVALUATION, scores, PictureScore)
    write_features(_features_path(plan, row), found, plan.instruments)
    # Written last: its presence says that the shard is finished.
    manifest.write_table(_counts_path(plan, row), Contract.EVALUATION, counts, ColorCounts)


def _read(plan: Plan, row: ShardRow) -> list[Measured]:
    scores = manifest.read_table(_scores_path(plan, row), Contract.EVALUATION, PictureScore)
    counts = manifest.read_table(_counts_path(plan, row), Contract.EVALUATION, ColorCounts)
    seen = read_features(_features_path(plan, row), plan.instruments)
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


def _scores_path(plan: Plan, row: ShardRow) -> UPath:
    return plan.parts_folder / f"{row.name}.scores.parquet"


def _features_path(plan: Plan, row: ShardRow) -> UPath:
    return plan.parts_folder / f"{row.name}.features.npz"


def _counts_path(plan: Plan, row: ShardRow) -> UPath:
    return plan.parts_folder / f"{row.name}.counts.parquet"
