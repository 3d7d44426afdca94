from typing import get_args

from evaluation.sheets import DETECTORS
from preprocessing.config import EdgeConfig


def test_the_figure_of_detectors_has_a_place_for_each():
    assert get_args(EdgeConfig.model_fields["detector"].annotation) == DETECTORS
