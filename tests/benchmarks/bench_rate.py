"""Requests in any 10 seconds at the default pace, counted at the server.

python tests/benchmarks/bench_rate.py [--seconds 40]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time

from ear import Ear
from light_board import build_light_board
from measure import HERE, environment, show, tell

from scraper.config import ScraperConfig
from scraper.sample_booru.serving import serve_app

WINDOW_SECONDS = 10.0
POSTS = 1000


def main() -> None:
    """Let a scrape run for a while, end it, and count what the server heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    asked = parser.parse_args()
    ear = Ear(build_light_board(POSTS))
    with serve_app(ear) as address, tempfile.TemporaryDirectory() as root:
        section = json.dumps({"base_url": address, "tags": [], "line_art": False})
        child = subprocess.Popen(
            [sys.executable, str(HERE / "scrape_child.py"), root, section], env=environment()
        )
        while not ear.times:
            time.sleep(0.01)
        time.sleep(asked.seconds)
        child.kill()
        child.wait()
    gaps = [later - earlier for earlier, later in zip(ear.times, ear.times[1:], strict=False)]
    found = {
        "requests": len(ear.times),
        "most_in_10_s": most_in_a_window(ear.times),
        "allowed_in_10_s": ScraperConfig().requests_per_second * WINDOW_SECONDS,
        "shortest_gap_seconds": round(min(gaps), 4),
    }
    show(f"The default pace, heard for {asked.seconds:g} s", [*found], {"": list(found.values())})
    tell({"benchmark": "rate", "seconds": asked.seconds, **found})


def most_in_a_window(times: list[float]) -> int:
    """Give the most requests that any window of ten seconds holds."""
    return max(sum(start <= t < start + WINDOW_SECONDS for t in times) for start in times)


if __name__ == "__main__":
    main()
