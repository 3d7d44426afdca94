import numpy as np

from evaluation.choose import choose_varied
from evaluation.pairs import Pair


def _pair(md5: str, color: tuple[int, int, int], *, family: str = "", line: bool = True) -> Pair:
    picture = np.full((16, 16, 3), color, dtype=np.uint8)
    gray = picture[..., 0]
    return Pair(
        md5=md5,
        family=family or md5,
        post_url="",
        source="",
        color_HWC=picture,
        edge_HW=gray,
        hint_HWC=picture,
        mask_HW=picture[..., 0],
        line_HW=gray if line else None,
    )


RED, DARK_RED, BLUE, GREEN = (250, 0, 0), (230, 0, 0), (0, 0, 250), (0, 250, 0)


def test_chosen_pictures_differ_and_near_alikes_come_last() -> None:
    pairs = [_pair("a", RED), _pair("b", DARK_RED), _pair("c", BLUE), _pair("d", GREEN)]

    assert set(choose_varied(pairs, 3)) in ({"a", "c", "d"}, {"b", "c", "d"})
    assert sorted(choose_varied(pairs, 4)) == ["a", "b", "c", "d"]


def test_a_family_is_shown_once() -> None:
    pairs = [_pair("a", RED, family="x"), _pair("b", BLUE, family="x"), _pair("c", GREEN)]

    assert sorted(choose_varied(pairs, 3)) == ["a", "c"]


def test_pictures_with_true_lines_are_preferred_where_there_are_enough() -> None:
    pairs = [_pair("a", RED, line=False), _pair("b", BLUE), _pair("c", GREEN)]

    assert sorted(choose_varied(pairs, 2)) == ["b", "c"]
    assert sorted(choose_varied(pairs, 3)) == ["a", "b", "c"]


def test_the_choice_looks_no_farther_than_its_candidates() -> None:
    seen = []

    def endless():
        while True:
            seen.append(len(seen))
            yield _pair(f"{len(seen):04d}", (len(seen) % 256, 0, 0))

    assert len(choose_varied(endless(), 3)) == 3
    assert len(seen) < 100
