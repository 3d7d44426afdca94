"""scrape(): the site's posts, page by page, each page one part of the table.

A page is known only when the one before it is, so the pages go one after the other; within a page
the pictures come over a few connections. A run that was killed goes on behind its last part.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

from upath import UPath

from scraper.config import SAMPLE, ScraperConfig
from scraper.download import Downloader
from scraper.listed import ListedPost
from scraper.safebooru import SafebooruClient
from scraper.sample_booru.serving import serve
from scraper.session import SiteSession
from storage import ledger, manifest
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.progress import Advance, watch
from storage.records import Contract, Post, StageRecord

logger = logging.getLogger(__name__)

FetchAll = Callable[[Sequence[ListedPost]], list[Post]]


def scrape(config: ScraperConfig, layout: DataLayout) -> StageRecord:
    """Fetch posts and originals from the site, newest first, until there are enough.

    Raises:
        BadInput: no post fits the tags.
        SiteError: the site cannot be used as it answers; what was fetched is kept.
    """
    opened = ledger.open_stage(Stage.SCRAPE, config, inputs={}, layout=layout)
    if opened.finished:
        return opened.finished

    # A real site does not say how many of its posts have an original; the sample booru is small.
    is_sample = config.base_url == SAMPLE
    total = min(config.max_posts, config.sample_posts) if is_sample else config.max_posts
    with (
        _site(config) as base_url,
        ThreadPoolExecutor(config.connections, thread_name_prefix="scrape") as pool,
        SiteSession(base_url, config) as session,
        watch("scrape", total) as advance,
    ):
        downloader = Downloader(session, layout, config)

        def fetch_all(posts: Sequence[ListedPost]) -> list[Post]:
            rows = []
            for row in pool.map(downloader.fetch, posts):
                advance(int(row.reason is None), post=str(row.post_id))
                rows.append(row)
            return rows

        client = SafebooruClient(session, config.tags)
        counts = _write_parts(opened.folder, client, fetch_all, advance, config.max_posts)

    if not counts["listed"]:
        raise BadInput(f"{config.base_url}: no post has the tags {' '.join(config.tags)!r}")
    return opened.seal(counts)


@contextmanager
def _site(config: ScraperConfig) -> Iterator[str]:
    if config.base_url != SAMPLE:
        yield config.base_url
        return
    with serve(config.sample_posts) as base_url:
        yield base_url


def _write_parts(
    folder: UPath, client: SafebooruClient, fetch_all: FetchAll, advance: Advance, max_posts: int
) -> Counter[str]:
    """Write one part a page until there are enough posts or no more, and count them."""
    counts = Counter[str]()
    below: int | None = None
    for number in count():
        path = folder / f"part-{number:05d}.parquet"
        if path.exists():
            rows = manifest.read_table(path, Contract.POSTS, Post)
            advance(_num_originals(rows))
        else:
            listed = client.page(below).posts
            rows = _fetch_page(listed, max_posts - counts["originals"], fetch_all)
            if not rows:
                break
            manifest.write_table(path, Contract.POSTS, rows, Post)
            logger.info("wrote part=%d listed=%d", number, len(rows))
        counts.update(_counts(rows))
        below = rows[-1].post_id
        if counts["originals"] >= max_posts:
            break
    return counts


def _fetch_page(listed: Sequence[ListedPost], wanted: int, fetch_all: FetchAll) -> list[Post]:
    """Fetch a page's posts in their order, until there are as many originals as wanted."""
    rows: list[Post] = []
    while listed and wanted > 0:
        batch, listed = listed[:wanted], listed[wanted:]
        firsts, repeats = _split_repeats(batch)
        # A picture listed twice is fetched once: the second post finds it in the store.
        fetched = {row.post_id: row for row in [*fetch_all(firsts), *fetch_all(repeats)]}
        rows += [fetched[post.post_id] for post in batch]
        wanted -= _num_originals(fetched.values())
    return rows


def _split_repeats(posts: Sequence[ListedPost]) -> tuple[list[ListedPost], list[ListedPost]]:
    firsts, repeats, seen = list[ListedPost](), list[ListedPost](), set[str]()
    for post in posts:
        (repeats if post.site_md5 in seen else firsts).append(post)
        if post.site_md5:
            seen.add(post.site_md5)
    return firsts, repeats


def _num_originals(rows: Iterable[Post]) -> int:
    return sum(row.reason is None for row in rows)


def _counts(rows: Sequence[Post]) -> Counter[str]:
    kept = [row for row in rows if row.reason is None]
    counts = Counter[str](row.reason.value for row in rows if row.reason)
    counts.update(f"md5_{row.md5_match.value}" for row in kept)
    counts["listed"] = len(rows)
    counts["originals"] = len(kept)
    counts["line_art"] = sum(bool(row.line_md5) for row in kept)
    counts["bytes"] = sum(row.bytes for row in kept)
    return counts
