"""The scraper's downloads alone, in a process of their own: ROOT and the section as JSON.

The posts are listed first, and no table is written; what is measured is what each picture takes,
from its address to the image store and the page's journal.
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from upath import UPath

from scraper.config import ScraperConfig
from scraper.download import Downloader
from scraper.journal import Journal
from scraper.known import KnownPosts
from scraper.listed import ListedPost
from scraper.safebooru import SafebooruClient
from scraper.session import SiteSession
from storage import takedowns
from storage.layout import DataLayout


def main() -> None:
    """Download, and write one line of JSON."""
    root, section = sys.argv[1:]
    config, layout = ScraperConfig(**json.loads(section)), DataLayout(UPath(root))
    with (
        ThreadPoolExecutor(config.connections) as pool,
        SiteSession(config.base_url, config) as session,
        Journal(layout.root / "journal") as journal,
    ):
        posts = _listed(SafebooruClient(session, config.tags), config.max_posts)
        downloader = Downloader(
            session, layout, config, takedowns.read(layout), KnownPosts(None, layout), look=0
        )
        fetch = partial(downloader.fetch, known=(), journal=journal)
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        rows = list(pool.map(fetch, posts))
        after = resource.getrusage(resource.RUSAGE_SELF)
    taken = {
        "pictures": sum(row.reason is None for row in rows),
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall_seconds": time.monotonic() - started,
    }
    sys.stdout.write(json.dumps(taken) + "\n")


def _listed(client: SafebooruClient, most: int) -> list[ListedPost]:
    """List the newest posts, each picture once."""
    found: dict[str, ListedPost] = {}
    below: int | None = None
    while len(found) < most and (posts := client.page(below).posts):
        for post in posts:
            found.setdefault(post.site_md5, post)
        below = posts[-1].post_id
    return list(found.values())[:most]


if __name__ == "__main__":
    main()
