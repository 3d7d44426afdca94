"""Measures of all originals -> one verdict a post: what no picture can tell of itself alone."""

from collections import Counter
from collections.abc import Sequence

from preprocessing.config import CleanConfig
from preprocessing.dedup import Candidate, ThumbnailOf, families, near_duplicates
from preprocessing.split import capacity, split_of
from storage.records import DropReason, Measure, Post, Split, Verdict


def judge(
    posts: Sequence[Post],
    measures: Sequence[Measure],
    thumbnail_of: ThumbnailOf,
    config: CleanConfig,
) -> list[Verdict]:
    """Decide for each post with an original whether its picture is kept; oldest post first.

    The oldest post of equal bytes speaks for the picture, and when there are more pictures than
    wanted, the oldest stay: so a dataset that grows never changes what it holds. Posts that the
    scraper dropped after all (vanished, taken down) get no verdict, but their families keep their
    names, and so the split that the others are in.
    """
    known = sorted(posts, key=lambda post: post.post_id)
    posts = [post for post in known if post.reason is None]
    measure_of = {measure.md5: measure for measure in measures}
    oldest: dict[str, int] = {}
    for post in posts:
        oldest.setdefault(post.md5, post.post_id)

    candidates = [
        Candidate(post, measure_of[post.md5])
        for post in posts
        if oldest[post.md5] == post.post_id and measure_of[post.md5].reason is None
    ]
    family_of = families(known, candidates, config.family_radius)
    copies = near_duplicates(candidates, thumbnail_of, config)

    room = capacity(config)
    verdicts = []
    for post in posts:
        split = split_of(family_of[post.post_id], config)
        reason = measure_of[post.md5].reason
        if oldest[post.md5] != post.post_id and reason is not DropReason.TAKEN_DOWN:
            reason = DropReason.EXACT_DUPLICATE
        elif post.md5 in copies:
            reason = DropReason.NEAR_DUPLICATE
        elif reason is None and room[split] == 0:
            reason = DropReason.SURPLUS
        if reason is None:
            room[split] -= 1
        verdicts.append(
            _verdict(post, measure_of[post.md5], reason, split, family_of[post.post_id])
        )
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


def _verdict(
    post: Post, measure: Measure, reason: DropReason | None, split: Split, family: str
) -> Verdict:
    return Verdict(
        post_id=post.post_id,
        md5=post.md5,
        reason=reason,
        split=split,
        family=family,
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
