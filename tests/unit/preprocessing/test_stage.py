"""clean(), pack() and condition() on a few made posts."""

from collections.abc import Sequence
from dataclasses import replace

from dataset import version
from dataset.verify import verify
from preprocessing.config import ConditionConfig
from preprocessing.stage import clean, condition, pack
from storage import manifest, shards
from storage.layout import DataLayout
from storage.records import Contract, DropReason, Post, Split, Verdict
from tests.datasets import CLEAN, PACK, posts_of, scrape_of


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


def test_pictures_that_move_to_another_split_are_what_that_split_has(layout: DataLayout) -> None:
    scraped = scrape_of(layout, posts_of(layout, range(1, 25)), "1")
    alone = PACK.model_copy(update={"samples_per_shard": 1})
    for config in (CLEAN, CLEAN.model_copy(update={"num_val": CLEAN.num_train})):
        cleaned = clean(config, scraped, layout)
        paired = condition(ConditionConfig(), pack(alone, cleaned, layout), layout, seed=1)
        assert all(paired.counts[split] == cleaned.counts[split] for split in Split)
        assert not verify(version.of(paired, layout)).damages
    folder = layout.stage(paired.stage, paired.key)
    for row in shards.rows_in(folder, Contract.PAIRS):
        (sample,) = shards.read(folder / row.name)
        assert ("hint.png" in sample.files) == (row.split is not Split.TRAIN)
