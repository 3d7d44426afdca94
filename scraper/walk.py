"""The walk from new to old, page by page, each page one part of the table.

A page is known only when the one before it is, so the pages go one after the other; within a page
the pictures come over a few connections. Beside the listing goes what the snapshot before knew:
known posts are renewed and their pictures left in peace, what is missing gets a tombstone.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from upath import UPath

from scraper import refresh
from scraper.download import Downloader
from scraper.journal import Journal
from scraper.known import Before, Look
from scraper.listed import ListedPost
from scraper.safebooru import SafebooruClient
from scraper.tombstones import tombstones
from storage import manifest
from storage.layout import number_of, part_name, parts_in
from storage.progress import Advance
from storage.records import Contract, Post

logger = logging.getLogger(__name__)

KNOWN_AT_ONCE = 25
"""A worker renews at most so many known posts in one go: most ask for nothing."""


@dataclass(slots=True)
class Walk:
    """One walk over a site's posts; what it counts so far is in `counts`."""

    folder: UPath
    look: Look
    client: SafebooruClient
    downloader: Downloader
    pool: ThreadPoolExecutor
    advance: Advance
    counts: Counter[str] = field(default_factory=Counter)
    fetched: int = 0

    def go(self) -> Counter[str]:
        """Write one part a page until there are enough posts or no more, and count them."""
        number, below = 0, None
        for path in parts_in(self.folder):
            if path.name != part_name(number):
                self._fill(self.folder / part_name(number), below, path)
            below, number = self._read(path), number_of(path) + 1
            if self._has_enough():
                return self.counts
        while True:
            path = self.folder / part_name(number)
            below = self._write(path, below)
            number += path.exists()
            if below is None or self._has_enough():
                return self.counts

    def _has_enough(self) -> bool:
        """Whether to stop: never before all that is known was looked for."""
        is_full = self.counts["originals"] >= self.downloader.config.max_posts
        return is_full and self.downloader.known.are_passed

    def _read(self, path: UPath) -> int:
        """Count a part that is there; give the id below which the walk goes on."""
        rows = manifest.read_table(path, Contract.POSTS, Post)
        _journal_of(path).unlink(missing_ok=True)
        self.advance(_num_originals(rows))
        self._count(rows, self.downloader.known.down_to(rows[-1].post_id))
        return rows[-1].post_id

    def _fill(self, path: UPath, below: int | None, behind: UPath) -> None:
        """Write a part that was lost: all posts down to the first one of the part behind it.

        Pages may be cut otherwise by now, so that one alone would hold too few posts or too many.
        """
        bound = manifest.read_table(behind, Contract.POSTS, Post)[0].post_id
        listed = list[ListedPost]()
        while page := self.client.page(below).posts:
            listed += [post for post in page if post.post_id > bound]
            below = page[-1].post_id
            if below <= bound:
                break
        self._put(path, listed, bound + 1)

    def _write(self, path: UPath, below: int | None) -> int | None:
        """Write the part of the next page; give the id to go on below, None at the end."""
        listed = self.client.page(below).posts
        if not listed and below is None:
            return None
        rows = self._put(path, listed, listed[-1].post_id if listed else 0)
        if not listed:
            return None
        return rows[-1].post_id if rows else listed[-1].post_id

    def _put(self, path: UPath, listed: Sequence[ListedPost], down_to: int) -> list[Post]:
        """Write the rows of what is listed, and of what was known of the site down to an id."""
        before = self.downloader.known.down_to(down_to)
        rows = self._rows(listed, before, _journal_of(path))
        if rows:
            manifest.write_table(path, Contract.POSTS, rows, Post)
            logger.info("wrote part=%s listed=%d", path.stem, len(listed))
        _journal_of(path).unlink(missing_ok=True)
        self._count(rows, before)
        return rows

    def _count(self, rows: Sequence[Post], before: Before) -> None:
        self.counts.update(refresh.counts_of(rows, before=before if self.look.base else None))
        self.fetched += _num_originals([row for row in rows if row.post_id not in before])
        self.downloader.known.learn(rows)

    def _rows(self, listed: Sequence[ListedPost], before: Before, path: UPath) -> list[Post]:
        """Make a page's rows: those listed, as far as wanted, and tombstones of those missing."""
        most, oldest = self.downloader.config.max_posts, self.downloader.known.oldest
        newer = [post for post in listed if post.post_id >= oldest]
        older = listed[len(newer) :]
        with Journal(path) as journal:
            fetch = partial(self._fetch, before=before, journal=journal)
            rows = fetch(newer, most - self.fetched)
            rows += fetch(older, most - self.counts["originals"] - _num_originals(rows))
        rows += tombstones(rows, list(chain(*before.values())), self.look.date)
        return sorted(rows, key=lambda row: -row.post_id)

    def _fetch(
        self, listed: Sequence[ListedPost], wanted: int, before: Before, journal: Journal
    ) -> list[Post]:
        """Renew known posts, and fetch others until there are as many originals as wanted."""
        known = [post for post in listed if post.post_id in before]
        share = -(-len(known) // self.downloader.config.connections) or 1
        rows = self._fetch_all(known, before, journal, at_once=min(share, KNOWN_AT_ONCE))
        others = [post for post in listed if post.post_id not in before]
        while others and wanted > 0:
            batch, others = others[:wanted], others[wanted:]
            # A picture listed twice is fetched once: the second post finds it in the store.
            for posts in _split_repeats(batch):
                fetched = self._fetch_all(posts, before, journal)
                self.downloader.known.learn(fetched)
                wanted -= _num_originals(fetched)
                rows += fetched
        return rows

    def _fetch_all(
        self, posts: Sequence[ListedPost], before: Before, journal: Journal, *, at_once: int = 1
    ) -> list[Post]:
        def fetch(start: int) -> list[Post]:
            return [
                self.downloader.fetch(post, before.get(post.post_id, ()), journal)
                for post in posts[start : start + at_once]
            ]

        rows = list[Post]()
        for fetched in self.pool.map(fetch, range(0, len(posts), at_once)):
            for row in fetched:
                self.advance(int(row.reason is None), post=str(row.post_id))
            rows += fetched
        return rows


def _journal_of(path: UPath) -> UPath:
    return path.with_suffix(".jsonl")


def _split_repeats(posts: Sequence[ListedPost]) -> tuple[list[ListedPost], list[ListedPost]]:
    firsts, repeats, seen = list[ListedPost](), list[ListedPost](), set[str]()
    for post in posts:
        (repeats if post.site_md5 in seen else firsts).append(post)
        if post.site_md5:
            seen.add(post.site_md5)
    return firsts, repeats


def _num_originals(rows: Sequence[Post]) -> int:
    return sum(row.reason is None for row in rows)
