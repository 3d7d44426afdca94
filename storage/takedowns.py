"""What was removed on request: a list that every later dataset and every scrape heeds.

What one look at a picture told stands there too: its family and all places rest on it, and nobody
can look again.
"""

import dataclasses
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from storage import digest, files
from storage.errors import CorruptFile
from storage.layout import DataLayout
from storage.records import DropReason, Measure

logger = logging.getLogger(__name__)

MD5_OR_NONE = re.compile("([0-9a-f]{32})?")


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

    def measures(self, max_pixels: int) -> list[Measure]:
        """Give what was seen of the removed pictures that were no larger than is looked at."""
        seen = (entry.measure for entry in self.entries)
        return [
            each
            for each in seen
            if each and each.reason is not DropReason.TOO_LARGE
            if each.width * each.height <= max_pixels
        ]

    def inputs(self) -> dict[str, str]:
        """Give what a stage that heeds the list puts among its inputs; of an empty one nothing."""
        if not self.entries:
            return {}
        told = [entry.settings for entry in self.entries]
        return {"takedowns": digest.of_settings({"entries": told})}


def read(layout: DataLayout) -> Takedowns:
    """Read the list; empty, if nothing was ever removed.

    Raises:
        CorruptFile: it is damaged.
    """
    try:
        content = files.read_json(layout.takedowns())
        if not isinstance(content, list):
            raise TypeError("no list")
        return Takedowns(tuple(sorted(map(_entry_of, content))))
    except FileNotFoundError:
        return Takedowns()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # Without it, what was taken down would come back.
        path = layout.takedowns()
        raise CorruptFile(f"{path}: no readable list; put it back from a copy") from error


def enforce(layout: DataLayout) -> None:
    """Delete what the list names: a scrape that had begun before may have brought it back."""
    if number := delete(layout, read(layout).entries):
        logger.info("deleted files=%d: they were removed on request meanwhile", number)


def write(layout: DataLayout, entries: Sequence[Takedown]) -> None:
    """Write the list."""
    files.write_json(layout.takedowns(), [dataclasses.asdict(each) for each in sorted(entries)])


def delete(layout: DataLayout, entries: Sequence[Takedown]) -> int:
    """Delete the originals of entries, their line art and their squares; count the first two.

    Raises:
        IrodoriError: a folder where they may be cannot be read.
    """
    number = 0
    for md5 in {md5 for entry in entries for md5 in (entry.md5, entry.line_md5) if md5}:
        for path in files.starting(layout.image(md5, "").parent, f"{md5}."):
            path.unlink(missing_ok=True)
            number += 1
        for path in layout.squares(md5):
            path.unlink(missing_ok=True)
    return number


def _entry_of(content: dict[str, Any]) -> Takedown:
    if seen := content.get("measure"):
        reason = DropReason(seen["reason"]) if seen["reason"] else None
        content = content | {"measure": Measure(**seen | {"reason": reason})}
    entry = Takedown(**content)
    texts = (entry.site, entry.md5, entry.site_md5, entry.line_md5, entry.date)
    if type(entry.post_id) is not int or not all(isinstance(each, str) for each in texts):
        raise TypeError(entry)
    # Bytes are known by the md5 as we write it; another spelling would cover none.
    if not all(MD5_OR_NONE.fullmatch(md5) for md5 in (entry.md5, entry.line_md5)):
        raise ValueError(entry)
    if (seen := entry.measure) and not all(
        type(number) is int for number in (seen.width, seen.height)
    ):
        raise TypeError(entry)
    return entry
