"""What a refresh costs: the first run on N pictures, then one more look that finds 1 % new ones.

Scrape, clean and pack as whole programs, against one board whose list grows in between. How many
shards the second version took over, byte by byte, is told beside.

    python tests/benchmarks/bench_refresh.py [--pictures N] [--pictures-folder DIR] [--folder DIR]
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from measure import run_child, show, tell
from mixed_board import build_mixed
from mixed_pictures import SEED, Made, make
from starlette.types import ASGIApp, Receive, Scope, Send

from scraper.sample_booru.serving import serve_app

STAGES = ("start", "scrape", "clean", "pack")
WORKERS = "2"


class Growing:
    """A board that shows the app of the moment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def main() -> None:
    """Measure both runs, and tell the numbers."""
    asked = _asked()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        made = make(Path(asked.pictures_folder or f"{folder}/pictures"), asked.pictures, SEED)
        known = asked.pictures - max(1, asked.pictures // 100)
        board, root = Growing(build_mixed(_first(made, known))), f"{folder}/root"
        with serve_app(board) as address:
            first = _run(root, address, "1", known)
            board.app = build_mixed(made)
            second = _run(root, address, "2", asked.pictures)
        shards = [_shards(path) for path in sorted(Path(root).glob("pack/*"), key=_age)]
    rows = {name: [first[name], second[name]] for name in (*STAGES, "all")}
    same = len(shards[0] & shards[1])
    show(f"CPU-seconds ({known} pictures, then 1 % more)", ["first", "refresh"], rows)
    sys.stderr.write(f"shards taken over: {same} of {len(shards[0])}\n")
    share = second["all"] / first["all"]
    told = {"first": first, "refresh": second, "share": share, "taken_over": same}
    tell({"benchmark": "refresh", "pictures": known, "shards": len(shards[0]), **told})


def _first(made: Made, count: int) -> Made:
    return replace(made, pictures=made.pictures[:count], md5s=made.md5s[:count])


def _run(root: str, address: str, snapshot: str, pictures: int) -> dict[str, float]:
    section = {
        "base_url": address,
        "tags": [],
        "snapshot": snapshot,
        "max_posts": pictures,
        "line_art": False,
        "requests_per_second": 1_000_000,
    }
    taken = run_child("data_path_child.py", root, json.dumps(section), WORKERS)
    found = {name: round(taken[name]["cpu_seconds"], 2) for name in STAGES}
    return found | {"all": round(sum(found.values()), 2)}


def _shards(folder: Path) -> set[tuple[str, int]]:
    """Name a version's shards with their files on the disk, which those taken over share."""
    return {(path.name, path.stat().st_ino) for path in folder.glob("*.tar")}


def _age(folder: Path) -> float:
    return (folder / "stage.json").stat().st_mtime


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--pictures-folder", help="where the pictures are kept between runs")
    parser.add_argument("--folder", help="where the data goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
