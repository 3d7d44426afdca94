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
from storage.layout import part_name
from storage.progress import Advance
from storage.records import Contract, Post

logger = logging.getLogger(__name__)

KNOWN_AT_ONCE = 25
"""A worker renews so many known posts in one go: most ask for nothing, and a turn costs more."""


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
        while True:
            path = self.folder / part_name(number)
            journal = path.with_suffix(".jsonl")
            below = self._read(path) if path.exists() else self._write(path, below, journal)
            journal.unlink(missing_ok=True)
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
        self.advance(_num_originals(rows))
        self._count(rows, self.downloader.known.down_to(rows[-1].post_id))
        return rows[-1].post_id

    def _write(self, path: UPath, below: int | None, journal: UPath) -> int | None:
        """Write the part of the next page; give the id to go on below, None at the end."""
        page = self.client.page(below)
        if not page.posts and below is None:
            return None
        before = self.downloader.known.down_to(page.posts[-1].post_id if page.posts else 0)
        rows = self._rows(page.posts, before, journal)
        if rows:
            manifest.write_table(path, Contract.POSTS, rows, Post)
            logger.info("wrote part=%s listed=%d", path.stem, len(page.posts))
        self._count(rows, before)
        if not page.posts:
            return None
        return rows[-1].post_id if rows else page.posts[-1].post_id

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
        rows = self._fetch_all(known, before, journal, at_once=KNOWN_AT_ONCE)
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


def _split_repeats(posts: Sequence[ListedPost]) -> tuple[list[ListedPost], list[ListedPost]]:
    firsts, repeats, seen = list[ListedPost](), list[ListedPost](), set[str]()
    for post in posts:
        (repeats if post.site_md5 in seen else firsts).append(post)
        if post.site_md5:
            seen.add(post.site_md5)
    return firsts, repeats


def _num_originals(rows: Sequence[Post]) -> int:
    return sum(row.reason is None for row in rows)
