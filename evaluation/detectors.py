"""Which lines a model colours best: the artist's own, or those of an edge detector.

The paper leaves the difference between the two as future work; here all kinds of lines are drawn
of the same pictures, and coloured with the same hints.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluation import distribution, pixelwise
from evaluation.colorize import Colorizer
from evaluation.drawing import line_drawer, usable_detectors
from evaluation.further_scores import ARTIST, DetectorScore
from evaluation.gallery import Gallery
from evaluation.pairs import Pair
from evaluation.pixelwise import Pictures
from evaluation.plan import Plan
from evaluation.resampling import bootstrap_mean
from storage.progress import watch
from storage.records import Split


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """The answer to one picture from one kind of lines."""

    md5: str
    l2: float
    kl_8: float


def compare_lines(plan: Plan, colorizer: Colorizer) -> list[DetectorScore]:
    """Colour the first test pictures that have the artist's own lines, from every kind of lines.

    What a killed run has coloured is read, not coloured again. Empty if no picture has such lines.
    """
    keys = plan.first(Split.TEST, plan.config.num_line_pictures, lined=True)
    if not keys:
        return []
    answers: dict[str, list[LineAnswer]] = {}
    kinds = (ARTIST, *usable_detectors())
    with watch("kinds of lines", len(kinds)) as advance:
        for lines in kinds:
            make = partial(_answer_all, plan, colorizer, keys, lines)
            answers[lines] = plan.part(f"lines-{lines}", LineAnswer, make)
            advance(lines=lines)
    artist = {answer.md5: answer.l2 for answer in answers[ARTIST]}
    return [_sum_up(lines, some, artist, plan.seed) for lines, some in answers.items()]


def hang_lines(plan: Plan) -> None:
    """Draw the lines of every picture that is shown by every detector, for the gallery."""
    gallery = Gallery(plan.folder)
    for lines in usable_detectors():
        draw = line_drawer(plan.pairs_folder, lines)
        for shown in gallery.shown():
            color_HWC = gallery.read(shown.md5, "color")
            assert color_HWC is not None, "the truth of every picture shown hangs there"
            gallery.hang_lines(shown.md5, lines, draw(color_HWC))


def _answer_all(
    plan: Plan, colorizer: Colorizer, keys: Sequence[str], lines: str
) -> Iterator[LineAnswer]:
    draw = None if lines == ARTIST else line_drawer(plan.pairs_folder, lines)
    for some in plan.batches(Split.TEST, keys):
        color_BHWC = np.stack([pair.color_HWC for pair in some])
        generated_BHWC = colorizer.colorize(
            np.stack([_lines_of(pair, draw) for pair in some]),
            np.stack([pair.hint_HWC for pair in some]),
            np.stack([pair.mask_HW for pair in some]),
            [pair.md5 for pair in some],
        )
        l2_B = pixelwise.l2(color_BHWC, generated_BHWC).tolist()
        kl_B = distribution.kl_8(color_BHWC, generated_BHWC).tolist()
        for pair, l2, kl_8 in zip(some, l2_B, kl_B, strict=True):
            yield LineAnswer(pair.md5, l2, kl_8)


def _lines_of(pair: Pair, draw: Callable[[Pictures], Pictures] | None) -> Pictures:
    if draw:
        return draw(pair.color_HWC)
    assert pair.line_HW is not None, "only pictures with the artist's own lines are asked"
    return pair.line_HW


def _sum_up(
    lines: str, answers: Sequence[LineAnswer], artist: Mapping[str, float], seed: int
) -> DetectorScore:
    l2 = [answer.l2 for answer in answers]
    gaps = [artist[answer.md5] - answer.l2 for answer in answers]
    around_l2, around_gap = bootstrap_mean(l2, seed), bootstrap_mean(gaps, seed)
    return DetectorScore(
        lines=lines,
        num_pictures=len(answers),
        l2=float(np.mean(l2)),
        l2_low=around_l2.low,
        l2_high=around_l2.high,
        kl_8=float(np.mean([answer.kl_8 for answer in answers])),
        gap=float(np.mean(gaps)),
        gap_low=around_gap.low,
        gap_high=around_gap.high,
    )
