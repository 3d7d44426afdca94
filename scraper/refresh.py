"""What a snapshot changed against the one it builds on: counted, and whether it is anything."""

from collections import Counter
from collections.abc import Sequence

from scraper.known import Before, base_of, look_of
from storage.layout import DataLayout
from storage.records import TOMBSTONES, DropReason, Post, StageRecord

CHANGES = ("new", "edited", "changed")


def counts_of(rows: Sequence[Post], *, before: Before | None = None) -> Counter[str]:
    """Count one part's rows; beside those of the snapshot before, if there is one."""
    kept = [row for row in rows if row.reason is None]
    counts = Counter[str](row.reason.value for row in rows if row.reason)
    counts.update(f"md5_{row.md5_match.value}" for row in kept)
    counts["listed"] = sum(row.reason not in TOMBSTONES for row in rows)
    counts["originals"] = len(kept)
    counts["line_art"] = sum(bool(row.line_md5) for row in kept)
    counts["bytes"] = sum(row.bytes for row in kept)
    if before is not None:
        now = [row for row in rows if row.reason is not DropReason.REPLACED]
        known = [(row, before[row.post_id][0]) for row in now if row.post_id in before]
        counts["known"] = len(known)
        counts["new"] = len(now) - len(known)
        counts["edited"] = sum(is_edited(row, was) for row, was in known)
        counts["changed"] = sum(_outcome(row) != _outcome(was) for row, was in known)
    return counts


def is_edited(row: Post, before: Post) -> bool:
    """Whether somebody edited a post; a score that rises is no edit."""
    # The site's pages do not tell these two, which is no edit either.
    sometimes = [(row.changed_at, before.changed_at), (row.site_md5, before.site_md5)]
    return _said(row) != _said(before) or any(
        now and then and now != then for now, then in sometimes
    )


def settled(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Give the oldest snapshot that says what this one says: itself, unless nothing is new."""
    seen = {record.key}
    while not any(record.counts.get(change, 1) for change in CHANGES):
        base = base_of(look_of(record, layout), layout)
        # One that was removed and made again may build on a later one.
        if base is None or base.key in seen:
            break
        record = base
        seen.add(record.key)
    return record


def _outcome(row: Post) -> tuple[DropReason | None, str, str]:
    return row.reason, row.md5, row.line_md5


def _said(row: Post) -> tuple[object, ...]:
    return set(row.tags), row.rating, row.source, row.parent_id, row.width, row.height
