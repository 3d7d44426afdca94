"""Who answers: the model, or one of the two answers that need none."""

from evaluation import trivial
from evaluation.colorize import Colorizer
from evaluation.conditions import Batch
from evaluation.instruments import Instruments
from evaluation.measuring import Measured, measure
from evaluation.pixelwise import Pictures
from evaluation.scores import Answer
from evaluation.wasserstein import critic_gap


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


def answer_trivially(batch: Batch, instruments: Instruments) -> list[Measured]:
    """Measure both trivial answers to a batch."""
    lines_BHWC = trivial.lines_on_paper(batch.edge_BHW)
    hint_BHWC = trivial.hint_itself(batch.hint_BHWC)
    return [
        measure(batch, Answer.LINES, lines_BHWC, None, instruments),
        measure(batch, Answer.HINT, hint_BHWC, None, instruments),
    ]
