"""Originals that no snapshot names any more, and squares whose original is gone."""

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upath import UPath

from storage import files, manifest, takedowns
from storage.errors import IrodoriError
from storage.layout import DataLayout, parts_in
from storage.ledger import Stage
from storage.records import Contract, Post

MD5_NAME = re.compile(r"([0-9a-f]{32})\.\w+")
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """One file of the store, as its file system names it."""

    path: str
    md5: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Stock:
    """All originals and squares that there were at one moment."""

    originals: tuple[Picture, ...]
    squares: tuple[Picture, ...]

    def without(self, wanted: set[str]) -> "Stock":
        """Give the originals that are not wanted, and the squares of these and of missing ones."""
        gone = tuple(each for each in self.originals if each.md5 not in wanted)
        left = {each.md5 for each in self.originals} & wanted
        return Stock(gone, tuple(each for each in self.squares if each.md5 not in left))


def stock_of(layout: DataLayout) -> Stock:
    """List the store. What comes in later, while others work, is in no list."""
    # A square is made of an original: whoever's square is seen, is seen too.
    squares = _pictures(layout.all_looks())
    return Stock(_pictures(layout.images()), squares)


def named(scrapes: Iterable[str], layout: DataLayout) -> set[str]:
    """Give the md5s, of originals and of line art, that some snapshots name and nobody took down.

    Raises:
        IrodoriError: a table cannot be read.
    """
    removed = takedowns.read(layout)
    found = set[str]()
    for key in scrapes:
        tables = parts_in(layout.stage(Stage.SCRAPE, key))
        if not tables:
            raise IrodoriError(f"{layout.stage(Stage.SCRAPE, key)}: has no table")
        for path in tables:
            rows = manifest.read_table(path, Contract.POSTS, Post)
            found |= {md5 for row in rows for md5 in (row.md5, row.line_md5)}
    return {md5 for md5 in found if md5 and not removed.has(md5)}


def delete(paths: Sequence[str], layout: DataLayout) -> None:
    """Remove some files; one that is gone already is fine."""
    if files.is_local(layout.root):
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                layout.root.fs.rm_file(path)
    elif paths:
        layout.root.fs.rm(list(paths))


def _pictures(folder: UPath) -> tuple[Picture, ...]:
    found = files.below(folder).items()
    named = ((MD5_NAME.fullmatch(path.rpartition("/")[2]), path, facts) for path, facts in found)
    return tuple(Picture(path, name[1], facts["size"]) for name, path, facts in named if name)
