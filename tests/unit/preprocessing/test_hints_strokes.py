from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from preprocessing.config import HintConfig
from preprocessing.hints import make_hints, make_masked_hints
from tests.pictures import drawing

STILL = {"jitter": 0.0, "shift_px": 0.0}


def _chance(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _strokes(**inner: object) -> HintConfig:
    return HintConfig.model_validate({"kind": "strokes", "strokes": inner})


def _dots(**inner: object) -> HintConfig:
    return HintConfig.model_validate({"kind": "dots", "dots": inner})


def _halves(batch: int = 8) -> Tensor:
    """Red on the left, blue on the right."""
    color = torch.full((batch, 3, 256, 256), -1.0)
    color[:, 0, :, :128] = 1
    color[:, 2, :, 128:] = 1
    return color


def _given(color: Tensor, config: HintConfig, seed: int = 1) -> tuple[Tensor, Tensor]:
    masked = make_masked_hints(color, config, _chance(seed))
    return masked[:, :3], masked[:, 3] == 1


def test_a_stroke_does_not_cross_into_another_colour():
    color = _halves()
    hints, given = _given(color, _strokes(min_strokes=40, max_strokes=40, jitter=0))
    wrong = ((hints - color).abs().amax(1) > 0.2) & given
    assert int(given.sum()) > 8 * 500
    assert int(wrong.sum()) <= 0.01 * int(given.sum())


def test_with_every_tolerance_strokes_cross():
    color = _halves()
    config = _strokes(min_strokes=40, max_strokes=40, jitter=0, tolerance=255)
    hints, given = _given(color, config)
    wrong = ((hints - color).abs().amax(1) > 0.2) & given
    assert int(wrong.sum()) > 0.02 * int(given.sum())


@pytest.mark.parametrize("config", [_strokes(min_strokes=10), _dots(min_dots=40)])
def test_marks_have_the_true_colours_within_their_jitter(config: HintConfig):
    color = torch.full((8, 3, 256, 256), 0.1)
    hints, given = _given(color, config)
    errors = ((hints - color) * 127.5).permute(0, 2, 3, 1)[given]
    of_marks = torch.unique(errors, dim=0)
    spread = config.strokes.jitter if config.kind == "strokes" else config.dots.jitter
    assert float(of_marks.std()) == pytest.approx(spread, rel=0.25)
    assert float(of_marks.mean().abs()) < 1
    assert float(of_marks.abs().max()) < 6 * spread


def test_marks_on_a_drawing_are_mostly_of_the_colour_under_them():
    pictures = torch.stack([torch.from_numpy(drawing(number)) for number in range(8)])
    color = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
    for config in (_strokes(min_strokes=20), _dots(min_dots=60)):
        hints, given = _given(color, config)
        differences = ((hints - color).abs().amax(1) * 127.5)[given]
        # What differs is a brush's edge over an outline.
        assert float((differences < 25).float().mean()) > 0.9


def test_one_direction_and_no_bend_make_straight_diagonals():
    black = torch.full((4, 3, 256, 256), -1.0)
    straight = {"min_angle_deg": 45, "max_angle_deg": 45, "max_bend_deg": 0}
    config = _strokes(min_strokes=1, max_strokes=1, min_width_px=1, max_width_px=1, **straight)
    _, given = _given(black, config)
    for picture in given:
        rows, columns = torch.nonzero(picture, as_tuple=True)
        assert int((rows - columns).max() - (rows - columns).min()) <= 2


def test_dots_are_of_the_configured_radius_and_shifted_by_no_more_than_asked():
    black = torch.full((16, 3, 256, 256), -1.0)
    config = _dots(min_dots=1, max_dots=1, min_radius_px=3, max_radius_px=3, **STILL)
    hints, given = _given(black, config)
    # A disc of radius 3 around a pixel has 29 pixels; the picture's border may cut it.
    assert int(given.sum((1, 2)).max()) == 29
    assert bool((hints[:, 0][given] == -1).all())
    shifted = config.model_copy(update={"dots": config.dots.model_copy(update={"shift_px": 1.0})})
    # Another draw of the shift in the same place: the chance drawn is as much with it as without.
    _, moved = _given(black, shifted)
    for before, after in zip(given, moved, strict=True):
        centers = [torch.nonzero(each).double().mean(0) for each in (before, after)]
        assert float((centers[0] - centers[1]).abs().max()) <= 1.5


def test_dots_are_often_few_sometimes_many_sometimes_none():
    black = torch.full((400, 3, 64, 64), -1.0)
    config = _dots(min_radius_px=0.5, max_radius_px=0.5, jitter=0, shift_px=0)
    _, given = _given(black, config)
    counts = given.sum((1, 2))
    # As PaintsChainer: 40 % none, 30 % up to 15, the others more.
    assert float((counts == 0).float().mean()) == pytest.approx(0.4, abs=0.08)
    assert float((counts > 15).float().mean()) == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("size_px", [128, 512])
def test_marks_scale_with_the_picture(size_px: int):
    fixed = {"min_strokes": 6, "max_strokes": 6, "min_length_px": 40, "max_length_px": 40}
    config = _strokes(min_width_px=8, max_width_px=8, **fixed)
    shares = [
        float(_given(torch.full((8, 3, side, side), -1.0), config)[1].float().mean())
        for side in (256, size_px)
    ]
    assert shares[0] == pytest.approx(shares[1], rel=0.2)


def test_pictures_need_not_be_square():
    color = torch.full((2, 3, 96, 256), -1.0)
    for config in (_strokes(min_strokes=9), _dots(min_dots=9)):
        assert bool((make_hints(color, config, _chance()) < 0).any())


def test_a_later_mark_lies_over_an_earlier_one():
    color = torch.full((1, 3, 64, 64), 0.0)
    hints, given = _given(color, _dots(min_dots=900, max_dots=900, jitter=20))
    # Nothing is mixed: every colour is the colour of one dot.
    assert len(torch.unique(hints.permute(0, 2, 3, 1)[given], dim=0)) <= 900


@pytest.mark.parametrize(
    ("kind", "inner", "message"),
    [
        ("strokes", {"min_strokes": 30}, "min_strokes is 30, above max_strokes 24"),
        ("strokes", {"max_width_px": 1.5}, "min_width_px is 2.0, above max_width_px 1.5"),
        ("dots", {"min_radius_px": 4}, "min_radius_px is 4.0, above max_radius_px 3.0"),
    ],
)
def test_fields_that_contradict_are_refused_in_one_line(kind: str, inner: object, message: str):
    with pytest.raises(ValidationError, match=message):
        HintConfig.model_validate({"kind": kind, kind: inner})


@pytest.mark.parametrize("make", [_strokes, _dots])
def test_as_many_marks_as_the_most_are_drawn_at_times(make: Callable[..., HintConfig]):
    kind = make().kind
    config = make(**{f"min_{kind}": 0, f"max_{kind}": 1, "skew": 1, "jitter": 0})
    _, given = _given(torch.full((200, 3, 64, 64), -1.0), config)
    assert 60 <= int(given.any(-1).any(-1).sum()) <= 140


def test_a_stroke_ends_for_good_where_its_colour_does_or_the_picture():
    stripes = torch.full((60, 3, 256, 256), -1.0)
    stripes[..., 40:60] = stripes[..., 120:140] = stripes[..., 200:220] = 1.0
    long = {"min_strokes": 1, "max_strokes": 1, "min_length_px": 256, "max_length_px": 256}
    thin = {"min_width_px": 1.5, "max_width_px": 1.5, "jitter": 0}
    for color, bend in ((stripes, 0), (torch.full_like(stripes, -1.0), 360)):
        _, given = _given(color, _strokes(**long, **thin, max_bend_deg=bend))
        for picture in given:
            pieces, _ = cv2.connectedComponents(picture.numpy().astype(np.uint8))
            assert pieces == 2


def test_strokes_are_of_every_length_between_the_least_and_the_most():
    level = {"min_angle_deg": 0, "max_angle_deg": 0, "max_bend_deg": 0}
    sized = {"min_length_px": 10, "max_length_px": 60, "min_width_px": 1, "max_width_px": 1}
    config = _strokes(min_strokes=1, max_strokes=1, jitter=0, **level, **sized)
    _, given = _given(torch.full((100, 3, 256, 256), -1.0), config)
    lengths = given.any(1).sum(1)
    whole = lengths[~given[:, :, -1].any(1)]
    assert int(whole.min()) == pytest.approx(10, abs=4)
    assert int(whole.max()) == pytest.approx(60, abs=4)
    assert float(whole.double().mean()) == pytest.approx(35, abs=6)
