import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from evaluation import hint_fidelity
from evaluation.hint_fidelity import to_lab
from evaluation.point_hints import PointHint, draw_dots

SIDE = 16
RED, BLUE = (200, 30, 40), (20, 60, 210)


def _flat(color: tuple[int, int, int]) -> np.ndarray:
    return np.tile(np.array(color, np.uint8), (SIDE, SIDE, 1))


@pytest.fixture
def regions() -> np.ndarray:
    """A quarter of the picture, a line beside it, and the rest."""
    labels = np.full((SIDE, SIDE), 2, np.int32)
    labels[:, :4] = 1
    labels[:, 4] = 0
    return labels


@pytest.fixture
def hint(regions: np.ndarray) -> PointHint:
    return draw_dots(_flat(RED), regions, np.array([[8, 2], [8, 10]]))


def test_an_answer_that_is_the_hint_differs_nowhere(regions: np.ndarray, hint: PointHint) -> None:
    lab = to_lab(_flat(RED))

    assert hint_fidelity.hint_delta_e(lab, hint) == 0
    assert hint_fidelity.hint_region_delta_e(lab, hint, regions) == 0


def test_an_answer_of_one_other_colour_differs_as_the_two_colours_do(
    regions: np.ndarray, hint: PointHint
) -> None:
    lab = to_lab(_flat(BLUE))
    wanted = float(deltaE_ciede2000(to_lab(_flat(RED)), lab)[0, 0])

    assert wanted > 20
    assert hint_fidelity.hint_delta_e(lab, hint) == pytest.approx(wanted)
    assert hint_fidelity.hint_region_delta_e(lab, hint, regions) == pytest.approx(wanted)


def test_each_hinted_region_counts_alike(regions: np.ndarray, hint: PointHint) -> None:
    answer = np.where((regions == 1)[..., None], _flat(BLUE), _flat(RED))
    wanted = float(deltaE_ciede2000(to_lab(_flat(RED)), to_lab(_flat(BLUE)))[0, 0])

    found = hint_fidelity.hint_region_delta_e(to_lab(answer), hint, regions)

    assert found == pytest.approx(wanted / 2)


def test_without_hints_there_is_nothing_to_heed(regions: np.ndarray) -> None:
    none = draw_dots(_flat(RED), regions, np.empty((0, 2), np.int64))

    assert hint_fidelity.hint_delta_e(to_lab(_flat(RED)), none) is None
    assert hint_fidelity.hint_region_delta_e(to_lab(_flat(RED)), none, regions) is None


def test_a_hint_on_a_line_has_no_region(regions: np.ndarray) -> None:
    on_line = draw_dots(_flat(RED), regions, np.array([[8, 4]]))

    assert hint_fidelity.hint_delta_e(to_lab(_flat(RED)), on_line) == 0
    assert hint_fidelity.hint_region_delta_e(to_lab(_flat(RED)), on_line, regions) is None


def test_bleed_is_the_share_of_the_change_of_chroma_outside(regions: np.ndarray) -> None:
    white, red = to_lab(_flat((255, 255, 255))), to_lab(_flat(RED))
    only_inside = np.where((regions == 1)[..., None], red, white)

    assert hint_fidelity.bleed(red, white, regions == 1) == pytest.approx(12 / 16)
    assert hint_fidelity.bleed(only_inside, white, regions == 1) == 0
    assert hint_fidelity.bleed(white, white, regions == 1) is None


def test_what_gets_lighter_only_does_not_bleed(regions: np.ndarray) -> None:
    lab = to_lab(_flat(RED))
    lighter = lab + np.array([10.0, 0.0, 0.0])

    assert hint_fidelity.bleed(lighter, lab, regions == 1) is None


def test_gray_has_no_saturation() -> None:
    assert hint_fidelity.saturation(to_lab(_flat((128, 128, 128)))) == pytest.approx(0, abs=1e-2)
    assert hint_fidelity.saturation(to_lab(_flat(RED))) > 50
