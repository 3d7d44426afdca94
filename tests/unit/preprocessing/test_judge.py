from collections import Counter

import pytest

from preprocessing.config import CleanConfig
from preprocessing.judge import count, judge
from preprocessing.resize import to_square
from preprocessing.screen import THUMBNAIL_PX, measure
from preprocessing.split import capacity, split_of
from storage.records import DropReason, Md5Match, Post, Split, Verdict
from tests.pictures import drawing, encoded

CONFIG = CleanConfig(min_side_px=64)


def _post(post_id: int, md5: str, parent_id: int = 0) -> Post:
    return Post(
        post_id, md5, None, "", 1, "png", 0, 0, "", Md5Match.NOT_GIVEN, (), "s", None, "", "", "",
        0, parent_id, False, "", "", "", "",
    )  # fmt: skip


def _judge(
    posts: list[Post], contents: dict[str, bytes], config: CleanConfig = CONFIG
) -> dict[int, Verdict]:
    seen = [measure(md5, content, config.max_pixels) for md5, content in contents.items()]
    square_of = {row.md5: square for row, square in seen}
    verdicts = judge(
        posts,
        [row for row, _ in seen],
        lambda md5: to_square(square_of[md5], THUMBNAIL_PX),
        config,
    )
    return {verdict.post_id: verdict for verdict in verdicts}


def test_of_equal_bytes_the_oldest_post_stays():
    found = _judge([_post(9, "a"), _post(3, "a")], {"a": encoded(drawing(1))})
    assert found[3].keep
    assert found[9].reason is DropReason.EXACT_DUPLICATE


def test_of_near_duplicates_the_largest_stays_and_then_the_lossless():
    contents = {
        "small": encoded(drawing(1, 512)[::2, ::2].copy()),
        "jpeg": encoded(drawing(1, 512), "JPEG", quality=90),
        "png": encoded(drawing(1, 512)),
    }
    found = _judge([_post(1, "small"), _post(2, "jpeg"), _post(3, "png")], contents)
    assert [found[number].reason for number in (1, 2, 3)] == [
        DropReason.NEAR_DUPLICATE,
        DropReason.NEAR_DUPLICATE,
        None,
    ]


def test_of_equally_good_copies_the_oldest_post_stays():
    one, other = (encoded(drawing(1, 512), compress_level=level) for level in (1, 9))
    found = _judge([_post(8, "other"), _post(2, "one")], {"other": other, "one": one})
    assert found[2].keep
    assert found[8].reason is DropReason.NEAR_DUPLICATE


def test_a_variant_in_another_colour_stays_and_is_of_the_same_family():
    recolored = drawing(1, 512)[..., ::-1].copy()
    contents = {"one": encoded(drawing(1, 512)), "other": encoded(recolored)}
    # The hash sees no colour, so both are near; the parent link does not exist.
    found = _judge([_post(1, "one"), _post(2, "other", parent_id=1)], contents)
    assert found[1].keep
    assert found[2].keep
    assert found[1].family == found[2].family == "one"


def test_siblings_of_an_absent_parent_are_one_family():
    contents = {str(number): encoded(drawing(number)) for number in (1, 2, 3)}
    found = _judge([_post(11, "1", 5), _post(12, "2", 5), _post(13, "3")], contents)
    assert found[11].family == found[12].family != found[13].family


def test_a_family_is_never_split_up():
    numbers = range(60)
    contents = {str(number): encoded(drawing(number, 96)) for number in numbers}
    posts = [_post(number + 1, str(number), parent_id=1000 + number // 3) for number in numbers]
    found = _judge(posts, contents)
    splits: dict[str, set[str]] = {}
    for verdict in found.values():
        splits.setdefault(verdict.family, set()).add(verdict.split)
    assert len(splits) == 20
    assert all(len(each) == 1 for each in splits.values())


def test_a_grown_dataset_changes_no_split_and_drops_nothing_it_held():
    config = CleanConfig(min_side_px=64, num_train=14, num_val=3, num_test=3)
    contents = {str(number): encoded(drawing(number, 96)) for number in range(60)}
    posts = [_post(number + 1, str(number)) for number in range(60)]
    before = _judge(posts[:30], dict(list(contents.items())[:30]), config)
    after = _judge(posts, contents, config)
    for post_id, verdict in before.items():
        assert after[post_id].split == verdict.split
        assert after[post_id].reason == verdict.reason


def test_the_papers_counts_are_exact_when_there_are_enough():
    config = CleanConfig(min_side_px=64, num_train=14, num_val=3, num_test=3)
    contents = {str(number): encoded(drawing(number, 96)) for number in range(60)}
    posts = [_post(number + 1, str(number)) for number in range(60)]
    counts = count(list(_judge(posts, contents, config).values()))
    assert (counts["train"], counts["val"], counts["test"]) == (14, 3, 3)
    assert counts["kept"] + counts["surplus"] == counts["judged"] - counts.get("near_duplicate", 0)


def test_each_split_has_the_room_and_the_share_of_its_own_number():
    config = CleanConfig(num_train=500, num_val=400, num_test=100)
    room = capacity(config)
    assert room == {Split.TRAIN: 500, Split.VAL: 400, Split.TEST: 100}
    found = Counter(split_of(f"md5-{number}", config) for number in range(4000))
    for split, number in room.items():
        assert found[split] / 4000 == pytest.approx(number / 1000, abs=0.03)


def test_every_dropped_picture_is_counted_under_its_reason():
    contents = {"a": encoded(drawing(1)), "b": b"broken", "c": encoded(drawing(2, 32))}
    posts = [_post(1, "a"), _post(2, "b"), _post(3, "c"), _post(4, "a")]
    counts = count(list(_judge(posts, contents).values()))
    assert counts["judged"] == 4
    assert counts["kept"] == 1
    assert (counts["corrupt"], counts["too_small"], counts["exact_duplicate"]) == (1, 1, 1)
