"""A worker of another machine: it scrapes a site into a root of its own behind the gate."""

import logging
import sys

from flows import gate
from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage.layout import DataLayout

if __name__ == "__main__":
    address, root, name = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    config = ScraperConfig(
        base_url=address,
        tags=(),
        max_posts=15,
        requests_per_second=20,
        allow_private_addresses=True,
        user_agent=name,
    )
    scrape(config, DataLayout.at(root), gate.passed)
