"""What was removed on request: a list that every later dataset and every scrape heeds.

A picture is found by its post or its md5, in the tables of all snapshots; it is written down
first and deleted then, so that a request cut short is done by asking again. What one look at it
told is written down too: its family and all places rest on it, and nobody can look again.
"""

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from upath import UPath

from storage import digest, files, lease, manifest
from storage.errors import BadInput, ContractError, CorruptFile
from storage.layout import DataLayout, parts_in
from storage.ledger import Stage
from storage.records import Contract, DropReason, Measure, Post, Verdict

Row = TypeVar("Row")

logger = logging.getLogger(__name__)

LOOK_NAME = "look.json"
"""Beside a snapshot's tables: which site they are of."""
MD5_DIGITS = 32


@dataclass(frozen=True, slots=True, order=True)
class Takedown:
    """One post whose picture was removed; empty where the table had nothing."""

    site: str
    post_id: int
    md5: str
    site_md5: str
    line_md5: str
    date: str
    measure: Measure | None = field(default=None, compare=False)
    """What was seen of the picture, if anybody had looked at it."""

    @property
    def settings(self) -> dict[str, object]:
        """What of it decides what a dataset is: neither when it was removed nor what was seen."""
        told = dataclasses.asdict(self) | {"date": ""}
        del told["measure"]
        return told


@dataclass(frozen=True, slots=True)
class Takedowns:
    """All that was removed below a root."""

    entries: tuple[Takedown, ...] = ()

    def cover(self, site: str, post_id: int, site_md5: str = "") -> bool:
        """Whether a post must not be asked for, as its site lists it."""
        return any(
            (site, post_id) == (entry.site, entry.post_id)
            or (site_md5 and site_md5 in (entry.md5, entry.site_md5))
            for entry in self.entries
        )

    def has(self, md5: str) -> bool:
        """Whether these bytes, an original's or a line art's, were removed."""
        return bool(md5) and any(md5 in (entry.md5, entry.line_md5) for entry in self.entries)

    def measures(self) -> list[Measure]:
        """Give what was seen of the pictures that were removed."""
        return [entry.measure for entry in self.entries if entry.measure]

    def inputs(self) -> dict[str, str]:
        """Give what a stage that heeds the list puts among its inputs; of an empty one nothing."""
        if not self.entries:
            return {}
        told = [entry.settings for entry in self.entries]
        return {"takedowns": digest.of_settings({"entries": told})}


def read(layout: DataLayout) -> Takedowns:
    """Read the list; empty, if nothing was ever removed."""
    try:
        content = files.read_json(layout.takedowns())
    except FileNotFoundError:
        return Takedowns()
    except ValueError as error:
        # Without it, what was taken down would come back.
        path = layout.takedowns()
        raise CorruptFile(f"{path}: no readable list; put it back from a copy") from error
    return Takedowns(tuple(sorted(map(_entry_of, content))))


def enforce(layout: DataLayout) -> None:
    """Delete what the list names: a scrape that had begun before may have brought it back."""
    for md5 in _md5s_of(read(layout).entries):
        if _delete(layout, md5):
            logger.info("deleted md5=%s: it was removed on request meanwhile", md5)


def take_down(layout: DataLayout, name: str, date: str) -> tuple[list[Takedown], int]:
    """Remove a picture and its line art for good, and remember it.

    The name is a post's id, or the md5 of its picture, as served or as its site states it.

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
        known = read(layout)
        found = _seen(_find(layout, name, date), layout)
        before = {_identity(entry): entry for entry in known.entries}
        found = [_first(before.get(_identity(entry)), entry) for entry in found]
        others = [entry for entry in known.entries if entry not in found]
        _write(layout, sorted([*others, *found]))
        return found, sum(_delete(layout, md5) for md5 in _md5s_of(found))


def look_alikes(layout: DataLayout, taken: Sequence[Takedown], radius: int) -> list[int]:
    """Give the posts whose pictures look like those taken down, and are not: copies, perhaps.

    Only what `clean` has looked at is compared, by hashes that differ in `radius` bits at most.
    """
    removed = read(layout)
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
    found = {
        Takedown(site, post.post_id, post.md5, post.site_md5, post.line_md5, date)
        for site, post in _posts(layout)
        if name in (str(post.post_id), post.md5, post.site_md5)
    }
    if not found:
        raise BadInput(
            f"takedown {name}: no table below {layout.root} has a post of this id or md5;"
            " look it up in a report, or name the --root that has it"
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
        site = files.read_json(look)["site"] if look.exists() else ""
        yield from ((site, row) for row in rows)


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
    """Read tables, but for those that an older version has left."""
    for path in paths:
        try:
            yield path, manifest.read_table(path, contract, row_type)
        except ContractError as error:
            logger.warning("not searched: %s", error)


def _first(before: Takedown | None, now: Takedown) -> Takedown:
    """Give the entry that stood there first, with what was seen of the picture by then."""
    if before is None:
        return now
    return dataclasses.replace(before, measure=before.measure or now.measure)


def _entry_of(content: dict[str, Any]) -> Takedown:
    if seen := content.get("measure"):
        reason = DropReason(seen["reason"]) if seen["reason"] else None
        content = content | {"measure": Measure(**seen | {"reason": reason})}
    return Takedown(**content)


def _identity(entry: Takedown) -> Takedown:
    return dataclasses.replace(entry, date="")


def _md5s_of(found: Sequence[Takedown]) -> set[str]:
    return {md5 for entry in found for md5 in (entry.md5, entry.line_md5) if md5}


def _write(layout: DataLayout, entries: list[Takedown]) -> None:
    files.write_json(layout.takedowns(), [dataclasses.asdict(entry) for entry in entries])


def _delete(layout: DataLayout, md5: str) -> int:
    number = 0
    for path in layout.image(md5, "*").parent.glob(f"{md5}.*"):
        path.unlink()
        number += 1
    for path in layout.squares(md5):
        path.unlink()
    return number
