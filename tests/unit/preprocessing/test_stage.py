"""clean() on a few made posts."""

from collections.abc import Sequence
from dataclasses import replace

from preprocessing.stage import clean
from storage import manifest
from storage.layout import DataLayout
from storage.records import DropReason, Post, Verdict
from tests.datasets import CLEAN, posts_of, scrape_of


def _judged(layout: DataLayout, posts: Sequence[Post], snapshot: str) -> dict[int, Verdict]:
    record = clean(CLEAN, scrape_of(layout, posts, snapshot), layout)
    return {row.post_id: row for row in manifest.rows_of(record, layout, Verdict)}


def test_kin_through_a_film_share_a_split(layout: DataLayout) -> None:
    posts = {post.post_id: post for post in posts_of(layout, range(1, 31))}
    alone = _judged(layout, [*posts.values()], "1")
    eldest, child = (
        next(row.post_id for row in alone.values() if row.split == split)
        for split in ("test", "train")
    )
    film = replace(
        posts[child], post_id=500, md5="", reason=DropReason.UNWANTED_TYPE, parent_id=eldest,
        file_url="/images/1/film.GIF?500",
    )  # fmt: skip
    akin = posts | {child: replace(posts[child], parent_id=film.post_id), film.post_id: film}
    for name, told in (
        ("2", film),
        ("3", replace(film, reason=DropReason.VANISHED, vanished_on="2026-01-02")),
    ):
        found = _judged(layout, [*(akin | {film.post_id: told}).values()], name)
        assert found[child].family == found[eldest].family
        assert found[child].split == found[eldest].split
        assert film.post_id not in found
