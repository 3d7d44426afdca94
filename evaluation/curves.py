"""How the scores move along training: every checkpoint on the same validation pictures."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import add

from upath import UPath

from evaluation.answers import answer_by_model, answer_untrained
from evaluation.colorize import open_colorizer
from evaluation.conditions import Batch, Condition
from evaluation.instruments import INCEPTION
from evaluation.measuring import Measured, summarise
from evaluation.plan import Plan
from evaluation.posing import pose
from evaluation.scores import SetScore
from storage import manifest
from storage.progress import watch
from storage.records import Contract, Split

logger = logging.getLogger(__name__)


def draw_curves(plan: Plan) -> list[SetScore]:
    """Score the untrained answers, and every checkpoint, on the first validation pictures.

    What a killed run has scored is read, not scored again.
    """
    keys = plan.first(Split.VAL, plan.config.num_curve_pictures)
    if not keys:
        logger.warning("found no validation pictures, so there are no curves")
        return []
    # At every checkpoint anew it would cost more than all the rest.
    plan = replace(plan, instruments=plan.instruments.without(INCEPTION))
    scores = _score_untrained(plan, keys)
    with watch("curves", len(plan.checkpoints)) as advance:
        for step, checkpoint in plan.checkpoints:
            scores += _score_checkpoint(plan, keys, step, checkpoint)
            advance(step=step, l2=scores[-1].l2)
    return scores


def _score_untrained(plan: Plan, keys: list[str]) -> list[SetScore]:
    path = plan.shared_folder / "val-untrained.parquet"
    if not path.exists():
        measured = (answer_untrained(batch, plan.instruments) for batch in _batches(plan, keys))
        answers = (reduce(add, column) for column in zip(*measured, strict=True))
        scores = [_told(_sum_up(plan, answer, 0)) for answer in answers]
        manifest.write_table(path, Contract.EVALUATION, scores, SetScore)
    return manifest.read_table(path, Contract.EVALUATION, SetScore)


def _score_checkpoint(plan: Plan, keys: list[str], step: int, checkpoint: UPath) -> list[SetScore]:
    def score() -> Iterator[SetScore]:
        colorizer = open_colorizer(checkpoint, plan.device, plan.seed)
        answers = (
            answer_by_model(batch, colorizer, plan.instruments)[1] for batch in _batches(plan, keys)
        )
        yield _told(_sum_up(plan, reduce(add, answers), step))

    return plan.part(f"val-step-{step:07d}", SetScore, score)


def _batches(plan: Plan, keys: list[str]) -> Iterator[Batch]:
    for some in plan.batches(Split.VAL, keys):
        batch = pose(some, Condition.DETECTED, plan.seed)
        if batch is not None:
            yield batch


def _sum_up(plan: Plan, measured: Measured, step: int) -> SetScore:
    return summarise(measured, Split.VAL, step, plan.seed, plan.instruments)


def _told(score: SetScore) -> SetScore:
    logger.info(
        "scored answer=%s step=%d pictures=%d l2=%.4f kl_hist=%.4f",
        *(score.answer, score.step, score.num_pictures, score.l2, score.kl_hist),
    )
    return score
