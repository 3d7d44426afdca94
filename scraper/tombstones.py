"""What the snapshot before knew and the source has no longer: its rows stay, with the date.

So kin of a lost original stay one family, its copies copies, and nobody takes its place in a shard.
"""

from collections.abc import Sequence
from dataclasses import replace

from storage.records import DropReason, Post


def tombstones(rows: Sequence[Post], before: Sequence[Post], date: str) -> list[Post]:
    """Give the rows of all that was known and that no new row stands for.

    Either the post itself is gone, or it has another original now.

    Args:
        rows: the new rows.
        before: the rows that the snapshot before has in their place, tombstones too.
        date: of this look at the source (ISO 8601).
    """
    posts = {row.post_id for row in rows}
    originals = {(row.post_id, row.md5) for row in rows}
    found = []
    for row in before:
        if row.post_id not in posts:
            found.append(_bury(row, DropReason.VANISHED, date))
        elif (row.md5 or row.parent_id) and (row.post_id, row.md5) not in originals:
            # One that had no original, and has one now, has tied its parent to its children.
            found.append(_bury(row, DropReason.REPLACED, date))
    return found


def _bury(row: Post, reason: DropReason, date: str) -> Post:
    if row.reason in (reason, DropReason.REPLACED):
        return row
    return replace(row, reason=reason, vanished_on=row.vanished_on or date)
