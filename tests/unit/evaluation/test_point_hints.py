import numpy as np
import pytest

from evaluation.point_hints import draw_dots, label_regions, place_dots

SIDE = 64
RED, BLUE = (200, 30, 40), (20, 60, 210)


@pytest.fixture
def edge() -> np.ndarray:
    """A slanted line, one pixel wide, from the top to the bottom."""
    drawn = np.full((SIDE, SIDE), 255, np.uint8)
    drawn[range(SIDE), range(SIDE)] = 0
    return drawn


@pytest.fixture
def color() -> np.ndarray:
    """Red below the line, blue above, and a white corner."""
    rows, columns = np.indices((SIDE, SIDE))
    drawn = np.where((rows > columns)[..., None], RED, BLUE).astype(np.uint8)
    drawn[:10, -10:] = 255
    return drawn


def test_a_slanted_line_parts_two_regions(edge: np.ndarray) -> None:
    regions = label_regions(edge)

    assert set(np.unique(regions)) == {0, 1, 2}
    assert (regions == 0).sum() == SIDE
    assert regions[0, -1] != regions[-1, 0]


def test_the_first_of_many_dots_are_those_of_few(edge: np.ndarray, color: np.ndarray) -> None:
    regions = label_regions(edge)

    few, many = (place_dots(color, regions, number, seed=5) for number in (5, 50))
    other = place_dots(color, regions, 5, seed=6)

    assert len(few) == 5
    assert (many[:5] == few).all()
    assert (other != few).any()


def test_dots_lie_in_shapes_and_tell_a_colour(edge: np.ndarray, color: np.ndarray) -> None:
    regions = label_regions(edge)

    for row, column in place_dots(color, regions, 50, seed=5):
        assert regions[row, column]
        assert color[row, column].min() < 247
        assert abs(int(row) - int(column)) > 1


def test_where_no_shape_is_left_dots_lie_elsewhere(edge: np.ndarray) -> None:
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    white[30:33, 10:13] = RED

    spots = place_dots(white, label_regions(edge), 50, seed=5)

    assert len(np.unique(spots, axis=0)) == 50
    assert spots[0].tolist() == [31, 11]


def test_a_dot_keeps_its_true_colour_within_its_region(edge: np.ndarray, color: np.ndarray) -> None:
    regions = label_regions(edge)
    spots = np.array([[30, 31], [40, 8]])

    hint = draw_dots(color, regions, spots)

    is_dot = hint.mask_HW == 255
    rows, columns = np.indices((SIDE, SIDE))
    near_first = (rows - 30) ** 2 + (columns - 31) ** 2 <= 1
    assert (is_dot & near_first).sum() == 3  # of five pixels, the two on the line are left out
    assert not is_dot[edge == 0].any()
    assert (hint.hint_HWC[is_dot] == color[is_dot]).all()
    assert (hint.hint_HWC[~is_dot] == 255).all()
    assert (hint.told_HW[regions == regions[30, 31]] == 0).all()
    assert (hint.told_HW[regions == regions[40, 8]] == 1).all()
    assert (hint.told_HW[regions == 0] == -1).all()


def test_of_two_dots_in_a_region_the_nearer_one_counts(color: np.ndarray) -> None:
    regions = np.ones((SIDE, SIDE), np.int32)

    hint = draw_dots(color, regions, np.array([[10, 10], [50, 10]]))

    assert hint.told_HW[5, 60] == 0
    assert hint.told_HW[60, 5] == 1


def test_no_dots_are_white_paper(edge: np.ndarray, color: np.ndarray) -> None:
    regions = label_regions(edge)

    hint = draw_dots(color, regions, place_dots(color, regions, 0, seed=1))

    assert (hint.hint_HWC == 255).all()
    assert not hint.mask_HW.any()
    assert (hint.told_HW == -1).all()


def test_middle_gray_is_paper_and_what_is_darker_is_a_line() -> None:
    gray = np.full((4, 3), 128, np.uint8)
    gray[:, 1] = 127

    assert label_regions(gray).tolist() == [[1, 0, 2]] * 4


def test_a_bright_colour_is_told_from_white_paper() -> None:
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    white[40:43, 20:23] = (255, 255, 0)

    spots = place_dots(white, np.ones((SIDE, SIDE), np.int32), 9, seed=5)

    assert spots[0].tolist() == [41, 21]


@pytest.mark.parametrize(("side_px", "pixels"), [(64, 5), (256, 29), (512, 113)])
def test_a_dot_grows_with_its_picture_and_is_never_less_than_a_cross(
    side_px: int, pixels: int
) -> None:
    color, regions = np.zeros((side_px, side_px, 3), np.uint8), np.ones((side_px, side_px), int)

    hint = draw_dots(color, regions, np.array([[32, 32]]))

    # So many points of a grid lie within 1, 3 or 6 of one of them.
    assert (hint.mask_HW == 255).sum() == pixels


def test_of_two_dots_as_near_the_first_counts() -> None:
    color = np.zeros((SIDE, SIDE, 3), np.uint8)
    regions = np.ones((SIDE, SIDE), np.int32)

    hint = draw_dots(color, regions, np.array([[10, 10], [10, 14]]))

    assert hint.told_HW[:, 12].tolist() == [0] * SIDE
    assert hint.told_HW[:, 13].tolist() == [1] * SIDE


def test_a_dot_on_a_line_tells_of_nothing_but_itself(edge: np.ndarray, color: np.ndarray) -> None:
    hint = draw_dots(color, label_regions(edge), np.array([[30, 30]]))

    assert np.argwhere(hint.told_HW >= 0).tolist() == [[30, 30]]
