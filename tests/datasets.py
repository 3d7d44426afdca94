"""Small datasets of made drawings, through the real stages."""

import hashlib
from collections.abc import Sequence

from preprocessing.config import CleanConfig, ConditionConfig, PackConfig
from preprocessing.stage import clean, condition, pack
from scraper.config import ScraperConfig
from storage import files, images, ledger, manifest
from storage.layout import LOOK_NAME, DataLayout
from storage.ledger import Stage
from storage.records import TOMBSTONES, Contract, DropReason, Md5Match, Post, StageRecord
from tests.pictures import drawing, encoded

CLEAN = CleanConfig(min_side_px=64)
PACK = PackConfig(size_px=64, samples_per_shard=16)


def post_of(layout: DataLayout, post_id: int, content: bytes, line: bytes = b"") -> Post:
    """Put an original into the store and give the post that brought it."""
    md5 = _kept(layout, content)
    return Post(
        post_id=post_id,
        md5=md5,
        reason=None,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        extension="png",
        width=96,
        height=96,
        site_md5=md5,
        md5_match=Md5Match.MATCH,
        tags=("1girl", "solo") if post_id % 2 else ("1girl",),
        rating="safe",
        score=None,
        source=f"https://www.artist.example/{post_id} (CC BY 4.0)" if post_id % 3 else "",
        owner="someone",
        created_at="",
        changed_at=0,
        parent_id=0,
        has_children=False,
        post_url=f"index.php?id={post_id}",
        file_url="",
        line_url="",
        line_md5=_kept(layout, line) if line else "",
    )


def posts_of(layout: DataLayout, numbers: Sequence[int], side_px: int = 96) -> list[Post]:
    """Give one post a number, each of another drawing; the first has true line art."""
    line = encoded(drawing(0, side_px))
    return [
        post_of(layout, each, encoded(drawing(each, side_px)), line if each == 1 else b"")
        for each in numbers
    ]


def dataset_of(
    layout: DataLayout, posts: Sequence[Post], snapshot: str = "1", config: CleanConfig = CLEAN
) -> StageRecord:
    """Make the pairs of some posts."""
    packed = pack(PACK, clean(config, scrape_of(layout, posts, snapshot), layout), layout)
    return condition(ConditionConfig(), packed, layout, seed=1)


def scrape_of(layout: DataLayout, posts: Sequence[Post], snapshot: str) -> StageRecord:
    """Seal a scrape that brought some posts."""
    config = ScraperConfig(base_url="sample:", snapshot=snapshot)
    opened = ledger.open_stage(Stage.SCRAPE, config, inputs={}, layout=layout)
    look = {"site": "sample:", "base": "", "date": "2026-01-02"}
    files.write_json(opened.folder / LOOK_NAME, look)
    newest_first = sorted(posts, key=lambda post: -post.post_id)
    manifest.write_table(opened.folder / "part-00000.parquet", Contract.POSTS, newest_first, Post)
    reasons = [post.reason for post in posts]
    counts = {
        "listed": sum(reason not in TOMBSTONES for reason in reasons),
        "originals": reasons.count(None),
    }
    counts |= {each.value: reasons.count(each) for each in DropReason if each in reasons}
    return opened.seal(counts, dated=[LOOK_NAME])


def _kept(layout: DataLayout, content: bytes) -> str:
    md5 = hashlib.md5(content).hexdigest()
    images.keep(layout, md5, "png", content)
    return md5
