"""Scrape, clean and pack, in a process of their own: ROOT, the scraper's section as JSON, workers.

What each stage takes is told one by one; `start` is the interpreter and all imports.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import cv2
from upath import UPath

from preprocessing.config import CleanConfig, PackConfig
from preprocessing.stage import VERDICTS_NAME, clean, pack
from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage import manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, StageRecord, Verdict

Part = TypeVar("Part")
Result = TypeVar("Result")


def main() -> None:
    """Run the three stages, and write one line of JSON."""
    root, section, workers = sys.argv[1:]
    layout, each = DataLayout(UPath(root)), partial(_walk, int(workers))
    taken = {"start": {"cpu_seconds": _cpu_seconds(), "counts": {}}}

    def note(name: str, run: Callable[[], StageRecord]) -> StageRecord:
        before, started = _cpu_seconds(), time.monotonic()
        record = run()
        taken[name] = {
            "cpu_seconds": _cpu_seconds() - before,
            "wall_seconds": time.monotonic() - started,
            "counts": record.counts,
        }
        return record

    config = ScraperConfig(**json.loads(section))
    scraped = note("scrape", lambda: scrape(config, layout))
    cleaned = note("clean", lambda: clean(CleanConfig(), scraped, layout, each))
    note("pack", lambda: pack(PackConfig(), cleaned, layout, each))
    told = taken | {"near_duplicates": _near_duplicates(cleaned, layout)}
    sys.stdout.write(json.dumps(told) + "\n")


def _near_duplicates(cleaned: StageRecord, layout: DataLayout) -> list[str]:
    """Give the md5 of each picture that was dropped for a better copy."""
    table = layout.stage(Stage.CLEAN, cleaned.key) / VERDICTS_NAME
    verdicts = manifest.read_table(table, Contract.VERDICTS, Verdict)
    return [each.md5 for each in verdicts if each.reason is DropReason.NEAR_DUPLICATE]


def _walk(
    workers: int,
    name: str,
    function: Callable[[Part], Result],
    parts: Sequence[Part],
    done: Callable[[Part], None] = lambda _: None,
) -> list[Result]:
    """Walk over parts with so many threads at once, as the flows do by default."""

    def work(part: Part) -> Result:
        result = function(part)
        done(part)
        return result

    cv2.setNumThreads(1)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, parts))


def _cpu_seconds() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(each) for each in whose]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
