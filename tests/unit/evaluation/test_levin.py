import cv2
import numpy as np
import pytest

from evaluation.levin import levin, likeness

RED, BLUE = (150, 110, 110), (110, 110, 150)
"""Weak enough to be shown at the luminance that the pictures here have."""


def chroma(color: np.ndarray) -> np.ndarray:
    yuv = cv2.cvtColor(color.astype(np.float32) / 255, cv2.COLOR_RGB2YUV)
    found: np.ndarray = yuv[..., 1:] - 0.5
    return found


def weights_by_hand(luma: np.ndarray, y: int, x: int) -> dict[tuple[int, int], float]:
    """Give the weights of one pixel's neighbours, by the words of the paper."""
    height, width = luma.shape
    window = [
        (j, i)
        for j in range(max(0, y - 1), min(height, y + 2))
        for i in range(max(0, x - 1), min(width, x + 2))
    ]
    neighbours = [place for place in window if place != (y, x)]
    variance = np.var([luma[place] for place in window])
    squares = {place: (luma[place] - luma[y, x]) ** 2 for place in neighbours}
    scale = max(0.6 * variance, min(squares.values()) / np.log(100), 2e-6)
    likes = {place: np.exp(-square / scale) for place, square in squares.items()}
    return {place: like / sum(likes.values()) for place, like in likes.items()}


def test_it_solves_the_papers_equations(chance: np.random.Generator) -> None:
    height, width = 5, 7
    edge = chance.integers(90, 160, (height, width), dtype=np.uint8)
    hint = chance.integers(100, 150, (height, width, 3), dtype=np.uint8)
    given = chance.random((height, width)) < 0.2
    places = [(y, x) for y in range(height) for x in range(width)]
    system, right = np.eye(len(places)), np.zeros((len(places), 2))
    for row, place in enumerate(places):
        if given[place]:
            right[row] = chroma(hint)[place]
            continue
        for neighbour, weight in weights_by_hand(edge / 255, *place).items():
            system[row, places.index(neighbour)] = -weight
    expected = np.linalg.solve(system, right).reshape(height, width, 2)

    color = levin(edge, hint, given)

    # Half a level of rounding in each of R, G and B is not more than this in U and V.
    np.testing.assert_allclose(chroma(color), expected, atol=0.5 / 255 * 1.3)
    luma = cv2.cvtColor(color, cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs(luma - edge).max() <= 1


def test_a_pixels_weights_sum_to_one_and_reach_its_neighbours_only(
    chance: np.random.Generator,
) -> None:
    luma = chance.random((4, 6))
    weights = likeness(luma).toarray()
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (weights > 0).sum(axis=1).reshape(4, 6)[0].tolist() == [3, 5, 5, 5, 5, 3]
    assert weights[0, 1] == pytest.approx(weights_by_hand(luma, 0, 0)[0, 1])


def test_colours_stay_inside_a_closed_line() -> None:
    edge = np.full((32, 32), 200, dtype=np.uint8)
    cv2.rectangle(edge, (8, 8), (23, 23), 0, thickness=2)
    hint = np.full((32, 32, 3), 255, dtype=np.uint8)
    given = np.zeros((32, 32), dtype=bool)
    for color, (y, x) in ((RED, (12, 12)), (BLUE, (2, 2))):
        hint[y : y + 3, x : x + 3] = color
        given[y : y + 3, x : x + 3] = True

    spread = chroma(levin(edge, hint, given))

    red, blue = chroma(np.array([[RED, BLUE]], dtype=np.uint8))[0]
    inside, outside = spread[11:21, 11:21], np.concatenate([spread[:6], spread[26:]])
    near = np.abs(red - blue).max() / 20
    assert np.abs(inside - red).max() < near
    assert np.abs(outside - blue).max() < near


def test_one_colour_colours_all_that_has_no_other() -> None:
    edge = np.full((16, 16), 128, dtype=np.uint8)
    given = np.zeros((16, 16), dtype=bool)
    given[3, 4] = True
    hint = np.full((16, 16, 3), RED, dtype=np.uint8)
    color = levin(edge, hint, given)
    assert (color == color[3, 4]).all()
    assert color[3, 4, 0] > color[3, 4, 1]


def test_without_a_hint_the_answer_is_the_line_art(chance: np.random.Generator) -> None:
    edge = chance.integers(0, 256, (8, 9), dtype=np.uint8)
    hint = chance.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    color = levin(edge, hint, np.zeros((8, 9), dtype=bool))
    assert (color == edge[..., None]).all()


def test_where_all_is_hinted_the_line_art_takes_the_hints_chroma() -> None:
    edge = np.full((4, 4), 128, dtype=np.uint8)
    hint = np.full((4, 4, 3), BLUE, dtype=np.uint8)
    color = levin(edge, hint, np.ones((4, 4), dtype=bool))
    np.testing.assert_allclose(chroma(color), chroma(hint), atol=0.005)
