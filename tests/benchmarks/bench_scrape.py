"""Pictures per CPU-second of the client: irodori's scrape beside img2dataset's download part.

Both ask the same addresses of the same board, in turn, several times. The board is served by
this process, and drawn beforehand, so that only the client's own CPU time is counted.
Ours comes twice: the downloads alone (checked addresses, two hashes, whole writes with fsync, a
journal), and the whole stage, which lists the posts and writes the table too. Theirs is its
download part alone; it writes without fsync.

    python tests/benchmarks/bench_scrape.py [--img2dataset PYTHON] [--folder DIR]
        [--pictures N] [--repeats N]
"""

import argparse
import json
import tempfile
from pathlib import Path

from ear import Ear
from measure import run_child, show, spread, tell

from scraper.sample_booru.board import build_board
from scraper.sample_booru.serving import serve_app

OLDEST_POSTS = 40
"""The board's few bad files are among its oldest posts, which a scrape does not come to."""
THREADS = {"irodori": 2, "img2dataset": 8}

Measured = dict[str, list[float]]


def main() -> None:
    """Measure, and tell the numbers with their spread."""
    asked = _asked()
    ear = Ear(build_board(asked.pictures + OLDEST_POSTS))
    measured: Measured = {}
    with serve_app(ear) as address, tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        _scrape(address, f"{folder}/warm", asked.pictures)
        urls = Path(folder) / "urls.txt"
        urls.write_text("\n".join(address + path for path in ear.originals()))
        for number in range(asked.repeats):
            ear.forget()
            cpu_seconds = _scrape(address, f"{folder}/stage-{number}", asked.pictures)
            files = len(ear.originals())
            _note(measured, "irodori, whole stage", files, cpu_seconds)
            section = _section(address, files)
            taken = run_child("download_child.py", f"{folder}/downloads-{number}", section)
            _note(measured, "irodori, downloads", taken["pictures"], taken["cpu_seconds"])
            for hashed in ("none", "sha256") if asked.img2dataset else ():
                out = f"{folder}/theirs-{hashed}-{number}"
                taken = run_child(
                    "img2dataset_child.py",
                    *(out, str(THREADS["img2dataset"]), hashed, str(urls)),
                    python=asked.img2dataset,
                )
                name = f"img2dataset, hash {hashed}"
                _note(measured, name, taken["pictures"], taken["cpu_seconds"])
    _report(measured, files, asked.repeats)


def _scrape(address: str, root: str, pictures: int) -> float:
    taken = run_child("scrape_child.py", root, _section(address, pictures))
    return float(taken["cpu_seconds"])


def _section(address: str, pictures: int) -> str:
    section = {
        "base_url": address,
        "tags": [],
        "max_posts": pictures,
        "line_art": False,
        "requests_per_second": 1_000_000,
        "connections": THREADS["irodori"],
    }
    return json.dumps(section)


def _note(measured: Measured, name: str, pictures: int, cpu_seconds: float) -> None:
    measured.setdefault(name, []).append(pictures / cpu_seconds)


def _report(measured: Measured, files: int, repeats: int) -> None:
    found = {name: spread(values) for name, values in measured.items()}
    rows = {name: list(numbers.values()) for name, numbers in found.items()}
    title = f"Pictures per CPU-second of the client ({files} pictures, {repeats} times)"
    show(title, ["min", "median", "max"], rows)
    tell({"benchmark": "scrape", "unit": "pictures/cpu_s", "pictures": files, **found})


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--img2dataset", metavar="PYTHON", help="the Python that has img2dataset")
    parser.add_argument("--folder", help="where both write; in memory (/dev/shm), fsync is free")
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
