"""Where everything lies below the root: the only file that spells a path."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from storage import digest, files, stores
from storage.errors import BadInput

DEFAULT_ROOT = "data"
RECORD_NAME = "stage.json"
LEASE_NAME = ".lease"
BEGUN_NAME = ".begun.json"
"""Beside what a stage goes on with: what it was begun from."""
LOOK_NAME = "look.json"
"""Beside a snapshot's tables: which site they are of."""
IMAGES = "images"
LOOKS = "looks"
DISK = re.compile(r"(?:file|local):(?://|(?=/))")
"""What an address of a folder of this machine may begin with."""
TAKEDOWNS = "takedowns.json"
PART = re.compile(r"part-.+\.parquet")
KEY = re.compile(rf"[0-9a-f]{{{digest.KEY_DIGITS}}}")
"""The name of a run's folder; a copy that somebody has put beside it has another."""


def part_name(which: int | str) -> str:
    """Give the file name of one part of a table, by its number, or by what it is of."""
    return f"part-{which:05d}.parquet" if isinstance(which, int) else f"part-{which}.parquet"


def number_of(part: UPath) -> int:
    """Give the number of a part that was named by it."""
    return int(part.stem.removeprefix("part-"))


def parts_in(folder: UPath) -> list[UPath]:
    """Give the parts of the table in a folder, in their order."""
    return sorted((path for path in folder.glob("*") if PART.fullmatch(path.name)), key=str)


@dataclass(frozen=True, slots=True)
class DataLayout:
    """The folders below one root; `root` is a folder or any address that fsspec knows."""

    root: UPath

    @classmethod
    def at(cls, root: str) -> "DataLayout":
        """Lay out below a folder (made absolute) or an address such as `s3://bucket/path`.

        Raises:
            BadInput: nobody can open such an address, or knows whose home it names.
        """
        on_disk = DISK.match(root)
        if not on_disk and stores.BEGINS.match(root):
            return cls(stores.open_root(root))
        place = root[on_disk.end() :] if on_disk else root
        try:
            return cls(UPath(place).expanduser().absolute())
        except RuntimeError as error:
            raise BadInput(f"--root {root}: {error}") from error

    def check(self) -> None:
        """Make sure that the root can be used; a folder shows it soon enough.

        Raises:
            BadInput: it is in a store that does not answer, has no such bucket or refuses us.
        """
        if not files.is_local(self.root):
            stores.check(self.root)

    def require(self) -> None:
        """Make sure that there is something at the root, to be read.

        Raises:
            BadInput: there is no such folder, or its store cannot be used.
        """
        self.check()
        is_there = self.root.is_dir() if files.is_local(self.root) else self.root.exists()
        if not is_there:
            raise BadInput(
                f"--root {self.root}: there is no such folder; name the one with the data"
            )

    @classmethod
    def of(cls, folder: UPath) -> "DataLayout":
        """Give the layout that a stage's folder is part of."""
        return cls(folder.parent.parent)

    def stage(self, stage: str, key: str) -> UPath:
        """Give the folder of one run of a stage."""
        return self.root / stage / key

    def record(self, stage: str, key: str) -> UPath:
        """Give the stage record, which is there if and only if the stage is finished."""
        return self.stage(stage, key) / RECORD_NAME

    def lease(self, stage: str, key: str) -> UPath:
        """Give the file that is locked while a process of this machine writes the stage."""
        return self.stage(stage, key) / LEASE_NAME

    def records(self, stage: str) -> list[UPath]:
        """Give the records of all finished runs of a stage."""
        found = (self.root / stage).glob(f"*/{RECORD_NAME}")
        return sorted((path for path in found if KEY.fullmatch(path.parent.name)), key=str)

    def folders(self, stage: str) -> list[UPath]:
        """Give the folders of all runs of a stage, finished or not."""
        there = (self.root / stage).glob("*")
        found = sorted((path for path in there if KEY.fullmatch(path.name)), key=str)
        if files.is_local(self.root):
            return [path for path in found if path.is_dir()]
        return [path for path in found if files.below(path)]

    def tables(self, stage: str) -> list[UPath]:
        """Give the tables of all runs of a stage, finished or not."""
        return sorted((self.root / stage).glob("*/part-*.parquet"), key=str)

    def takedowns(self) -> UPath:
        """Give the list of what was removed on request."""
        return self.root / TAKEDOWNS

    def takedowns_lease(self) -> UPath:
        """Give the file that is locked while a process of this machine writes that list."""
        return self.root / f".{TAKEDOWNS}{LEASE_NAME}"

    def images(self) -> UPath:
        """Give the image store, which all datasets below the root share."""
        return self.root / IMAGES

    def image(self, md5: str, extension: str) -> UPath:
        """Give an original's place in the image store."""
        return self.root / f"{IMAGES}/{md5[:2]}/{md5}.{extension}"

    def all_looks(self) -> UPath:
        """Give where all that was seen of originals is."""
        return self.root / LOOKS

    def looks(self, key: str) -> UPath:
        """Give where all datasets keep what was seen of originals, looked at in one way."""
        return self.root / LOOKS / key

    def square(self, key: str, md5: str) -> UPath:
        """Give an original's place among the squares that were made of it while measuring."""
        return self.root / f"{LOOKS}/{key}/{md5[:2]}/{md5}.png"

    def squares(self, md5: str) -> list[UPath]:
        """Give all squares that were ever made of an original."""
        looks = files.starting(self.all_looks(), "")
        places = (self.square(look.name, md5).parent for look in looks)
        return [path for place in places for path in files.starting(place, f"{md5}.")]

    def cache(self, key: str) -> Path:
        """Give the place, always on a disk of this machine, of what can be made again from a stage.

        Below the root, if that is such a disk; else in the user's cache, apart for each root.
        """
        if files.is_local(self.root):
            return Path(self.root.path) / "cache" / key
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(caches) / "irodori" / digest.of_settings({"root": str(self.root)}) / key

    def caches(self) -> list[Path]:
        """Give all such places that there are on this machine."""
        above = self.cache("any").parent
        return sorted(above.iterdir()) if above.is_dir() else []

    def pruning(self) -> UPath:
        """Give the list of stages that are being removed, which is there no longer than that."""
        return self.root / "prune.json"

    def log(self) -> UPath:
        """Give the file that keeps the log of every command."""
        return self.root / "irodori.log"
