"""Families over several looks at a site: what is settled stays."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from preprocessing.config import CleanConfig
from preprocessing.dedup import Candidate
from preprocessing.families import Families, families
from preprocessing.judge import judge
from preprocessing.split import split_of
from storage.records import DropReason, Md5Match, Measure, Post, Split, Verdict

CONFIG = CleanConfig(min_side_px=64, num_train=14, num_val=3, num_test=3)
ROOMY = CleanConfig(min_side_px=64, num_train=1400, num_val=300, num_test=300)


def _post(post_id: int, arrival: int = 0, parent_id: int = 0, md5: str = "") -> Post:
    return Post(
        post_id, md5 or f"md5-{post_id}", None, "", 1, "png", 0, 0, "", Md5Match.NOT_GIVEN, (), "s",
        None, "", "", "", 0, parent_id, False, "", "", "", "", "", arrival,
    )  # fmt: skip


def _film(post_id: int, parent_id: int, arrival: int = 0) -> Post:
    """Make a post that never had an original."""
    return replace(_post(post_id, arrival, parent_id), md5="", reason=DropReason.UNWANTED_TYPE)


def _families(
    posts: Sequence[Post], looks: dict[int, int] | None = None, between: Sequence[Post] = ()
) -> Families:
    """Find families; `looks` gives some posts a fingerprint."""
    found = [
        Candidate(post, Measure(post.md5, None, 99, 99, f"{looks[post.post_id]:016x}", 50.0, False))
        for post in posts
        if looks and post.post_id in looks
    ]
    return families(posts, found, CONFIG, between)


def _ids_of(split: Split) -> list[int]:
    """Give posts whose own families are in a split."""
    return [n for n in range(1, 200) if split_of(f"md5-{n}", CONFIG) is split]


TRAIN, VAL = _ids_of(Split.TRAIN), _ids_of(Split.VAL)


def test_an_unseen_parent_of_what_straddles_two_splits_straddles_them_when_it_comes():
    parent = 10**6
    one, other = _post(TRAIN[0]), _post(VAL[0])
    child, sibling = _post(501, 1, parent), _post(502, 2, parent)
    # The child is like both: 8 bits from either.
    looks = {one.post_id: 0, child.post_id: 0xFF, other.post_id: 0xFFFF}
    posts = [one, other, child, sibling, _post(parent, 3)]
    found = _families(posts, looks)
    assert found.straddling == {child.md5, sibling.md5, f"md5-{parent}"}


def test_what_came_together_is_united_through_any_chain():
    posts = [_post(1), _post(2, parent_id=1), _post(3, parent_id=2), _post(4)]
    found = _families(posts)
    assert [found.of[post.md5] for post in posts] == ["md5-1", "md5-1", "md5-1", "md5-4"]
    assert not found.straddling


def test_what_has_no_original_ties_its_parent_to_its_children():
    posts, film = [_post(TRAIN[0]), _post(VAL[0], parent_id=500)], _film(500, TRAIN[0])
    assert len(set(_families(posts).of.values())) == 2
    found = _families(posts, between=[film])
    assert set(found.of.values()) == {posts[0].md5}
    assert found.of.keys() == {post.md5 for post in posts}


def test_what_has_no_original_and_comes_last_unites_one_split_and_no_two():
    train, val = _post(TRAIN[0]), _post(VAL[0], parent_id=500)
    other, child = _post(TRAIN[1]), _post(TRAIN[2], parent_id=501)
    films = [_film(500, TRAIN[0], arrival=1), _film(501, TRAIN[1], arrival=1)]
    found = _families([train, val, other, child], between=films)
    families = [found.of[each.md5] for each in (train, val, other, child)]
    assert families == [train.md5, val.md5, other.md5, other.md5]
    assert not found.straddling


def test_a_latecomer_joins_the_family_that_is_settled_however_old_its_post_is():
    old, late = _post(TRAIN[5]), _post(VAL[0], arrival=1, parent_id=TRAIN[5])
    found = _families([old, late])
    assert found.of[late.md5] == found.of[old.md5] == old.md5


def test_a_latecomer_that_is_akin_to_two_splits_is_in_neither_and_moves_nobody():
    train, val = _post(TRAIN[0]), _post(VAL[0])
    late = _post(500, arrival=1, parent_id=VAL[0])
    found = _families([train, val, late], {TRAIN[0]: 0b0, 500: 0b1})
    assert found.straddling == {late.md5}
    assert (found.of[train.md5], found.of[val.md5]) == (train.md5, val.md5)


def test_whoever_is_akin_to_one_that_straddles_straddles_too():
    train, val = _post(TRAIN[0]), _post(VAL[0])
    late = _post(500, arrival=1, parent_id=VAL[0])
    later = _post(501, arrival=2, parent_id=500)
    found = _families([train, val, late, later], {TRAIN[0]: 0b0, 500: 0b1})
    assert found.straddling == {late.md5, later.md5}


def test_two_families_of_one_split_become_one():
    one, other = _post(TRAIN[0]), _post(TRAIN[1])
    late = _post(500, arrival=1, parent_id=TRAIN[1])
    found = _families([one, other, late], {TRAIN[0]: 0b0, 500: 0b1})
    assert set(found.of.values()) == {one.md5}


def test_a_parent_that_comes_after_its_child_joins_the_child():
    child, parent = _post(VAL[0], parent_id=TRAIN[0]), _post(TRAIN[0], arrival=1)
    found = _families([child, parent])
    assert set(found.of.values()) == {child.md5}


def test_siblings_stay_one_family_when_their_parent_comes_later():
    parent_id = 5_000
    siblings = [_post(TRAIN[0], parent_id=parent_id), _post(VAL[0], parent_id=parent_id)]
    parent = _post(parent_id, arrival=1)
    before, after = _families(siblings), _families([*siblings, parent])
    assert not before.straddling
    assert not after.straddling
    assert len(set(before.of.values())) == 1
    assert set(after.of.values()) == set(before.of.values())


def test_what_replaced_an_original_joins_its_family_and_its_kin_stay():
    first, other = _post(TRAIN[0]), _post(TRAIN[1])
    child = _post(VAL[0], parent_id=TRAIN[0])
    before = _families([first, other, child])
    new = _post(TRAIN[0], arrival=1, md5="redrawn")
    later = _post(600, arrival=2, parent_id=TRAIN[0])
    found = _families([_gone(first, DropReason.REPLACED), other, child, new, later])
    assert {md5: found.of[md5] for md5 in before.of} == before.of
    assert found.of[new.md5] == found.of[later.md5] == first.md5
    assert not found.straddling


def test_what_replaced_an_original_and_has_a_parent_in_another_split_is_in_neither():
    first, parent = _post(TRAIN[0]), _post(VAL[0])
    new = _post(TRAIN[0], arrival=1, parent_id=VAL[0], md5="redrawn")
    found = _families([_gone(first, DropReason.REPLACED), parent, new])
    assert found.straddling == {"redrawn"}
    assert (found.of[first.md5], found.of[parent.md5]) == (first.md5, parent.md5)


def test_what_has_no_original_and_gets_one_goes_on_tying_its_parent_to_its_children():
    parent, film, child = _post(TRAIN[0]), _film(TRAIN[1], TRAIN[0]), _post(VAL[0], 0, TRAIN[1])
    before = _families([parent, child], between=[film])
    healed = _post(TRAIN[1], arrival=1, parent_id=TRAIN[0])
    after = _families([parent, child, healed], between=[_gone(film, DropReason.REPLACED)])
    assert after.of.items() > before.of.items()
    assert set(after.of.values()) == {parent.md5}
    assert not after.straddling


def test_what_replaced_an_original_and_looks_like_another_split_is_in_neither():
    first, val = _post(TRAIN[0]), _post(VAL[0])
    # Beside the first's own look; the new original has that of the other split.
    new = _post(TRAIN[0], arrival=1, md5="redrawn")
    looks = [(first, 0xFFFF << 40), (val, 0b0), (new, 0b1)]
    posts = [_gone(first, DropReason.REPLACED), val, new]
    candidates = [
        Candidate(post, Measure(post.md5, None, 99, 99, f"{look:016x}", 50.0, lossless=False))
        for post, look in looks
    ]
    found = families(posts, candidates, CONFIG)
    assert found.straddling == {"redrawn"}
    assert (found.of[first.md5], found.of[val.md5]) == (first.md5, val.md5)


def test_a_better_copy_that_comes_later_does_not_take_the_place_of_the_first():
    small = Measure("md5-1", None, 99, 99, "00", 50.0, lossless=False)
    large = Measure("md5-2", None, 500, 500, "00", 50.0, lossless=True)
    flat = np.zeros((64, 64, 3), np.uint8)
    verdicts = judge([_post(1), _post(2, arrival=1)], [small, large], lambda _: flat, CONFIG)
    assert [verdict.reason for verdict in verdicts] == [None, DropReason.NEAR_DUPLICATE]


def test_a_copy_steps_in_for_a_better_one_that_is_gone():
    small = Measure("md5-2", None, 99, 99, "0f", 50.0, lossless=False)
    large = Measure("md5-1", None, 500, 500, "0f", 50.0, lossless=True)
    there = {"md5-2": np.zeros((64, 64, 3), np.uint8)}
    posts = [_gone(_post(1)), _post(2)]
    (verdict,) = judge(posts, [small, large], there.__getitem__, CONFIG)
    assert (verdict.post_id, verdict.reason) == (2, None)


def test_a_post_with_the_bytes_of_one_that_vanished_is_no_duplicate():
    seen = Measure("twin", None, 99, 99, "0f", 50.0, lossless=False)
    posts = [_gone(_post(1, md5="twin")), _post(2, md5="twin")]
    flat = np.zeros((64, 64, 3), np.uint8)
    (verdict,) = judge(posts, [seen], lambda _: flat, CONFIG)
    assert (verdict.post_id, verdict.reason) == (2, None)


@pytest.mark.parametrize(("apart", "reason"), [(20, DropReason.NEAR_DUPLICATE), (21, None)])
def test_copies_may_differ_by_the_configured_difference(apart: int, reason: DropReason | None):
    measures = [Measure(f"md5-{each}", None, 99, 99, "0f", 50.0, lossless=True) for each in (1, 2)]
    looks = {"md5-1": np.zeros((64, 64, 3), np.uint8)}
    looks["md5-2"] = looks["md5-1"] + np.uint8(apart)
    verdicts = judge([_post(1), _post(2)], measures, looks.__getitem__, CONFIG)
    assert [verdict.reason for verdict in verdicts] == [None, reason]


@pytest.mark.parametrize("looks", [(0b0, 0b1), (0b1, 0b0)])
def test_a_copy_is_found_whichever_of_the_two_hashes_is_the_larger(looks: tuple[int, int]):
    measures = [
        Measure(f"md5-{post_id}", None, 99, 99, f"{look:016x}", 50.0, lossless=True)
        for post_id, look in enumerate(looks, 1)
    ]
    flat = np.zeros((64, 64, 3), np.uint8)
    verdicts = judge([_post(1), _post(2)], measures, lambda _: flat, CONFIG)
    assert [verdict.reason for verdict in verdicts] == [None, DropReason.NEAR_DUPLICATE]


def test_places_follow_from_the_order_in_which_pictures_came_and_not_that_of_their_measures():
    looks = [0xFF << 8 * place for place in range(6)]
    measures = [
        Measure(f"md5-{post_id}", None, 99, 99, f"{look:016x}", 50.0, lossless=True)
        for post_id, look in zip(TRAIN, looks, strict=False)
    ]
    posts, flat = [_post(post_id) for post_id in TRAIN[:6]], np.zeros((64, 64, 3), np.uint8)
    config = CONFIG.model_copy(update={"family_radius": 1, "duplicate_radius": 1})
    for seen in (measures, measures[::-1]):
        verdicts = judge(posts, seen, lambda _: flat, config)
        assert [verdict.place for verdict in verdicts] == list(range(6))


def test_a_copy_of_what_is_itself_dropped_as_a_copy_stays():
    level_of = {f"md5-{post_id}": 15 * post_id for post_id in (1, 2, 3)}
    measures = [Measure(md5, None, 99, 99, "0f", 50.0, lossless=True) for md5 in level_of]
    config = CONFIG.model_copy(update={"duplicate_difference": 20})
    verdicts = judge(
        [_post(1), _post(2), _post(3)],
        measures,
        lambda md5: np.full((64, 64, 3), level_of[md5], np.uint8),
        config,
    )
    # The third is like the second alone, which is dropped for the first.
    assert [verdict.reason for verdict in verdicts] == [None, DropReason.NEAR_DUPLICATE, None]


def test_who_straddles_two_splits_takes_no_place():
    posts = [_post(TRAIN[0]), _post(VAL[0])]
    late = _post(TRAIN[1], arrival=1, parent_id=VAL[0])
    last = _post(TRAIN[2], arrival=2)
    look_of = {TRAIN[0]: 0b1, VAL[0]: 0xFFFF << 32, TRAIN[1]: 0b11, TRAIN[2]: 0xFFFF << 8}
    measures = [
        Measure(f"md5-{post_id}", None, 99, 99, f"{look:016x}", 50.0, lossless=False)
        for post_id, look in look_of.items()
    ]
    flat = np.zeros((64, 64, 3), np.uint8)
    config = CONFIG.model_copy(update={"duplicate_radius": 0})
    verdicts = judge([*posts, late, last], measures, lambda _: flat, config)
    found = {verdict.post_id: (verdict.reason, verdict.place) for verdict in verdicts}
    assert found[late.post_id] == (DropReason.STRADDLING, -1)
    assert found[TRAIN[0]] == (None, 0)
    assert found[last.post_id] == (None, 1)


@pytest.mark.parametrize(
    ("config", "num_replaced"),
    # Several copies may come back for one that was replaced; with room, nobody goes for them.
    [(CONFIG, 0), (ROOMY, 3)],
    ids=["few are wanted", "originals are replaced"],
)
def test_whatever_comes_or_goes_nobody_else_changes_split_or_place(config, num_replaced):
    chance = random.Random(5)
    posts, films, before = list[Post](), list[Post](), dict[str, Verdict]()
    for look in range(12):
        _replace_some(chance, posts, look, num_replaced)
        _bring(chance, posts, look)
        films += [replace(_random_post(chance, [*posts, *films], look), md5="") for _ in range(3)]
        gone = {chance.randrange(len(posts)) for _ in range(look)}
        for place in gone:
            posts[place] = _gone(posts[place])
        after = _judged(posts, config, films)
        for md5, verdict in before.items():
            if now := after.get(md5):
                assert (now.split, now.place) == (verdict.split, verdict.place)
                # Only a copy of one that is back for a lost better one may have to go.
                if verdict.keep:
                    assert now.reason in (None, DropReason.NEAR_DUPLICATE)
        splits = {}
        for verdict in after.values():
            if verdict.keep:
                assert splits.setdefault(verdict.family, verdict.split) is verdict.split
        places = [(verdict.split, verdict.place) for verdict in after.values() if verdict.keep]
        assert len(places) == len(set(places))
        before = after
    assert any(verdict.reason is DropReason.STRADDLING for verdict in before.values())


def _bring(chance: random.Random, posts: list[Post], look: int) -> None:
    for _ in range(chance.randrange(1, 30)):
        posts.append(_random_post(chance, posts, look))


def _random_post(chance: random.Random, posts: Sequence[Post], look: int) -> Post:
    here = {post.post_id for post in posts}
    # Parents that were named and have not come, or never will.
    awaited = [each.parent_id for each in posts if each.parent_id and each.parent_id not in here]
    # Ids of any age: a deeper walk finds older posts later.
    stranger, another = (chance.randrange(1, 1_000_000) for _ in range(2))
    post_id = chance.choice(awaited) if awaited and chance.random() < 0.1 else stranger
    known = [*here, *awaited, another]
    parent = chance.choice(known) if chance.random() < 0.4 else 0
    twin = chance.choice(posts).md5 if posts and chance.random() < 0.05 else ""
    return _post(post_id, look, parent, twin)


def _replace_some(chance: random.Random, posts: list[Post], look: int, number: int) -> None:
    """Give a few posts that are there another original; the one they had stays, as a tombstone."""
    there = [place for place, post in enumerate(posts) if post.reason is None]
    for place in chance.sample(there, min(number, len(there))):
        old = posts[place]
        posts[place] = _gone(old, DropReason.REPLACED)
        posts.append(_post(old.post_id, look, old.parent_id, f"{old.md5}-again-{look}"))


def _gone(post: Post, reason: DropReason = DropReason.VANISHED) -> Post:
    return replace(post, reason=reason, vanished_on="2026-01-01")


def _judged(
    posts: Sequence[Post], config: CleanConfig, between: Sequence[Post] = ()
) -> dict[str, Verdict]:
    measures = [
        Measure(post.md5, None, 99, 99, f"{_look_of(post.md5):016x}", 50.0, lossless=False)
        for post in {post.md5: post for post in posts}.values()
    ]
    flat = np.zeros((64, 64, 3), np.uint8)
    verdicts = judge(posts, measures, lambda _: flat, config, between)
    return {
        verdict.md5: verdict
        for verdict in verdicts
        if verdict.reason is not DropReason.EXACT_DUPLICATE
    }


def _look_of(md5: str) -> int:
    """Give one of few hashes, near and far, so that some pictures are alike."""
    chance = random.Random(md5)
    return chance.getrandbits(64) if chance.random() < 0.8 else 1 << chance.randrange(12)
