"""What the newest finished snapshot of the same search knows, and the look that builds on it.

Its table and the site's listing both fall by id, so they are read side by side: what stays in
memory is one part, and the pictures whose bytes are not those that the site states.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from upath import UPath

from scraper.config import ScraperConfig
from scraper.journal import Answer
from storage import files, ledger, manifest
from storage.errors import CorruptFile, MissingInput
from storage.layout import LOOK_NAME, DataLayout
from storage.ledger import Stage
from storage.records import DropReason, Post, StageRecord
from storage.section import absolute

logger = logging.getLogger(__name__)

Before = Mapping[int, Sequence[Post]]
"""By its id, the rows of a post in the base, never none: the present one first, then those of
originals that were replaced."""

MAY_HEAL = frozenset(
    {DropReason.GHOST, DropReason.GONE, DropReason.UNREACHABLE, DropReason.VANISHED}
)
"""Reasons that a new snapshot does not take for granted."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a site: the key of the snapshot it builds on (empty: none), and its date.

    `number` counts the looks before this one, back to the first.
    """

    site: str
    base: str
    date: str
    number: int


def pin(folder: UPath, config: ScraperConfig, layout: DataLayout) -> Look:
    """Give the look of a snapshot, decided when it starts: a killed one goes on with the same."""
    path = folder / LOOK_NAME
    if path.exists():
        return _read(path)
    base = _newest(config, layout, apart_from=folder.name)
    number = look_of(base, layout).number + 1 if base else 0
    today = datetime.now(UTC).date().isoformat()
    look = Look(config.site, base.key if base else "", today, number)
    files.write_json(path, asdict(look))
    return look


def look_of(record: StageRecord, layout: DataLayout) -> Look:
    """Give the look of a finished snapshot.

    Raises:
        CorruptFile: it cannot be read.
        MissingInput: it is gone.
    """
    return _read(layout.stage(Stage.SCRAPE, record.key) / LOOK_NAME)


def base_of(look: Look, layout: DataLayout) -> StageRecord | None:
    """Give the record of the snapshot that a look builds on.

    Raises:
        MissingInput: it was there when the look began, and is gone.
    """
    if not look.base:
        return None
    base = ledger.find(layout, Stage.SCRAPE, look.base)
    if base is None:
        raise MissingInput(
            f"{layout.stage(Stage.SCRAPE, look.base)}: the snapshot that this one builds on is gone"
            " or damaged; name a new one (--scraper.snapshot NAME)"
        )
    return base


def rows_before(look: Look, layout: DataLayout) -> list[Post]:
    """Give the rows of the snapshot that a look builds on; none without one."""
    base = base_of(look, layout)
    return list(manifest.rows_of(base, layout, Post)) if base else []


@dataclass(frozen=True, slots=True)
class Original:
    """The columns of a post's row that tell what its address serves."""

    post_id: int
    md5: str
    sha256: str
    bytes: int
    extension: str
    site_md5: str


class KnownPosts:
    """The rows of the base, walked down beside the site's listing."""

    def __init__(self, base: StageRecord | None, layout: DataLayout) -> None:
        self.oldest = 0
        self.served: dict[str, Answer] = {}
        """By the md5 that the site states: what it serves, where that is something else."""
        self._max_bytes = int(base.settings["max_bytes"]) if base else 0
        if base:
            for row in manifest.rows_of(base, layout, Original):
                self.oldest = row.post_id
                self.learn([row])
        self._rows = manifest.rows_of(base, layout, Post) if base else iter(())
        self._next = next(self._rows, None)

    @property
    def are_passed(self) -> bool:
        """Whether all known posts lie behind (at once, if there are none)."""
        return self._next is None

    def down_to(self, post_id: int) -> Before:
        """Take the next rows, as far as their ids are not below a bound."""
        taken = defaultdict[int, list[Post]](list)
        while self._next and self._next.post_id >= post_id:
            taken[self._next.post_id].append(self._next)
            self._next = next(self._rows, None)
        return dict(taken)

    def learn(self, rows: Iterable[Post | Original]) -> None:
        """Remember which pictures are not what the site states."""
        for row in rows:
            if row.md5 and row.site_md5 and row.md5 != row.site_md5:
                self.served[row.site_md5] = answer_of(row)

    def healing(self, config: ScraperConfig) -> frozenset[DropReason]:
        """Give the reasons for which a known post is asked for again."""
        is_roomier = config.max_bytes > self._max_bytes
        return MAY_HEAL | ({DropReason.TOO_LARGE} if is_roomier else set())


def answer_of(row: Post | Original) -> Answer:
    """Give the original that a row tells of."""
    return Answer(row.md5, row.sha256, row.bytes, row.extension)


def _read(path: UPath) -> Look:
    way_out = "put it back from a copy, or scrape a new snapshot (--scraper.snapshot NAME)"
    try:
        return Look(**files.read_facts(path))
    except FileNotFoundError as error:
        raise MissingInput(f"{path}: is gone; {way_out}") from error
    except TypeError as error:
        raise CorruptFile(f"{path}: tells of no look at a site; {way_out}") from error


def _newest(config: ScraperConfig, layout: DataLayout, apart_from: str) -> StageRecord | None:
    """Find the newest finished snapshot of the same site and tags.

    That is the one behind most looks, whatever the clock said meanwhile. One that builds on the
    snapshot which is made now was there before, and cannot be its base.
    """
    listed = ledger.listed(layout, Stage.SCRAPE)
    for line in listed.unreadable:
        logger.warning("not built on: %s", line)
    found = []
    for record in listed.records:
        if record.key == apart_from or not _is_same(record.settings, config):
            continue
        try:
            number = look_of(record, layout).number
        except (CorruptFile, MissingInput) as error:
            logger.warning("not built on: %s", error)
            continue
        found.append((number, record))
    newest_first = (record for _, record in sorted(found, key=lambda one: one[0], reverse=True))
    return next(
        (
            record
            for record in newest_first
            if ledger.find(layout, Stage.SCRAPE, record.key)
            and apart_from not in _bases(record, layout)
        ),
        None,
    )


def _bases(record: StageRecord, layout: DataLayout) -> Iterator[str]:
    """Give the keys of all snapshots that one builds on, as far back as they are there."""
    seen = {record.key}
    path = layout.stage(Stage.SCRAPE, record.key) / LOOK_NAME
    while path.exists() and (base := _read(path).base) not in {"", *seen}:
        yield base
        seen.add(base)
        path = layout.stage(Stage.SCRAPE, base) / LOOK_NAME


def _is_same(settings: dict[str, object], config: ScraperConfig) -> bool:
    mine = config.settings()
    # Records of before folders were named in one way may name it as it was typed.
    theirs = settings | {"folder": absolute(str(settings.get("folder", "")))}
    names = ("folder",) if config.folder else ("base_url", "tags", "folder")
    return all(theirs.get(name) == mine[name] for name in names)
