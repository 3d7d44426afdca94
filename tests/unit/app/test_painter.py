import cv2
import numpy as np

from app.drawing import Drawing
from app.painter import Wish
from tests.unit.app.conftest import RED, HintReturned, NoiseShown, painter_of


def test_the_answer_has_the_drawings_own_size_and_its_own_lines(
    boxes: Drawing, red_strokes: np.ndarray
) -> None:
    answer = painter_of(HintReturned()).paint(boxes, Wish(red_strokes))

    assert answer.shape == (200, 300, 3)
    assert (answer[boxes.line_HW == 0] == 0).all()


def test_colour_comes_where_it_is_painted_and_not_in_the_other_box(
    boxes: Drawing, red_strokes: np.ndarray
) -> None:
    painter = painter_of(HintReturned())

    painted, bare = painter.paint(boxes, Wish(red_strokes)), painter.paint(boxes, Wish())

    changed = np.abs(painted.astype(int) - bare).max(axis=-1)
    assert np.abs(painted[100, 80].astype(int) - RED).max() < 12
    assert (changed[60:140, 40:120] > 40).mean() > 0.9
    assert changed[60:140, 180:260].max() < 8
    assert (bare[boxes.line_HW == 255] > 250).all()


def test_a_model_that_learnt_from_strokes_gets_them_as_they_are(
    boxes: Drawing, red_strokes: np.ndarray
) -> None:
    washed = painter_of(HintReturned(), "paper").see(boxes, Wish(red_strokes))
    plain = painter_of(HintReturned(), "mix").see(boxes, Wish(red_strokes))

    assert (plain.hint_SSC[plain.mask_SS == 0] == 255).all()
    assert (washed.hint_SSC < 250).any(axis=-1).sum() > 2 * (plain.mask_SS > 0).sum()


def test_strokes_may_be_painted_at_another_size(boxes: Drawing, red_strokes: np.ndarray) -> None:
    painter = painter_of(HintReturned())

    whole, half = (
        painter.paint(boxes, Wish(strokes)) for strokes in (red_strokes, red_strokes[::2, ::2])
    )

    assert np.abs(whole.astype(int) - half).mean() < 3


def test_a_smaller_answer_is_the_whole_one_made_smaller() -> None:
    # Lines so thin that they would be gray, and hold no colour back, were they shrunk first.
    page = np.full((1500, 2250), 255, np.uint8)
    for left in (300, 1250):
        cv2.rectangle(page, (left, 400), (left + 700, 1100), 0, 2)
    strokes = np.zeros((*page.shape, 4), np.uint8)
    strokes[700:800, 500:700] = (*RED, 255)
    painter, thin = painter_of(HintReturned()), Drawing("a" * 32, page)

    whole, small = (painter.paint(thin, Wish(strokes, max_px=side)) for side in (0, 450))

    shrunk = cv2.resize(whole, (450, 300), interpolation=cv2.INTER_AREA)
    assert small.shape == (300, 450, 3)
    assert (np.abs(small.astype(int) - shrunk).max(axis=-1) > 32).mean() < 0.005


def test_another_variant_is_other_noise_and_the_same_is_the_same(boxes: Drawing) -> None:
    painter = painter_of(NoiseShown())

    first, again, other = (painter.paint(boxes, Wish(variant=number)) for number in (1, 1, 2))

    assert (first == again).all()
    assert (first != other).any()


def test_turned_hues_leave_white_paper_white(boxes: Drawing, red_strokes: np.ndarray) -> None:
    painter = painter_of(HintReturned())

    turned = painter.paint(boxes, Wish(red_strokes, turn=120))

    red, green, blue = turned[100, 80].astype(int)
    assert green > 150 > 100 > max(red, blue)
    assert (turned[190:, 290:] > 250).all()
