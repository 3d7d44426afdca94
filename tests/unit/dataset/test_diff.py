from dataclasses import replace

import pytest

from dataset import version
from dataset.diff import Difference, diff
from dataset.settings import changes
from dataset.takedown import take_down
from dataset.version import Version
from flows import dataset_text
from preprocessing.config import CleanConfig
from storage import manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, ShardRow, Split
from tests.datasets import CLEAN, dataset_of, post_of, posts_of
from tests.pictures import drawing, encoded


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Difference:
    """A dataset, and the one after it: a post each way that a picture can come or go."""
    layout = DataLayout.at(str(tmp_path_factory.mktemp("diff") / "root"))
    posts = posts_of(layout, range(1, 41)) + posts_of(layout, [45], side_px=70)
    tiny = post_of(layout, 46, encoded(drawing(46, 60)))
    before = version.of(dataset_of(layout, [*posts, tiny]), layout)

    by_id = {post.post_id: post for post in posts}
    by_id[3] = replace(by_id[3], reason=DropReason.VANISHED, vanished_on="2026-01-03")
    by_id[5] = post_of(layout, 5, encoded(drawing(105, 96)))
    redrawn = replace(post_of(layout, 6, encoded(drawing(106, 96))), arrival=1)
    by_id[6] = replace(by_id[6], reason=DropReason.REPLACED, vanished_on="2026-01-03")
    del by_id[7]
    take_down(layout, by_id[9].md5, "2026-01-03")
    changed = CleanConfig(min_side_px=80)
    new = [
        redrawn,
        *by_id.values(),
        *posts_of(layout, [50, 51]),
        post_of(layout, 46, b"now broken"),
    ]
    return diff(before, version.of(dataset_of(layout, new, "2", changed), layout))


def test_each_removed_picture_has_its_reason(compared: Difference):
    assert {each.post_id: each.why for each in compared.removed} == {
        3: "vanished",
        5: "other_original",
        6: "replaced",
        7: "not_in_snapshot",
        9: "taken_down",
        45: "too_small",
    }


def test_each_added_picture_has_the_reason_why_it_was_not_there(compared: Difference):
    assert {each.post_id: each.why for each in compared.added} == {
        5: "other_original",
        6: "other_original",
        50: "new",
        51: "new",
    }


def test_a_folders_picture_is_named_by_its_file(layout: DataLayout):
    posts = [
        replace(post, file_url=f"below/{post.post_id}.png")
        for post in posts_of(layout, range(1, 31))
    ]
    many, few = (
        _of_folder(version.of(dataset_of(layout, some, f"{len(some)}"), layout))
        for some in (posts, posts[1:])
    )
    (removed,) = diff(many, few).removed
    assert removed.file == "below/1.png"
    assert "below/1.png" in dataset_text.diff_text(diff(many, few))


def _of_folder(made: Version) -> Version:
    scraped = made.record(Stage.SCRAPE)
    of_folder = replace(scraped, settings=scraped.settings | {"folder": "/drawings"})
    return Version(made.key, {**made.records, Stage.SCRAPE: of_folder}, made.layout)


def test_settings_that_changed_are_named_with_their_stage(compared: Difference):
    told_of = [(each.stage, each.name, each.before, each.after) for each in compared.settings]
    assert told_of == [("scrape", "snapshot", "1", "2"), ("clean", "min_side_px", 64, 80)]


def test_no_picture_changed_its_split(compared: Difference):
    assert compared.moved == ()
    assert "WRONG" not in dataset_text.diff_text(compared)


def test_a_version_is_the_same_as_itself(made: Version):
    same = diff(made, made)
    assert (same.same, same.added, same.removed, same.settings) == (len(made.kept), (), (), ())
    for stage in (Stage.PACK, Stage.CONDITION):
        names = {row.name for row in made.shards(stage)}
        assert set(same.shards[stage].identical) == names


def test_a_picture_that_changed_its_split_is_said_loudly(made: Version):
    other = Version(made.key, made.records, made.layout)
    md5 = min(made.kept)
    was = made.kept[md5].split
    to = Split.VAL if was is not Split.VAL else Split.TEST
    other.__dict__["kept"] = made.kept | {md5: replace(made.kept[md5], split=to)}
    found = diff(made, other)
    assert [(each.md5, each.before, each.after) for each in found.moved] == [(md5, was, to)]
    assert "WRONG: 1 pictures changed their split" in " ".join(
        dataset_text.diff_text(found).split()
    )


def test_the_text_counts_by_reason(compared: Difference):
    text = dataset_text.diff_text(compared)
    assert "4 added, 6 removed" in " ".join(text.split())
    assert "min_side_px" in text
    assert max(len(line) for line in text.splitlines()) <= 100
    assert CLEAN.min_side_px == 64


def test_of_a_post_with_several_originals_the_present_one_tells_why(made: Version):
    row = next(iter(made.kept.values()))
    post = next(each for each in made.posts if each.md5 == row.md5)
    rows = [
        replace(post, md5="now"),
        replace(post, md5="then", reason=DropReason.REPLACED),
        *(each for each in made.posts if each is not post),
    ]
    (removed,) = diff(made, _other(made, without=row.md5, posts=rows)).removed
    assert removed.why == "other_original"


def test_of_posts_with_equal_bytes_the_first_tells_why(made: Version):
    row = next(iter(made.kept.values()))
    said = [
        replace(row, reason=DropReason.TOO_SMALL),
        replace(row, post_id=999, reason=DropReason.EXACT_DUPLICATE),
    ]
    (removed,) = diff(made, _other(made, without=row.md5, verdicts=said)).removed
    assert removed.why == "too_small"


def _other(made: Version, without: str, **tables: list) -> Version:
    """Give a version that does not keep a picture, with other tables."""
    other = Version(made.key, made.records, made.layout)
    other.__dict__["kept"] = {md5: row for md5, row in made.kept.items() if md5 != without}
    other.__dict__["verdicts"] = [row for row in made.verdicts if row.md5 != without]
    other.__dict__.update(tables)
    return other


def test_shards_that_only_one_version_has_are_told_as_what_they_are(made: Version, broken: Version):
    *left, lost = made.shards()
    path = shards.table_in(broken.folder(Stage.CONDITION))
    manifest.write_table(path, Contract.PAIRS, left, ShardRow)
    fewer, more = (diff(*each).shards[Stage.CONDITION] for each in ((made, broken), (broken, made)))
    assert (fewer.removed, fewer.added) == ((lost.name,), ())
    assert (more.removed, more.added) == ((), (lost.name,))


def test_a_list_from_a_record_is_no_other_setting_than_the_tuple_it_was():
    assert changes("clean", {"sizes": (1, 2)}, {"sizes": [1, 2]}) == []
