"""scrape(): a site's posts, or a folder's pictures, into the table and the image store.

A run that was killed goes on behind its last part. A new snapshot builds on the newest finished
one of the same site and tags, and asks only for what that one does not know.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext

from scraper import known, refresh, turnstile
from scraper.config import SAMPLE, ScraperConfig
from scraper.download import Downloader
from scraper.folder import Folder, tell_of_changes
from scraper.known import KnownPosts, Look
from scraper.safebooru import SafebooruClient
from scraper.session import SiteSession
from scraper.turnstile import Gate
from scraper.walk import Walk
from storage import files, ledger, takedowns
from storage.errors import BadInput
from storage.layout import LOOK_NAME, DataLayout
from storage.ledger import OpenStage, Stage
from storage.progress import watch
from storage.records import StageRecord

logger = logging.getLogger(__name__)


def scrape(config: ScraperConfig, layout: DataLayout, gate: Gate = nullcontext) -> StageRecord:
    """Take posts and originals from the site, newest first, or from a folder, until enough.

    A real site is asked behind a gate, which keeps scrapes on other machines away meanwhile.

    Raises:
        BadInput: no post fits the tags, or the folder holds no file.
        SiteError: the site cannot be used as it answers; what was fetched is kept.
    """
    opened = ledger.open_stage(Stage.SCRAPE, config, inputs={}, layout=layout)
    if opened.finished:
        if config.folder:
            tell_of_changes(config, opened.finished, layout)
        return opened.finished

    files.sweep(layout.images(), older_than_seconds=files.ABANDONED_SECONDS)
    with _alone(config, gate):
        # Who had to wait for another scrape of the site builds on what it has brought.
        look = known.pin(opened.folder, config, layout)
        from_source = _from_folder if config.folder else _from_site
        taken = from_source(config, opened, look)
        takedowns.enforce(layout)
        return opened.seal(taken, dated=[LOOK_NAME])


def settled(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Give the oldest snapshot that says what this one says: itself, unless nothing is new."""
    return refresh.settled(record, layout)


def _alone(config: ScraperConfig, gate: Gate) -> AbstractContextManager[None]:
    """Keep other scrapes off a site for the time of this one; a folder, our own board bear it."""
    if config.folder or config.base_url == SAMPLE:
        return nullcontext()
    return turnstile.passed(config.base_url, gate)


def _from_folder(config: ScraperConfig, opened: OpenStage, look: Look) -> Counter[str]:
    before = known.rows_before(look, opened.layout)
    source = Folder(config, opened.layout, takedowns.read(opened.layout), look, before)
    with watch("scrape", min(config.max_posts, len(source.posts))) as advance:
        return source.write_parts(opened.folder, advance)


def _from_site(config: ScraperConfig, opened: OpenStage, look: Look) -> Counter[str]:
    layout = opened.layout
    base = known.base_of(look, layout)
    if base:
        logger.info("builds on snapshot=%s key=%s", base.settings["snapshot"], base.key)
    # A real site does not say how many of its posts have an original; the sample booru is small.
    is_sample = config.base_url == SAMPLE
    total = min(config.max_posts, config.sample_posts) if is_sample else config.max_posts
    with (
        _site(config) as base_url,
        ThreadPoolExecutor(config.connections, thread_name_prefix="scrape") as pool,
        SiteSession(base_url, config) as session,
        watch("scrape", total) as advance,
    ):
        posts = KnownPosts(base, layout)
        downloader = Downloader(session, layout, config, takedowns.read(layout), posts, look.number)
        client = SafebooruClient(session, config.tags)
        counts = Walk(opened.folder, look, client, downloader, pool, advance).go()

    if not counts["listed"]:
        site = "the sample booru" if config.base_url == SAMPLE else config.base_url
        raise BadInput(f"{site}: no post has the tags {' '.join(config.tags)!r}")
    return counts


@contextmanager
def _site(config: ScraperConfig) -> Iterator[str]:
    if config.base_url != SAMPLE:
        yield config.base_url
        return
    # A web server and what draws its pictures: of no use beside a real site.
    from scraper.sample_booru.serving import serve  # noqa: PLC0415

    with serve(config.sample_posts) as base_url:
        yield base_url
