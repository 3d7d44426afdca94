"""A scrape in a process of its own, which tells what it took: ROOT and the section as JSON."""

import json
import resource
import sys
import time

from upath import UPath

from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage.layout import DataLayout


def main() -> None:
    """Scrape, and write one line of JSON."""
    root, section = sys.argv[1:]
    config = ScraperConfig(**json.loads(section))
    layout = DataLayout(UPath(root))
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    record = scrape(config, layout)
    after = resource.getrusage(resource.RUSAGE_SELF)
    taken = {
        "counts": record.counts,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall_seconds": time.monotonic() - started,
        "start_kib": before.ru_maxrss,
        "peak_kib": after.ru_maxrss,
    }
    sys.stdout.write(json.dumps(taken) + "\n")


if __name__ == "__main__":
    main()
