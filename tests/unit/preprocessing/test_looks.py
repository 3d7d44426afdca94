"""Each original is looked at once, however the looking is parted."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from preprocessing import looks
from preprocessing.looks import Looks
from storage.layout import DataLayout
from storage.parts import serially
from storage.records import DropReason
from tests.datasets import posts_of

CAP = 10_000_000


@pytest.mark.parametrize("per_part", [1, 4, 10])
def test_every_original_is_looked_at_in_whatever_parts(
    layout: DataLayout, per_part: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(looks, "ORIGINALS_PER_PART", per_part)
    posts = posts_of(layout, range(10))
    seen = Looks(layout, CAP).at(posts, serially)
    assert [row.md5 for row in seen] == [post.md5 for post in posts]


def test_what_two_runs_looked_at_at_once_is_known_once(layout: DataLayout):
    posts, shared = posts_of(layout, range(6)), Looks(layout, CAP)

    def beside_another(
        name: str, function: Callable[[Any], Any], parts: Sequence[Any], done: Callable[[Any], None]
    ) -> list[Any]:
        shared.at(posts[2:], serially)
        return serially(name, function, parts, done)

    shared.at(posts[:4], beside_another)
    seen = shared.at(posts, serially)
    assert sorted(row.md5 for row in seen) == sorted(post.md5 for post in posts)


def test_a_look_at_larger_pictures_is_another_one(layout: DataLayout):
    posts, roomy = posts_of(layout, range(2)), Looks(layout, CAP)
    tight = Looks(layout, 16)
    assert tight.key != roomy.key
    assert [row.reason for row in tight.at(posts, serially)] == [DropReason.TOO_LARGE] * 2
    assert [row.reason for row in roomy.at(posts, serially)] == [None] * 2
