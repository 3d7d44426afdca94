"""The last checkpoint on every test picture, under every condition, beside what is untrained."""

import logging
from collections.abc import Sequence
from functools import reduce
from itertools import groupby
from operator import add

from evaluation.answers import Known, answer_by_model, answer_untrained
from evaluation.colorize import Colorizer
from evaluation.conditions import Condition
from evaluation.gallery import OTHER_STROKES, Gallery
from evaluation.marks import Marks
from evaluation.measuring import Measured
from evaluation.pairs import Pair, in_batches, read_pairs
from evaluation.plan import Plan
from evaluation.posing import pose
from storage.progress import Advance, watch
from storage.records import ShardRow

logger = logging.getLogger(__name__)


def examine(
    plan: Plan, colorizer: Colorizer, rows: Sequence[ShardRow], shown: frozenset[str]
) -> list[Measured]:
    """Measure every answer to every picture of some shards; hang the answers that are shown.

    A shard that a killed run has finished is read, not measured again, and the untrained answers
    are read where another training's evaluation has measured them.
    """
    step = plan.checkpoints[-1][0]
    finished = sum(row.samples for row in rows if _is_finished(plan, row))
    with watch("test pictures", sum(row.samples for row in rows), already=finished) as advance:
        for row in rows:
            if not _is_finished(plan, row):
                _examine_shard(plan, row, shown, colorizer, advance)
                logger.info("examined shard=%s pictures=%d step=%d", row.name, row.samples, step)
    kept = [marks for row in rows for marks in _marks_of(plan, row)]
    return _joined([measured for marks in kept for measured in marks.read(plan.instruments)])


def _marks_of(plan: Plan, row: ShardRow) -> tuple[Marks, Marks]:
    """Give where the model's answers to a shard are marked, and where the untrained ones are."""
    return Marks(plan.parts_folder, row.name), Marks(plan.shared_folder, row.name)


def _is_finished(plan: Plan, row: ShardRow) -> bool:
    return all(marks.exist() for marks in _marks_of(plan, row))


def _examine_shard(
    plan: Plan, row: ShardRow, shown: frozenset[str], colorizer: Colorizer, advance: Advance
) -> None:
    gallery = Gallery(plan.folder)
    of_model, of_untrained = _marks_of(plan, row)
    found: dict[Marks, list[Measured]] = {
        marks: [] for marks in (of_untrained, of_model) if not marks.exist()
    }
    for pairs in in_batches(read_pairs(plan.pairs_folder, [row]), plan.config.batch_size):
        known: Known = {}
        for condition in Condition:
            batch = pose(pairs, condition, plan.seed)
            if batch is None:
                continue
            if of_untrained in found:
                found[of_untrained] += answer_untrained(batch, plan.instruments, known)
            if of_model in found:
                generated_BHWC, measured = answer_by_model(batch, colorizer, plan.instruments)
                gallery.hang_answers(batch, generated_BHWC, shown)
                found[of_model].append(measured)
        if of_model in found:
            _hang_other_strokes(plan, [pair for pair in pairs if pair.md5 in shown], colorizer)
        advance(len(pairs))
    for marks, measured_all in found.items():
        marks.write(_joined(measured_all), plan.instruments)


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
