from itertools import combinations

import numpy as np

from app.drawing import Drawing
from app.painter import Wish
from app.variants import LEAST_LEVELS, LEAST_SHARE, vary
from tests.unit.app.conftest import HintReturned, NoiseShown, painter_of


def _share(one: np.ndarray, other: np.ndarray) -> float:
    return float((np.abs(one.astype(int) - other).max(axis=-1) >= LEAST_LEVELS).mean())


def test_variants_really_differ_from_each_other(boxes: Drawing, red_strokes: np.ndarray) -> None:
    found = vary(painter_of(HintReturned()), boxes, Wish(red_strokes), 4).found

    assert 2 <= len(found) <= 4
    for one, other in combinations(found, 2):
        assert _share(one.color_HWC, other.color_HWC) >= LEAST_SHARE
        assert one.wish.turn != other.wish.turn


def test_a_model_that_heeds_noise_varies_by_noise(boxes: Drawing) -> None:
    found = vary(painter_of(NoiseShown()), boxes, Wish(), 3)

    assert found.noise_spread > 10
    assert [each.wish.turn for each in found.found] == [0, 0, 0]


def test_where_nothing_can_differ_there_are_no_variants(boxes: Drawing) -> None:
    found = vary(painter_of(HintReturned()), boxes, Wish(), 4)

    assert found.found == []
    assert found.noise_spread == 0


def test_a_variants_wish_gives_it_again(boxes: Drawing, red_strokes: np.ndarray) -> None:
    painter = painter_of(HintReturned())

    found = vary(painter, boxes, Wish(red_strokes), 1).found[0]
    again = painter.paint(boxes, found.wish)

    assert np.abs(again[100, 80].astype(int) - found.color_HWC[21, 17]).max() < 12
