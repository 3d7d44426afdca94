import itertools
from dataclasses import replace

from dataset import version
from dataset.contents import Step, contents, funnel
from dataset.version import Version
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import DropReason, Split
from tests.datasets import dataset_of, post_of, posts_of
from tests.pictures import drawing, encoded


def test_what_is_lost_on_the_way_adds_up(layout: DataLayout):
    posts = posts_of(layout, range(1, 41))
    gone = [
        replace(post, md5="", reason=reason)
        for post, reason in zip(
            posts_of(layout, (51, 52)), (DropReason.GHOST, DropReason.VANISHED), strict=True
        )
    ]
    # The picture that a post had before: what is told of the post is told once.
    gone.append(replace(posts[9], md5="0" * 32, reason=DropReason.REPLACED))
    small = post_of(layout, 61, encoded(drawing(61, 32)))
    made = version.of(dataset_of(layout, [*posts, *gone, small]), layout)
    steps = funnel(made)
    assert steps[0] == Step("known", 44, {})
    assert steps[1] == Step("listed", 42, {"replaced": 1, "vanished": 1})
    assert steps[2] == Step("originals", 41, {"ghost": 1})
    assert steps[4].lost["too_small"] == 1
    for before, after in itertools.pairwise(steps):
        assert after.number == before.number - sum(after.lost.values())
    assert not any("unexplained" in step.lost for step in steps)


def test_what_does_not_add_up_is_said(made: Version):
    packed = made.record(Stage.PACK)
    short = replace(packed, counts=packed.counts | {"train": packed.counts["train"] - 2})
    steps = funnel(version.Version(made.key, {**made.records, Stage.PACK: short}, made.layout))
    assert [step.lost for step in steps][-2:] == [{"unexplained": 2}, {"unexplained": -2}]


def test_sources_are_counted_by_site_and_licences_as_the_sources_name_them(made: Version):
    held, kept = contents(made), made.kept.values()
    without = sum(row.post_id % 3 == 0 for row in kept)
    assert held.sources == {"artist.example": len(kept) - without, "not given": without}
    assert held.licences == {"CC BY 4.0": len(kept) - without, "not given": without}
    assert held.tags == {"1girl": len(kept), "solo": sum(row.post_id % 2 for row in kept)}
    assert held.ratings == {"safe": len(kept)}
    assert sum(held.splits.values()) == len(kept)


def test_of_what_is_equally_frequent_the_first_by_name_is_first(made: Version):
    other = Version(made.key, made.records, made.layout)
    other.__dict__["posts"] = [replace(post, tags=("b", "c", "a")) for post in made.posts]
    assert list(contents(other).tags) == ["a", "b", "c"]


def test_pictures_of_one_family_are_counted_as_one(made: Version):
    other = Version(made.key, made.records, made.layout)
    other.__dict__["kept"] = {
        md5: replace(row, family="one") if row.split is Split.TRAIN else row
        for md5, row in made.kept.items()
    }
    held = contents(other)
    assert held.families == {**held.splits, "train": 1}


def test_a_source_of_any_spelling_is_counted(made: Version):
    told = (
        "https://www.a.example/1 (CC BY 4.0)",
        "http://a.example/2 CC-BY 4.0",
        "https://[a.example/3",
        "a book",
        " ",
    )
    rows = [replace(row, source=each) for row, each in zip(made.kept.values(), told, strict=False)]
    other = Version(made.key, made.records, made.layout)
    other.__dict__["kept"] = {row.md5: row for row in rows}
    held = contents(other)
    assert held.sources == {"a.example": 2, "no web address": 2, "not given": 1}
    assert held.licences == {"not given": 3, "CC BY 4.0": 2}


def test_where_nothing_is_gone_the_way_begins_with_what_was_listed(made: Version):
    first, second, *_ = funnel(made)
    assert first == Step("listed", len(made.posts), {})
    assert second == Step("originals", len(made.posts), {})
