import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from preprocessing.config import EdgeConfig
from preprocessing.pairs import draw_edges
from preprocessing.resize import to_gray, to_square
from tests.benchmarks.line_distance import line_distance
from tests.pictures import drawing

DETECTORS = ["adaptive", "xdog", "canny", "dilate"]


@pytest.mark.parametrize("detector", DETECTORS)
def test_lines_are_dark_on_white_paper(detector: str):
    edges = draw_edges(drawing(1), EdgeConfig(detector=detector))
    assert edges.shape == (256, 256)
    assert edges.dtype == np.uint8
    assert (edges > 200).mean() > 0.5
    assert edges.min() < 100


@pytest.mark.parametrize("detector", DETECTORS)
def test_ink_lies_where_the_outline_is(detector: str):
    picture = np.full((256, 256, 3), 255, np.uint8)
    picture[64:192, 64:192] = (250, 200, 60)
    picture[64:192, 62:66] = 0
    edges = draw_edges(picture, EdgeConfig(detector=detector)).astype(float)
    assert edges[100:150, 59:70].min() < 128
    assert edges[100:150, 100:150].min() > 200
    assert edges[5:40, 5:40].min() > 200


@pytest.mark.parametrize("detector", DETECTORS)
def test_blank_paper_has_no_lines(detector: str):
    blank = np.full((128, 128, 3), 255, np.uint8)
    assert draw_edges(blank, EdgeConfig(detector=detector)).min() == 255


@pytest.mark.parametrize("size_px", [128, 256, 512])
def test_xdog_draws_the_same_lines_at_every_size(size_px: int):
    large = drawing(3, 512)
    config = EdgeConfig(detector="xdog")
    drawn = draw_edges(to_square(large, size_px), config)
    enlarged = to_gray(to_square(np.dstack([drawn] * 3), 512))
    assert line_distance(enlarged, draw_edges(large, config), tolerance_px=4).f1 > 0.95


@pytest.mark.parametrize("size_px", [128, 256, 512])
def test_xdog_blurs_by_what_it_says_at_every_size(size_px: int):
    gray = to_gray(drawing(3, size_px))
    fine = 0.8 * size_px / 256
    inner, outer = (gaussian_filter(gray / 255, sigma) for sigma in (fine, 1.6 * fine))
    expected = 255 * (1 + np.tanh(10 * np.minimum(21 * inner - 20 * outer - 0.3, 0)))
    drawn = draw_edges(drawing(3, size_px), EdgeConfig(detector="xdog"))
    within = np.s_[16:-16, 16:-16]
    assert np.abs(drawn[within] - expected[within]).mean() < 1


@pytest.mark.parametrize("size_px", [128, 256, 512])
def test_a_pen_stroke_is_filled_at_every_size(size_px: int):
    picture = np.full((size_px, size_px, 3), 255, np.uint8)
    pen = size_px // 42
    picture[:, size_px // 2 : size_px // 2 + pen] = 0
    drawn = draw_edges(picture, EdgeConfig())
    assert (drawn == 0).sum(axis=1).tolist() == [pen] * size_px


@pytest.mark.parametrize("size_px", [128, 256, 512])
def test_dilate_fills_a_pen_as_thick_as_a_pixel_of_256_at_every_size(size_px: int):
    picture = np.full((size_px, size_px, 3), 255, np.uint8)
    pen = max(1, size_px // 128)
    picture[:, size_px // 2 : size_px // 2 + pen] = 0
    drawn = draw_edges(picture, EdgeConfig(detector="dilate"))
    assert (drawn == 0).sum(axis=1).tolist() == [pen] * size_px
    # What is as thick as the widest look is hollow: only its rim has paper near by.
    picture[:, size_px // 2 : size_px // 2 + size_px // 32] = 0
    drawn = draw_edges(picture, EdgeConfig(detector="dilate"))
    assert (drawn[size_px // 2] == 0).sum() < size_px // 32


@pytest.mark.parametrize(("step", "is_drawn"), [(31, True), (29, False)])
def test_canny_begins_a_line_at_a_step_whose_gradient_is_120(step: int, is_drawn: bool):
    # Sobel's kernel weighs the two sides of a step by 4, so a gradient of 120 is a step of 30.
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[:, 32:] = 200 - step
    drawn = draw_edges(picture, EdgeConfig(detector="canny"))
    assert bool(drawn.min() == 0) is is_drawn


@pytest.mark.parametrize(("step", "goes_on"), [(13, True), (12, False)])
def test_canny_follows_a_line_down_to_a_gradient_of_50(step: int, goes_on: bool):
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[:, 32:] = 200 - step
    picture[:32, 32:] = 160
    drawn = draw_edges(picture, EdgeConfig(detector="canny"))
    assert drawn[:24].min() == 0
    assert bool(drawn[44:56, 28:36].min() == 0) is goes_on


def test_a_dark_flat_color_is_ink_only_below_the_xdog_threshold():
    picture = np.full((256, 256, 3), 255, np.uint8)
    picture[64:192, 64:192] = (100, 100, 100)
    inside = np.s_[100:150, 100:150]
    assert draw_edges(picture, EdgeConfig(detector="xdog"))[inside].min() == 255
    dark = EdgeConfig(detector="xdog", xdog_threshold=0.6)
    assert draw_edges(picture, dark)[inside].max() < 60


def test_clean_and_pack_need_no_torch():
    asked = "import sys, preprocessing.stage, preprocessing.edges; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
