"""Measures of all originals -> one verdict a post: what no picture can tell of itself alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from preprocessing.config import CleanConfig
from preprocessing.dedup import Candidate, ThumbnailOf, near_duplicates
from preprocessing.families import Families, families
from preprocessing.screen import screen
from preprocessing.split import capacity, split_of
from storage.records import DropReason, Measure, Post, Split, Verdict

JUDGED = (None, DropReason.TAKEN_DOWN)
"""What a post's reason may be to get a verdict."""
NOWHERE = -1
"""The place of what did not pass the screen."""


def judge(
    posts: Sequence[Post],
    measures: Sequence[Measure],
    thumbnail_of: ThumbnailOf,
    config: CleanConfig,
    between: Sequence[Post] = (),
) -> list[Verdict]:
    """Decide for each post with an original whether its picture is kept; first come, first judged.

    The first post of equal bytes speaks for the picture, and when there are more pictures than
    wanted, the first stay. What vanished gets no verdict and what was taken down no room, but both
    keep their families together and their places free: so a dataset that grows or loses a picture
    moves no other. A copy may step in for a better one that is lost, and then what is a copy of
    that one, or too many, goes.

    Args:
        posts: all that have or had an original.
        measures: what is known of them; of those that are gone, perhaps nothing.
        thumbnail_of: gives a picture that is there at 64x64 px.
        config: the bounds, and how many are wanted.
        between: all that never had an original; they get no verdict, and tie others together.
    """
    arrived = sorted(posts, key=_order)
    first_of = {post.md5: post for post in reversed(arrived)}
    speaker_of = {post.md5: post for post in reversed(arrived) if post.reason is None}
    measure_of = {each.md5: each for each in measures}
    alone = {each.md5: screen(each, config) for each in measures}
    fit = [Candidate(first_of[each.md5], each) for each in measures if alone[each.md5] is None]
    fit.sort(key=lambda each: _order(each.post))

    kin = families(arrived, fit, config, between)
    there = [each for each in fit if each.measure.md5 in speaker_of]
    reason_of = _reasons(alone, near_duplicates(there, thumbnail_of, config), kin)
    place_of = _places(fit, kin, config)

    room = capacity(config)
    verdicts = []
    for post in arrived:
        if post.reason not in JUDGED:
            continue
        split = split_of(kin.of[post.md5], config)
        if (reason := post.reason) is None and speaker_of[post.md5] is not post:
            reason = DropReason.EXACT_DUPLICATE
        if (reason := reason or reason_of.get(post.md5)) is None:
            reason = DropReason.SURPLUS if room[split] == 0 else None
            room[split] -= reason is None
        measured = measure_of.get(post.md5, _unseen(post))
        where = (split, kin.of[post.md5], place_of.get(post.md5, NOWHERE))
        verdicts.append(_verdict(post, measured, reason, where))
    return verdicts


def count(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count what was judged, what is kept in which split, and what was dropped for which reason."""
    kept = Counter(verdict.split for verdict in verdicts if verdict.keep)
    dropped = Counter(verdict.reason for verdict in verdicts if verdict.reason)
    return (
        {"judged": len(verdicts), "kept": kept.total()}
        | {split.value: kept[split] for split in Split}
        | {reason.value: dropped[reason] for reason in DropReason if dropped[reason]}
    )


def _order(post: Post) -> tuple[int, int]:
    return post.arrival, post.post_id


def _reasons(
    alone: Mapping[str, DropReason | None], copies: AbstractSet[str], kin: Families
) -> dict[str, DropReason]:
    """Give the reasons against pictures, by md5, however much room there is."""
    found = dict.fromkeys(kin.straddling, DropReason.STRADDLING)
    found |= dict.fromkeys(copies, DropReason.NEAR_DUPLICATE)
    return found | {md5: reason for md5, reason in alone.items() if reason}


def _places(fit: Sequence[Candidate], kin: Families, config: CleanConfig) -> dict[str, int]:
    """Number what passed the screen, split by split, in the order in which it came."""
    counts = Counter[Split]()
    places = {}
    for each in fit:
        md5 = each.measure.md5
        if md5 not in kin.straddling:
            split = split_of(kin.of[md5], config)
            places[md5] = counts[split]
            counts[split] += 1
    return places


def _unseen(post: Post) -> Measure:
    """Stand in for the measure of what was taken down before anybody had looked at it."""
    return Measure(post.md5, post.reason, 0, 0, "", 0.0, lossless=False)


def _verdict(
    post: Post, measure: Measure, reason: DropReason | None, where: tuple[Split, str, int]
) -> Verdict:
    split, family, place = where
    return Verdict(
        post_id=post.post_id,
        md5=post.md5,
        reason=reason,
        split=split,
        family=family,
        place=place,
        width=measure.width,
        height=measure.height,
        fingerprint=measure.fingerprint,
        colorfulness=measure.colorfulness,
        extension=post.extension,
        sha256=post.sha256,
        line_md5=post.line_md5,
        post_url=post.post_url,
        source=post.source,
    )
