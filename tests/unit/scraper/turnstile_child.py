"""Another process that scrapes a site into a root of its own, and logs to standard output."""

import logging
import sys

from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage.layout import DataLayout

if __name__ == "__main__":
    address, root, snapshot = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    config = ScraperConfig(
        base_url=address,
        tags=(),
        snapshot=snapshot,
        max_posts=15,
        requests_per_second=20,
        allow_private_addresses=True,
    )
    scrape(config, DataLayout.at(root))
