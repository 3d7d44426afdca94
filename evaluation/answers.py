"""Who answers: the model, or one of the two answers that need none."""

from evaluation import trivial
from evaluation.colorize import Colorizer
from evaluation.conditions import Batch
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


def answer_trivially(
    batch: Batch, instruments: Instruments, known: Known | None = None
) -> list[Measured]:
    """Measure both trivial answers to a batch.

    Args:
        batch: the pictures, under one condition.
        instruments: what they are measured with.
        known: what was measured of the same pictures under other conditions. The same edges give
            the same lines on paper, whatever the hint, and these are not measured again.
    """
    known = {} if known is None else known
    return [
        _measure_once(
            batch, Answer.LINES, trivial.lines_on_paper(batch.edge_BHW), known, instruments
        ),
        _measure_once(batch, Answer.HINT, trivial.hint_itself(batch.hint_BHWC), known, instruments),
    ]


def _measure_once(
    batch: Batch, answer: Answer, picture_BHWC: Pictures, known: Known, instruments: Instruments
) -> Measured:
    name = (batch.md5s, answer, digest.of_bytes(picture_BHWC.tobytes()))
    if name not in known:
        known[name] = measure(batch, answer, picture_BHWC, None, instruments)
    return known[name].under(batch.condition)
