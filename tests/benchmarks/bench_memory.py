"""Peak memory of a scrape against the number of posts; the pictures are tiny.

python tests/benchmarks/bench_memory.py [--posts 1000 10000]
"""

import argparse
import json
import tempfile

from light_board import build_light_board
from measure import run_child, show, tell

from scraper.sample_booru.serving import serve_app


def main() -> None:
    """Measure each board, and tell the peaks side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, nargs="+", default=[1000, 10_000])
    found = {posts: _peak(posts) for posts in parser.parse_args().posts}
    rows = {f"{posts} posts": list(taken.values()) for posts, taken in found.items()}
    columns = ["originals", "at the start, MiB", "peak, MiB", "CPU, s"]
    show("Memory of a scrape", columns, rows)
    tell({"benchmark": "memory", "unit": "MiB", "posts": found})


def _peak(posts: int) -> dict[str, float]:
    with serve_app(build_light_board(posts)) as address, tempfile.TemporaryDirectory() as root:
        section = {
            "base_url": address,
            "tags": [],
            "max_posts": posts,
            "line_art": False,
            "requests_per_second": 1000,
        }
        taken = run_child("scrape_child.py", root, json.dumps(section))
    return {
        "originals": taken["counts"]["originals"],
        "start": round(taken["start_kib"] / 1024, 1),
        "peak": round(taken["peak_kib"] / 1024, 1),
        "cpu_seconds": round(taken["cpu_seconds"], 1),
    }


if __name__ == "__main__":
    main()
