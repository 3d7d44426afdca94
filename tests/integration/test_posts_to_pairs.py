"""Originals in the store and a table of posts -> pairs, through real files."""

import hashlib
import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from dataset.takedown import take_down
from preprocessing.config import CleanConfig, ConditionConfig, EdgeConfig, PackConfig
from preprocessing.resize import to_square
from preprocessing.stage import clean, condition, pack
from storage import images, ledger, manifest, shards
from storage.errors import BadInput, CorruptFile
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import (
    Contract,
    DropReason,
    Md5Match,
    Post,
    ShardRow,
    Split,
    StageRecord,
    Verdict,
)
from storage.section import Section
from tests.pictures import drawing, encoded

CLEAN = CleanConfig(min_side_px=64)
PACK = PackConfig(size_px=64, samples_per_shard=10)


@pytest.fixture
def scraped(layout: DataLayout) -> StageRecord:
    """A finished scrape of forty drawings, one with true lines, and one broken file."""
    posts = []
    for number in range(40):
        content = b"broken" if number == 0 else encoded(drawing(number, 96))
        lines = encoded(np.full((96, 96, 3), 255, np.uint8)) if number == 1 else b""
        posts.append(_post(layout, number + 1, content, lines))
    opened = ledger.open_stage(Stage.SCRAPE, Section(), inputs={}, layout=layout)
    manifest.write_table(opened.folder / "part-00000.parquet", Contract.POSTS, posts, Post)
    return opened.seal({"listed": 40})


def _post(layout: DataLayout, post_id: int, content: bytes, lines: bytes) -> Post:
    md5, line_md5 = _kept(layout, content), _kept(layout, lines) if lines else ""
    return Post(
        post_id, md5, None, hashlib.sha256(content).hexdigest(), len(content), "png", 96, 96, md5,
        Md5Match.MATCH, ("1girl",), "s", None, "somewhere", "someone", "", 0, 0, False,
        f"index.php?id={post_id}", "", "", line_md5,
    )  # fmt: skip


def _kept(layout: DataLayout, content: bytes) -> str:
    md5 = hashlib.md5(content).hexdigest()
    images.keep(layout, md5, "png", content)
    return md5


def _make(scraped: StageRecord, layout: DataLayout) -> tuple[StageRecord, StageRecord, StageRecord]:
    cleaned = clean(CLEAN, scraped, layout)
    packed = pack(PACK, cleaned, layout)
    return cleaned, packed, condition(ConditionConfig(), packed, layout, seed=1)


def test_every_kept_picture_is_in_one_shard_with_all_that_a_model_needs(
    scraped: StageRecord, layout: DataLayout
):
    cleaned, packed, paired = _make(scraped, layout)
    folder = layout.stage(Stage.CONDITION, paired.key)
    verdicts = manifest.read_table(
        layout.stage(Stage.CLEAN, cleaned.key) / "part-00000.parquet", Contract.VERDICTS, Verdict
    )
    rows = manifest.read_table(folder / "shards.parquet", Contract.PAIRS, ShardRow)
    seen = {}
    for row in rows:
        for sample in shards.read(folder / row.name, row.samples):
            wanted = {"color.png", "edge.png", "json"}
            wanted |= set() if row.split is Split.TRAIN else {"hint.png", "mask.png"}
            assert set(sample.files) - {"line.png"} == wanted
            seen[sample.key] = row.split
    assert seen == {verdict.md5: verdict.split for verdict in verdicts if verdict.keep}
    assert cleaned.counts["corrupt"] == 1
    assert packed.counts["train"] + packed.counts["val"] + packed.counts["test"] == len(seen)


def test_a_sample_holds_the_picture_its_lines_and_where_it_came_from(
    scraped: StageRecord, layout: DataLayout
):
    _, packed, _ = _make(scraped, layout)
    folder = layout.stage(Stage.PACK, packed.key)
    rows = manifest.read_table(folder / "shards.parquet", Contract.SHARDS, ShardRow)
    samples = [sample for row in rows for sample in shards.read(folder / row.name)]
    lined = [sample for sample in samples if "line.png" in sample.files]
    assert len(lined) == 1
    color = cv2.imdecode(np.frombuffer(lined[0].files["color.png"], np.uint8), cv2.IMREAD_UNCHANGED)
    expected = to_square(drawing(1, 96), 64)
    assert np.array_equal(color[..., ::-1], expected)
    about = json.loads(lined[0].files["json"])
    assert (about["post_id"], about["post_url"], about["width"]) == (2, "index.php?id=2", 96)


@pytest.mark.parametrize("left", [b"", bytes(999), b"half"], ids=["nothing", "zeros", "half"])
def test_a_square_that_a_dying_machine_left_in_part_is_made_again(
    left: bytes, scraped: StageRecord, layout: DataLayout
):
    cleaned = clean(CLEAN, scraped, layout)
    squares = sorted(layout.root.glob("looks/*/*/*.png"))
    whole = [path.read_bytes() for path in squares]
    for path, content in zip(squares, whole, strict=True):
        path.write_bytes(content[: len(content) // 2] if left == b"half" else left)
    packed = pack(PackConfig(size_px=256), cleaned, layout)
    folder = layout.stage(Stage.PACK, packed.key)
    rows = manifest.read_table(folder / "shards.parquet", Contract.SHARDS, ShardRow)
    samples = [sample for row in rows for sample in shards.read(folder / row.name)]
    assert samples
    assert {sample.files["color.png"] for sample in samples} <= set(whole)


def test_pairs_of_other_settings_or_another_seed_are_not_taken_over(
    scraped: StageRecord, layout: DataLayout
):
    _, packed, first = _make(scraped, layout)
    otherwise = ConditionConfig(edges=EdgeConfig(detector="canny"))
    others = [
        condition(otherwise, packed, layout, 1),
        condition(ConditionConfig(), packed, layout, 2),
    ]
    for record, ending, split in zip(
        others, ("edge.png", "hint.png"), ("train", "val"), strict=True
    ):
        one, other = (
            next(shards.read(layout.stage(each.stage, each.key) / f"{split}-000000.tar"))
            for each in (first, record)
        )
        assert one.key == other.key
        assert one.files["color.png"] == other.files["color.png"]
        assert one.files[ending] != other.files[ending]


def test_a_packed_shard_that_is_short_is_not_paired(scraped: StageRecord, layout: DataLayout):
    packed = pack(PACK, clean(CLEAN, scraped, layout), layout)
    path = layout.stage(Stage.PACK, packed.key) / "train-000000.tar"
    samples = list(shards.read(path))
    shards.write(path, samples[:-1])
    told = r"train-000000\.tar: its bytes have changed since it was packed; delete it"
    with pytest.raises(CorruptFile, match=told):
        condition(ConditionConfig(), packed, layout, seed=1)
    assert layout.records(Stage.CONDITION) == []


def test_a_second_run_redoes_nothing(scraped: StageRecord, layout: DataLayout):
    first = _make(scraped, layout)
    written = {path: path.stat().st_mtime_ns for path in layout.root.rglob("*") if path.is_file()}
    assert _make(scraped, layout) == first
    assert written == {
        path: path.stat().st_mtime_ns for path in layout.root.rglob("*") if path.is_file()
    }


def test_work_stopped_between_parts_goes_on_and_ends_the_same(
    scraped: StageRecord, layout: DataLayout
):
    undisturbed = _make(scraped, layout)
    for record in undisturbed:
        folder = layout.stage(record.stage, record.key)
        (folder / "stage.json").unlink()
        parts = sorted(path for path in folder.iterdir() if path.suffix in (".tar", ".parquet"))
        parts[0].unlink()
    again = _make(scraped, layout)
    assert [record.outputs for record in again] == [record.outputs for record in undisturbed]


def test_too_few_pictures_for_three_splits_is_said_with_the_counts(
    scraped: StageRecord, layout: DataLayout
):
    with pytest.raises(BadInput, match=r"no picture left for .*corrupt 1"):
        clean(CleanConfig(min_side_px=2000), scraped, layout)


def test_an_original_that_the_site_replaced_moves_nobody_else(layout: DataLayout):
    posts = [_post(layout, number, encoded(drawing(number, 96)), b"") for number in range(1, 31)]
    # Each sixth has two children, which are its family's only tie.
    posts = [
        replace(post, parent_id=post.post_id // 6 * 6) if post.post_id % 6 in (1, 2) else post
        for post in posts
    ]
    before = _kept_by_md5(_make(_snapshot(posts, layout, "before"), layout)[0], layout)
    drawn_over = {
        post.post_id: encoded(drawing(100 + post.post_id, 96))
        for post in posts
        if post.post_id % 6 == 0
    }
    rows = [
        replace(post, reason=DropReason.REPLACED) if post.post_id in drawn_over else post
        for post in posts
    ]
    rows += [
        replace(_post(layout, post_id, content, b""), arrival=1)
        for post_id, content in drawn_over.items()
    ]
    after = _kept_by_md5(_make(_snapshot(rows, layout, "after"), layout)[0], layout)

    gone = {row.md5 for row in rows if row.reason}
    new = {row.md5 for row in rows if row.arrival}
    assert (len(gone), len(new)) == (5, 5)
    assert {md5: after[md5] for md5 in before if md5 not in gone} == {
        md5: row for md5, row in before.items() if md5 not in gone
    }
    assert after.keys() - before.keys() == new
    family_of = {row.post_id: row.family for row in before.values()}
    assert all(after[md5].family == family_of[after[md5].post_id] for md5 in new)


def _snapshot(rows: list[Post], layout: DataLayout, name: str) -> StageRecord:
    told = {"name": name}
    opened = ledger.open_stage(Stage.SCRAPE, CLEAN, inputs={}, layout=layout, also=told)
    manifest.write_table(opened.folder / "part-00000.parquet", Contract.POSTS, rows, Post)
    return opened.seal({"listed": len(rows)})


def _kept_by_md5(cleaned: StageRecord, layout: DataLayout) -> dict[str, Verdict]:
    return {row.md5: row for row in _verdicts(cleaned, layout).values() if row.keep}


def _verdicts(cleaned: StageRecord, layout: DataLayout) -> dict[int, Verdict]:
    folder = layout.stage(Stage.CLEAN, cleaned.key)
    rows = manifest.read_table(folder / "part-00000.parquet", Contract.VERDICTS, Verdict)
    return {row.post_id: row for row in rows}


def test_a_dataset_that_grows_makes_what_is_new_and_takes_over_the_rest(
    scraped: StageRecord, layout: DataLayout
):
    before = _make(scraped, layout)
    looks = sorted(layout.root.glob("looks/*/*"))
    rows = manifest.read_table(
        layout.stage(Stage.SCRAPE, scraped.key) / "part-00000.parquet", Contract.POSTS, Post
    )
    rows += [
        replace(_post(layout, number + 1, encoded(drawing(number, 96)), b""), arrival=1)
        for number in (60, 61)
    ]
    # One of the old ones is gone as well: its shard changes, no other does.
    gone = next(row for row in _verdicts(before[0], layout).values() if row.keep and row.place == 3)
    rows = [
        replace(row, reason=DropReason.VANISHED) if row.md5 == gone.md5 else row for row in rows
    ]
    opened = ledger.open_stage(Stage.SCRAPE, CLEAN, inputs={}, layout=layout)
    manifest.write_table(opened.folder / "part-00000.parquet", Contract.POSTS, rows, Post)
    after = _make(opened.seal({"listed": 42}), layout)

    assert set(looks) < set(layout.root.glob("looks/*/*"))
    for old, new in zip(before[1:], after[1:], strict=True):
        old_folder, new_folder = (layout.stage(each.stage, each.key) for each in (old, new))
        shas = {each.name: each.sha256 for each in old.outputs if each.name.endswith(".tar")}
        same = [each.name for each in new.outputs if shas.get(each.name) == each.sha256]
        assert f"{gone.split}-000000.tar" not in same
        assert len(same) >= len(shas) - 3
        for name in same:
            assert (old_folder / name).stat().st_ino == (new_folder / name).stat().st_ino
    fresh = DataLayout(layout.root.parent / "fresh")
    for folder in ("scrape", "images"):
        shutil.copytree(str(layout.root / folder), str(fresh.root / folder))
    made_anew = _make(ledger.require(fresh, Stage.SCRAPE, opened.key), fresh)
    assert [record.outputs for record in made_anew] == [record.outputs for record in after]


def test_after_a_takedown_the_same_configuration_makes_a_dataset_without_it(
    scraped: StageRecord, layout: DataLayout
):
    before = _make(scraped, layout)
    first = _verdicts(before[0], layout)
    removed = next(row for row in first.values() if row.keep and row.split is Split.TRAIN)
    take_down(layout, str(removed.post_id), "2026-01-01")

    after = _make(scraped, layout)
    assert all(one.key != other.key for one, other in zip(before, after, strict=True))
    verdicts = _verdicts(after[0], layout)
    assert verdicts[removed.post_id].reason is DropReason.TAKEN_DOWN
    assert after[0].counts["taken_down"] == 1
    others = [number for number in first if number != removed.post_id]
    assert [verdicts[number] for number in others] == [first[number] for number in others]
    for record in after[1:]:
        folder = layout.stage(record.stage, record.key)
        keys = {each.key for path in folder.glob("*.tar") for each in shards.read(path)}
        assert keys == {row.md5 for row in first.values() if row.keep} - {removed.md5}


def test_line_art_that_was_taken_down_is_in_no_later_dataset(
    scraped: StageRecord, layout: DataLayout
):
    # Its picture's twin has the same lines, and stays.
    content, lines = encoded(drawing(50, 96)), encoded(np.full((96, 96, 3), 255, np.uint8))
    opened = ledger.open_stage(Stage.SCRAPE, CLEAN, inputs={}, layout=layout)
    rows = manifest.read_table(
        layout.stage(Stage.SCRAPE, scraped.key) / "part-00000.parquet", Contract.POSTS, Post
    )
    rows.append(_post(layout, 99, content, lines))
    manifest.write_table(opened.folder / "part-00000.parquet", Contract.POSTS, rows, Post)
    scraped = opened.seal({"listed": 41})
    take_down(layout, "2", "2026-01-01")

    cleaned, packed, _ = _make(scraped, layout)
    twin = _verdicts(cleaned, layout)[99]
    assert twin.keep
    assert twin.line_md5 == ""
    assert packed.counts["train"] > 0


def test_a_vanished_post_is_in_no_dataset_but_its_family_keeps_its_name(
    scraped: StageRecord, layout: DataLayout
):
    first = _verdicts(clean(CLEAN, scraped, layout), layout)
    rows = manifest.read_table(
        layout.stage(Stage.SCRAPE, scraped.key) / "part-00000.parquet", Contract.POSTS, Post
    )
    child = replace(rows[20], parent_id=rows[10].post_id)
    gone = replace(rows[10], reason=DropReason.VANISHED, vanished_on="2026-01-01")
    rows[10], rows[20] = gone, child
    opened = ledger.open_stage(Stage.SCRAPE, CLEAN, inputs={}, layout=layout)
    manifest.write_table(opened.folder / "part-00000.parquet", Contract.POSTS, rows, Post)
    verdicts = _verdicts(clean(CLEAN, opened.seal({"listed": 40}), layout), layout)
    assert gone.post_id not in verdicts
    assert len(verdicts) == len(first) - 1
    assert verdicts[child.post_id].family == gone.md5
