"""What was removed on request: a list that every later dataset and every scrape heeds.

A picture is found by its post or its md5, in the tables of all snapshots; it is written down
first and deleted then, so that a request cut short is done by asking again.
"""

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from storage import digest, files, manifest
from storage.errors import BadInput, ContractError, CorruptFile
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, Post, Verdict

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

    def inputs(self) -> dict[str, str]:
        """Give what a stage that heeds the list puts among its inputs; nothing for an empty list.

        The dates are left out: they change nothing.
        """
        if not self.entries:
            return {}
        told = [dataclasses.asdict(entry) | {"date": ""} for entry in self.entries]
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
    return Takedowns(tuple(sorted(Takedown(**entry) for entry in content)))


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
    known = read(layout)
    found = _find(layout, name, date)
    before = {_identity(entry): entry for entry in known.entries}
    found = [before.get(_identity(entry), entry) for entry in found]
    _write(layout, sorted({*known.entries, *found}))
    return found, sum(_delete(layout, md5) for md5 in _md5s_of(found))


def look_alikes(layout: DataLayout, taken: Sequence[Takedown], radius: int) -> list[int]:
    """Give the posts whose pictures look like those taken down, and are not: copies, perhaps.

    Only what `clean` has looked at is compared, by hashes that differ in `radius` bits at most.
    """
    removed = read(layout)
    gone = {entry.md5 for entry in taken}
    found = set[int]()
    for path in layout.tables(Stage.CLEAN):
        verdicts = manifest.read_table(path, Contract.VERDICTS, Verdict)
        seen = [(int(each.fingerprint, 16), each) for each in verdicts if each.fingerprint]
        looks = {fingerprint for fingerprint, each in seen if each.md5 in gone}
        found |= {
            each.post_id
            for fingerprint, each in seen
            if not removed.has(each.md5)
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
    for path in layout.tables(Stage.SCRAPE):
        try:
            rows = manifest.read_table(path, Contract.POSTS, Post)
        except ContractError as error:
            logger.warning("not searched: %s", error)
            continue
        look = path.parent / LOOK_NAME
        site = files.read_json(look)["site"] if look.exists() else ""
        yield from ((site, row) for row in rows)


def _identity(entry: Takedown) -> Takedown:
    return dataclasses.replace(entry, date="")


def _md5s_of(found: list[Takedown]) -> set[str]:
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
