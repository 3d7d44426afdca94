import numpy as np
import pytest

from preprocessing.config import EdgeConfig
from preprocessing.edges import draw_edges
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
