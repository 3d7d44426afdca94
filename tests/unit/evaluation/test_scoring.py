import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from evaluation import untrained
from evaluation.answers import Known, answer_untrained
from evaluation.conditions import Batch, Condition
from evaluation.measuring import BARE, Measured, measure, summarise
from evaluation.scores import Answer, SetScore
from storage.records import Split

BatchOf = Callable[[np.ndarray], Batch]


@pytest.fixture
def batch(batch_of: BatchOf, chance: np.random.Generator) -> Batch:
    """Two pictures: a blue ground with a darker square in it."""
    color = np.zeros((2, 16, 16, 3), dtype=np.uint8)
    color[:] = (40, 90, 230)
    color[:, 4:9, 4:9] = chance.integers(0, 100, (2, 1, 1, 3))
    return batch_of(color)


def _score(batch: Batch, generated: np.ndarray) -> SetScore:
    return summarise(measure(batch, Answer.MODEL, generated, None), Split.TEST, 7, seed=1)


def test_a_perfect_generator_is_at_zero_everywhere_and_its_psnr_is_told_as_none(
    batch: Batch,
) -> None:
    measured = measure(batch, Answer.MODEL, batch.color_BHWC, None)
    score = summarise(measured, Split.TEST, 7, seed=1)

    assert [one.psnr for one in measured.scores] == [math.inf, math.inf]
    assert (score.l1, score.l2, score.l2_low, score.l2_high) == (0, 0, 0, 0)
    assert (score.kl_hist, score.kl_8, score.kl_set) == pytest.approx((0, 0, 0))
    assert score.psnr is None
    assert score.wasserstein is None


def test_swapped_channels_are_farther_than_the_hint_and_the_truth(batch: Batch) -> None:
    swapped = _score(batch, batch.color_BHWC[..., ::-1])
    hint = _score(batch, batch.hint_BHWC)

    assert swapped.l2 > hint.l2 > 0
    assert swapped.kl_hist > hint.kl_hist > 0
    assert swapped.kl_8 > 0


def test_white_paper_is_as_far_as_the_truth_is_from_white(batch: Batch) -> None:
    white = np.full_like(batch.color_BHWC, 255)

    expected = np.sqrt(np.mean((1 - batch.color_BHWC / 255.0) ** 2, axis=(1, 2, 3))).mean()

    assert _score(batch, white).l2 == pytest.approx(expected, rel=1e-6)


def test_a_set_scores_the_mean_of_its_pictures(batch: Batch) -> None:
    dark = np.zeros_like(batch.color_BHWC)
    measured = measure(batch, Answer.MODEL, dark, np.array([1.0, 2.0]))
    score = summarise(measured, Split.VAL, 7, seed=1)

    assert score.num_pictures == 2
    assert score.l2 == pytest.approx(np.mean([one.l2 for one in measured.scores]))
    assert score.psnr == pytest.approx(np.mean([one.psnr for one in measured.scores]))
    assert score.wasserstein == 1.5
    assert score.l2_low <= score.l2 <= score.l2_high


def test_a_set_measured_in_two_halves_scores_as_the_whole(batch: Batch, batch_of: BatchOf) -> None:
    whole = measure(batch, Answer.HINT, untrained.hint_itself(batch.hint_BHWC), None)
    halves = [_one_of(batch, number) for number in range(2)]
    joined = sum(
        (measure(half, Answer.HINT, half.hint_BHWC, None) for half in halves[1:]),
        start=measure(halves[0], Answer.HINT, halves[0].hint_BHWC, None),
    )

    assert isinstance(joined, Measured)
    assert summarise(joined, Split.TEST, 0, 1) == summarise(whole, Split.TEST, 0, 1)


def test_lines_on_paper_are_gray_and_the_hint_is_itself(batch: Batch) -> None:
    lines = untrained.lines_on_paper(batch.edge_BHW)

    assert lines.shape == batch.color_BHWC.shape
    assert all((lines[..., channel] == batch.edge_BHW).all() for channel in range(3))
    assert untrained.hint_itself(batch.hint_BHWC) is batch.hint_BHWC


def test_only_what_is_sure_of_the_truth_is_spread(batch: Batch) -> None:
    paper = np.full_like(batch.edge_BHW, 255)
    given = np.zeros_like(paper)
    given[:, 0, 0], given[:, 0, 1] = 255, 254
    red = np.full_like(batch.hint_BHWC, 255)
    red[:, 0, 0] = 255, 200, 200
    red_and_unsure = red.copy()
    red_and_unsure[:, 0, 1] = 200, 255, 200

    spread = untrained.spread_hint(paper, red, given)
    assert (spread[..., 0] > spread[..., 1]).all()
    assert (untrained.spread_hint(paper, red_and_unsure, given) == spread).all()


def test_what_conditions_have_in_common_is_measured_once_and_scores_the_same(batch: Batch) -> None:
    unhinted = replace(
        batch, condition=Condition.NO_HINT, hint_BHWC=np.full_like(batch.hint_BHWC, 255)
    )
    known: Known = {}

    for each in (batch, unhinted):
        found = answer_untrained(each, BARE, known)
        anew = answer_untrained(each, BARE)
        assert {one.condition for one in found} == {each.condition}
        assert [one.scores for one in found] == [one.scores for one in anew]
    assert len(known) == 4  # the lines, the hint, the hint spread, white paper


def _one_of(batch: Batch, number: int) -> Batch:
    only = slice(number, number + 1)
    return Batch(
        Condition.DETECTED,
        batch.md5s[only],
        batch.edge_BHW[only],
        batch.hint_BHWC[only],
        batch.mask_BHW[only],
        batch.color_BHWC[only],
    )
