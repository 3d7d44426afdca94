"""Who answers: the model, or one of those that need no training."""

from evaluation import untrained
from evaluation.colorize import Colorizer
from evaluation.conditions import Batch, Condition
from evaluation.instruments import Instruments
from evaluation.measuring import Measured, measure
from evaluation.pixelwise import Pictures
from evaluation.scores import Answer
from evaluation.wasserstein import critic_gap
from storage import digest

Known = dict[tuple[tuple[str, ...], Answer, str], Measured]
"""Measured answers by pictures, answer and the digest of what was answered."""


def answer_by_model(
    batch: Batch, colorizer: Colorizer, instruments: Instruments
) -> tuple[Pictures, Measured]:
    """Colour a batch; give the pictures and what they are worth."""
    generated_BHWC = colorizer.colorize(batch.edge_BHW, batch.hint_BHWC, batch.mask_BHW, batch.md5s)
    gap_B = None
    if colorizer.critic is not None:
        hint_BCHW = colorizer.hint(batch.hint_BHWC, batch.mask_BHW)
        gap_B = critic_gap(colorizer.critic, batch, hint_BCHW, generated_BHWC)
    return generated_BHWC, measure(batch, Answer.MODEL, generated_BHWC, gap_B, instruments)


def answer_untrained(
    batch: Batch, instruments: Instruments, known: Known | None = None
) -> list[Measured]:
    """Measure the untrained answers to a batch; without a hint there is nothing to spread.

    Args:
        batch: the pictures, under one condition.
        instruments: what they are measured with.
        known: what was measured of the same pictures under other conditions. The same edges give
            the same lines on paper, whatever the hint, and these are not measured again.
    """
    known = {} if known is None else known
    answers = {
        Answer.LINES: untrained.lines_on_paper(batch.edge_BHW),
        Answer.HINT: untrained.hint_itself(batch.hint_BHWC),
    }
    if batch.condition != Condition.NO_HINT:
        spread_BHWC = untrained.spread_hint(batch.edge_BHW, batch.hint_BHWC, batch.mask_BHW)
        answers[Answer.LEVIN] = spread_BHWC
    return [
        _measure_once(batch, answer, picture_BHWC, known, instruments)
        for answer, picture_BHWC in answers.items()
    ]


def _measure_once(
    batch: Batch, answer: Answer, picture_BHWC: Pictures, known: Known, instruments: Instruments
) -> Measured:
    name = (batch.md5s, answer, digest.of_bytes(picture_BHWC.tobytes()))
    if name not in known:
        known[name] = measure(batch, answer, picture_BHWC, None, instruments)
    return known[name].under(batch.condition)
