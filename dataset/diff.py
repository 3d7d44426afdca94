"""What one version holds that another does not, and why."""

from dataclasses import dataclass

from dataset.settings import Change, changes
from dataset.version import LINEAGE, Version
from storage.ledger import Stage
from storage.records import Post, Verdict

NEW = "new"
"""The other version's snapshot has no such post."""
UNKNOWN = "not_in_snapshot"
"""The same of a picture that is gone: another search, or another site."""
OTHER_ORIGINAL = "other_original"
"""The post is there, with other bytes."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One picture that only one of two versions holds, and why it is not in the other.

    `file` is its path below the folder that it is from; empty for a site's post.
    """

    md5: str
    post_id: int
    post_url: str
    file: str
    split: str
    why: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A picture that is in another split than before, which must never be."""

    md5: str
    post_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ShardChange:
    """How the shards of one stage compare, by name and sha256."""

    identical: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs from one version to another; what is in both is counted in `same`."""

    before: str
    after: str
    same: int
    added: tuple[Changed, ...]
    removed: tuple[Changed, ...]
    moved: tuple[Moved, ...]
    settings: tuple[Change, ...]
    shards: dict[str, ShardChange]


def diff(before: Version, after: Version) -> Difference:
    """Compare two versions by what they hold, how they were made, and their shards."""
    old, new = before.kept, after.kept
    return Difference(
        before=before.key,
        after=after.key,
        same=len(old.keys() & new.keys()),
        added=_missing(after, before, otherwise=NEW),
        removed=_missing(before, after, otherwise=UNKNOWN),
        moved=tuple(
            Moved(md5, old[md5].post_id, old[md5].split, new[md5].split)
            for md5 in sorted(old.keys() & new.keys())
            if old[md5].split is not new[md5].split
        ),
        settings=tuple(
            change
            for stage in LINEAGE
            for change in changes(
                stage, before.record(stage).settings, after.record(stage).settings
            )
        ),
        shards={
            stage.value: _compare(_digests(before, stage), _digests(after, stage))
            for stage in (Stage.PACK, Stage.CONDITION)
        },
    )


def _missing(here: Version, there: Version, otherwise: str) -> tuple[Changed, ...]:
    """List by md5 what one version keeps and another does not, with what the other says of it."""
    rows = [here.kept[md5] for md5 in sorted(here.kept.keys() - there.kept.keys())]
    if not rows:
        return ()
    # The oldest post speaks for equal bytes, and verdicts are sorted so.
    verdicts = {verdict.md5: verdict for verdict in reversed(there.verdicts)}
    posts = here.posts if here.source_folder else ()
    file_of = {(post.post_id, post.md5): post.file_url for post in posts}
    by_md5 = {post.md5: post for post in there.posts if post.md5}
    by_id = {post.post_id: post for post in reversed(there.posts)}
    return tuple(
        Changed(
            row.md5,
            row.post_id,
            row.post_url,
            file_of.get((row.post_id, row.md5), ""),
            row.split.value,
            _why(verdicts.get(row.md5), by_md5.get(row.md5) or by_id.get(row.post_id), row.md5)
            or otherwise,
        )
        for row in rows
    )


def _why(verdict: Verdict | None, post: Post | None, md5: str) -> str:
    """Give the reason that a version has for not keeping a picture; empty, if it knows none."""
    for said in (verdict, post):
        if said and said.reason:
            return said.reason.value
    return OTHER_ORIGINAL if post and post.md5 != md5 else ""


def _digests(version: Version, stage: Stage) -> dict[str, str]:
    return {row.name: row.sha256 for row in version.shards(stage)}


def _compare(old: dict[str, str], new: dict[str, str]) -> ShardChange:
    both = sorted(old.keys() & new.keys())
    return ShardChange(
        identical=tuple(name for name in both if old[name] == new[name]),
        changed=tuple(name for name in both if old[name] != new[name]),
        removed=tuple(sorted(old.keys() - new.keys())),
        added=tuple(sorted(new.keys() - old.keys())),
    )
