"""Take a picture down: for good, wherever it is below a root.

It is found by its post or its md5, in the tables of all snapshots; it is written down first and
deleted then, so that a request cut short is done by asking again.
"""

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from typing import TypeVar

from upath import UPath

from storage import files, lease, manifest, takedowns
from storage.errors import BadInput, ContractError, CorruptFile, MissingInput
from storage.layout import LOOK_NAME, DataLayout, parts_in
from storage.ledger import Stage
from storage.records import Contract, Measure, Post, Verdict
from storage.takedowns import Takedown

Row = TypeVar("Row")

MD5_DIGITS = 32

logger = logging.getLogger(__name__)


def take_down(layout: DataLayout, name: str, date: str) -> tuple[list[Takedown], int]:
    """Remove a picture and its line art for good, and remember it.

    The name is a post's id, or the md5 of a picture of it, as served or as its site states it.

    Returns:
        Every post that the name stands for, and how many files were deleted.

    Raises:
        BadInput: no post is known by this name, or posts of several sites are.
    """
    name = name.strip().lower()
    if not name:
        # Posts without an original have no md5, and there are many.
        raise BadInput("takedown '': wanted a post's id, or the md5 of its picture")
    with lease.held(layout.takedowns_lease(), "takedowns: another one is being written"):
        # A killed one may have left a part of the list, which names what it was asked to remove.
        for part in files.starting(layout.root, f".{layout.takedowns().name}."):
            if part.name.endswith(files.PART_SUFFIX):
                part.unlink(missing_ok=True)
        known = takedowns.read(layout).entries
        found = _seen(_find(layout, name, date), layout)
        found = list(dict.fromkeys(_first(known, entry) for entry in found))
        takedowns.write(layout, [*found, *(entry for entry in known if entry not in found)])
        return found, takedowns.delete(layout, found)


def look_alikes(layout: DataLayout, taken: Sequence[Takedown], radius: int) -> list[int]:
    """Give the posts whose pictures look like those taken down, and are not: copies, perhaps.

    Only what `clean` has looked at is compared, by hashes that differ in `radius` bits at most.
    """
    removed = takedowns.read(layout)
    gone = {entry.md5 for entry in taken}
    # A copy may be in another site's table, or in that of another snapshot.
    seen = {
        (int(each.fingerprint, 16), each.post_id, each.md5)
        for _, verdicts in _tables(layout.tables(Stage.CLEAN), Contract.VERDICTS, Verdict)
        for each in verdicts
        if each.fingerprint
    }
    looks = {fingerprint for fingerprint, _, md5 in seen if md5 in gone}
    found = {
        post_id
        for fingerprint, post_id, md5 in seen
        if not removed.has(md5)
        and any((fingerprint ^ look).bit_count() <= radius for look in looks)
    }
    return sorted(found)


def _find(layout: DataLayout, name: str, date: str) -> list[Takedown]:
    def is_named(post: Post) -> bool:
        return name in (str(post.post_id), post.md5, post.site_md5)

    # A post is never asked for again, so all that it ever served goes with it.
    whole = {(site, post.post_id) for site, post in _posts(layout) if site and is_named(post)}
    found = {
        Takedown(site, post.post_id, post.md5, post.site_md5, post.line_md5, date)
        for site, post in _posts(layout)
        if (site, post.post_id) in whole or is_named(post)
    }
    if not found:
        raise BadInput(
            f"takedown {name}: no table below {layout.root} has a post of this id or md5;"
            " look it up in the tables of scrape/<key>, or name the --root that has it"
        )
    sites = sorted({entry.site for entry in found})
    if len(name) < MD5_DIGITS and len(sites) > 1:
        md5s = ", ".join(sorted({entry.md5 or entry.site_md5 for entry in found}))
        raise BadInput(
            f"takedown {name}: {' and '.join(sites)} have a post of this id; name the md5: {md5s}"
        )
    return sorted(found)


def _posts(layout: DataLayout) -> Iterator[tuple[str, Post]]:
    for path, rows in _tables(layout.tables(Stage.SCRAPE), Contract.POSTS, Post):
        look = path.parent / LOOK_NAME
        site = _site_in(look) if look.exists() else ""
        yield from ((site, row) for row in rows)


def _site_in(look: UPath) -> str:
    """Give the site that a snapshot is of; its pictures can be taken down without it."""
    try:
        return str(files.read_facts(look).get("site", ""))
    except CorruptFile as error:
        logger.warning("no site known: %s", error)
        return ""


def _seen(found: Sequence[Takedown], layout: DataLayout) -> list[Takedown]:
    """Put to each what was seen of it; of several looks one that it passed, if any."""
    wanted = {entry.md5 for entry in found}
    parts = [path for folder in layout.all_looks().glob("*") for path in parts_in(folder)]
    told: dict[str, Measure] = {}
    for _, rows in _tables(parts, Contract.MEASURES, Measure):
        for row in rows:
            if row.md5 in wanted and (row.md5 not in told or row.reason is None):
                told[row.md5] = row
    return [dataclasses.replace(entry, measure=told.get(entry.md5)) for entry in found]


def _tables(
    paths: Sequence[UPath], contract: Contract, row_type: type[Row]
) -> Iterator[tuple[UPath, list[Row]]]:
    """Read tables, but for those that an older version has left, or that are damaged."""
    for path in paths:
        try:
            yield path, manifest.read_table(path, contract, row_type)
        except (ContractError, CorruptFile, MissingInput) as error:
            logger.warning("not searched: %s", error)


def _first(known: Sequence[Takedown], now: Takedown) -> Takedown:
    """Give the entry that says as much already, with what was seen of the picture by now."""
    for before in known:
        is_same = (before.site, before.post_id, before.md5) == (now.site, now.post_id, now.md5)
        says_all = now.line_md5 in ("", before.line_md5) and now.site_md5 in ("", before.site_md5)
        if is_same and says_all:
            seen = [each for each in (before.measure, now.measure) if each]
            # What was too large for one look may have passed another.
            best = min(seen, key=lambda each: each.reason is not None, default=None)
            return dataclasses.replace(before, measure=best)
    return now
