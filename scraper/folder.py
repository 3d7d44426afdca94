"""A folder of pictures as a source: its files become posts, in the order of their paths.

`a.line.png` (or `.jpg`, `.webp`, `.bmp`) beside `a.png` is its true line art, `a.png.json` says
whose it is. No row tells where the folder lies, so a copy of it elsewhere gives the same
tables; but the looks at one folder build on each other by its name: moved, it is another source.
"""

import logging
import os
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from upath import UPath

from scraper import known, line_art, refresh
from scraper.config import ScraperConfig
from scraper.known import Before, Look
from scraper.sidecar import Credit, credit_of
from scraper.sniffing import PICTURES, sniff
from scraper.tombstones import tombstones
from storage import digest, files, images, manifest, takedowns
from storage.errors import BadInput
from storage.layout import DataLayout, part_name
from storage.progress import Advance
from storage.records import TOMBSTONES, Contract, DropReason, Md5Match, Post, StageRecord
from storage.takedowns import Takedowns

logger = logging.getLogger(__name__)

FILES_PER_PART = 100
GONE_NAME = part_name("gone")
"""The table of originals that the snapshot before had: behind all others, and no part of them."""
SIDECAR_ENDING = ".json"


@dataclass(frozen=True)
class Folder:
    """One folder, and the store that its pictures go to."""

    config: ScraperConfig
    layout: DataLayout
    taken_down: Takedowns
    look: Look
    before: Sequence[Post] = ()
    """All rows of the snapshot before."""

    @property
    def top(self) -> Path:
        """The folder itself."""
        return Path(self.config.folder)

    @cached_property
    def known(self) -> Mapping[tuple[int, str], Post]:
        """The rows of the snapshot before, by post and md5."""
        return {(row.post_id, row.md5): row for row in self.before}

    @cached_property
    def _known_files(self) -> AbstractSet[str]:
        return {row.file_url for row in self.before if row.md5} & self.posts.keys()

    @cached_property
    def _rows_of(self) -> Before:
        """The rows of the snapshot before by post, the present one first."""
        found = defaultdict[int, list[Post]](list)
        for row in self.before:
            found[row.post_id].append(row)
        return found

    @cached_property
    def posts(self) -> dict[str, Path]:
        """The files that are posts, by their paths below the folder, sorted.

        Line art and sidecars belong to others; what is hidden is left in peace, and so is our own
        root, should it lie in the folder.

        Raises:
            BadInput: there is no such folder, no file in it, or a part of it cannot be read.
        """
        require_folder(self.config)
        found = {path for path in self._walked() if path.is_file() and self._is_seen(path)}
        stems = {path.with_suffix("") for path in found if path.suffix.lower() in images.ENDINGS}
        posts = {self._address(path): path for path in found if not _is_beside(path, found, stems)}
        if not posts:
            raise BadInput(f"--scraper.folder {self.top}: holds no file; name one of pictures")
        return dict(sorted(posts.items()))

    def _walked(self) -> Iterator[Path]:
        """Give all below the folder; what cannot be read must not look as if it were gone."""

        def refuse(error: OSError) -> None:
            raise BadInput(
                f"--scraper.folder {self.top}: {error.filename} cannot be read ({error.strerror});"
                " see who may read there"
            ) from error

        for place, folders, names in os.walk(self.top, onerror=refuse):
            folders[:] = [name for name in folders if self._is_seen(Path(place, name))]
            yield from (Path(place, name) for name in names)

    @cached_property
    def _addresses(self) -> Sequence[str]:
        return tuple(self.posts)

    def write_parts(self, folder: UPath, advance: Advance) -> Counter[str]:
        """Write one part every hundred files until there are enough originals, and count them.

        Known files all stay, as the posts of a site do, and so many others come as there is room.
        """
        counts, rows = self._write_files(folder, advance)
        had = [row for row in self.before if row.md5]
        # A killed run may have left one, of what is back by now.
        (folder / GONE_NAME).unlink(missing_ok=True)
        if gone := tombstones(rows, had, self.look.date):
            manifest.write_table(folder / GONE_NAME, Contract.POSTS, gone, Post)
            counts.update(self._counts_of(gone))
        return counts

    def _write_files(self, folder: UPath, advance: Advance) -> tuple[Counter[str], list[Post]]:
        counts, found, number, last = Counter[str](), list[Post](), 0, ""
        room = self.config.max_posts - len(self._known_files)
        while rows := self._part(folder / part_name(number), last, room):
            found += rows
            part = self._counts_of(rows)
            advance(part["originals"])
            counts.update(part)
            room -= sum(self._needs_room(row) for row in rows)
            number, last = number + 1, rows[-1].file_url
        if left := len(self.posts) - len(found):
            # Of files that came between two runs of one look, no part tells.
            way = "a higher --scraper.max-posts" if room <= 0 else "a new --scraper.snapshot"
            logger.warning("left out files=%d; %s takes them", left, way)
        return counts, found

    def _counts_of(self, rows: Sequence[Post]) -> Counter[str]:
        return refresh.counts_of(rows, before=self._rows_of if self.look.base else None)

    def _part(self, path: UPath, last: str, room: int) -> list[Post]:
        """Read a part that is there; else write that of the files behind the last, if any."""
        if path.exists():
            return manifest.read_table(path, Contract.POSTS, Post)
        if rows := self._rows(last, room):
            manifest.write_table(path, Contract.POSTS, rows, Post)
        return rows

    def _rows(self, last: str, room: int) -> list[Post]:
        rows: list[Post] = []
        for place in range(bisect_right(self._addresses, last), len(self._addresses)):
            if len(rows) == FILES_PER_PART:
                break
            address = self._addresses[place]
            if room > 0 or address in self._known_files:
                rows.append(self._row(address, self.posts[address]))
                room -= self._needs_room(rows[-1])
        return rows

    def _needs_room(self, row: Post) -> bool:
        return row.reason is None and row.file_url not in self._known_files

    def _is_seen(self, path: Path) -> bool:
        if any(name.startswith(".") for name in path.relative_to(self.top).parts):
            return False
        if not files.is_local(self.layout.root):
            return True
        root = Path(str(self.layout.root)).resolve()
        is_ours = root.is_relative_to(self.top.resolve()) and path.resolve().is_relative_to(root)
        return not is_ours

    def _address(self, path: Path) -> str:
        """Give a file's path below the folder, in letters that a table can hold."""
        return files.readable(path.relative_to(self.top))

    def _row(self, address: str, path: Path) -> Post:
        empty = _empty_row(address, credit_of(_sidecar_of(path)))
        content, kind, reason = self._read(path)
        if reason:
            logger.info("dropped file=%s reason=%s", address, reason)
            return replace(empty, reason=reason)
        md5 = digest.md5_of(content)
        known = self.known.get((empty.post_id, md5))
        if self.taken_down.cover(self.config.site, empty.post_id) or self.taken_down.has(md5):
            return replace(known or empty, reason=DropReason.TAKEN_DOWN, vanished_on="")
        images.keep(self.layout, md5, kind, content)
        line_url, line_md5 = self._lines(path)
        return replace(
            empty,
            md5=md5,
            sha256=digest.of_bytes(content),
            bytes=len(content),
            extension=kind,
            line_url=line_url,
            line_md5=line_md5,
            arrival=known.arrival if known else self.look.number,
        )

    def _read(self, path: Path) -> tuple[bytes, str, DropReason | None]:
        content, reason = self._content_of(path)
        if reason:
            return b"", "", reason
        kind = sniff(content)
        if kind in PICTURES:
            return content, kind, None
        return b"", kind, DropReason.UNWANTED_TYPE if kind else DropReason.NOT_A_PICTURE

    def _content_of(self, path: Path) -> tuple[bytes, DropReason | None]:
        try:
            if path.stat().st_size > self.config.max_bytes:
                return b"", DropReason.TOO_LARGE
            return path.read_bytes(), None
        except OSError as error:
            logger.warning("not read file=%s because=%s", path, error)
            return b"", DropReason.UNREACHABLE

    def _lines(self, path: Path) -> tuple[str, str]:
        """Store the true line art beside a picture; give its path and md5, if there is any."""
        lines = line_art.beside(path) if self.config.line_art else None
        if lines is None:
            return "", ""
        content = line_art.as_png(self._content_of(lines)[0])
        md5 = digest.md5_of(content or b"")
        if content is None or self.taken_down.has(md5):
            logger.warning("no line art file=%s: no picture, or removed on request", lines)
            return "", ""
        images.keep(self.layout, md5, images.LINE_EXTENSION, content)
        return self._address(lines), md5


def require_folder(config: ScraperConfig) -> None:
    """Refuse a folder that is none.

    Raises:
        BadInput: it is none.
    """
    if config.folder and not Path(config.folder).is_dir():
        raise BadInput(f"--scraper.folder {config.folder}: is no folder; name one of pictures")


def tell_of_changes(config: ScraperConfig, record: StageRecord, layout: DataLayout) -> None:
    """Say what a snapshot does not know: who puts a file into a folder expects it to be seen."""
    source = Folder(config, layout, takedowns.read(layout), known.look_of(record, layout))
    rows = manifest.rows_of(record, layout, Post)
    seen = {row.file_url: row for row in rows if row.reason not in TOMBSTONES}
    # A folder that is gone or empty by now is no reason to lose what was made of it.
    with suppress(BadInput, OSError):
        is_full = record.counts["originals"] >= config.max_posts
        posts = source.posts
        new = 0 if is_full else len(posts.keys() - seen.keys())
        gone = len(seen.keys() - posts.keys())
        kept = ((posts[name], row) for name, row in seen.items() if row.bytes and name in posts)
        changed = sum(path.stat().st_size != row.bytes for path, row in kept)
        if new or gone or changed:
            logger.warning(
                "folder=%s new=%d gone=%d changed=%d since this snapshot; name another to take that"
                " in (--scraper.snapshot NAME)",
                *(source.top, new, gone, changed),
            )


def _is_beside(path: Path, found: set[Path], stems: set[Path]) -> bool:
    """Whether a file belongs to a picture of the same name."""
    if picture := line_art.picture_of(path):
        return picture in stems
    if path.name.endswith(SIDECAR_ENDING):
        name = path.with_suffix("")
        return name in found or name in stems
    return False


def _sidecar_of(path: Path) -> Path:
    beside = path.with_name(path.name + SIDECAR_ENDING)
    return beside if files.is_file(beside) else path.with_suffix(SIDECAR_ENDING)


def _empty_row(address: str, credit: Credit) -> Post:
    return Post(
        post_id=digest.seed_of(0, "folder", address),
        md5="",
        reason=None,
        sha256="",
        bytes=0,
        extension="",
        width=0,
        height=0,
        site_md5="",
        md5_match=Md5Match.NOT_GIVEN,
        tags=credit.tags,
        rating=credit.rating,
        score=None,
        source=credit.source or address,
        owner=credit.owner,
        created_at="",
        changed_at=0,
        parent_id=0,
        has_children=False,
        post_url="",
        file_url=address,
        line_url="",
        line_md5="",
    )
