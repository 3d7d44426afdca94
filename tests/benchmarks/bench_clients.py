"""Independent clients against the sample booru: do they get every picture, byte for byte?

Both are separate programs in an environment of their own (`--clients` is its Python), and use
their own code for safebooru: gallery-dl asks for XML, image-crawler-utils for the list page and
JSON. Each runs twice: gallery-dl remembers what it has, the other one keeps no record.

    python tests/benchmarks/bench_clients.py --clients .bench-venv/bin/python
"""

import argparse
import hashlib
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from ear import Ear
from measure import HERE, environment, show, tell

from scraper.sample_booru.board import build_board
from scraper.sample_booru.collection import Entry
from scraper.sample_booru.gallery import Gallery
from scraper.sample_booru.search import search
from scraper.sample_booru.serving import serve_app

POSTS = 600
TIMEOUT_SECONDS = 120
TAGS = {"gallery-dl": "person", "image-crawler-utils": "face"}
"""Tags that none of the board's few bad files has."""
NUM_OLDEST = {"gallery-dl": 50}
"""Only so many of the posts are asked for, by `id:<N`; the other client knows tags alone."""


def main() -> None:
    """Run each client twice, and tell what it got and what it asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", metavar="PYTHON", required=True)
    python = Path(parser.parse_args().clients).absolute()
    gallery, ear = Gallery(POSTS), Ear(build_board(POSTS))
    found = {}
    with serve_app(ear) as address, tempfile.TemporaryDirectory() as folder:
        for name, tag in TAGS.items():
            wanted = search(gallery.entries, tag)[-NUM_OLDEST.get(name, POSTS) :]
            bound = f" id:<{wanted[0].post_id + 1}" if name in NUM_OLDEST else ""
            query = tag + bound
            out = Path(folder) / name
            command = _commands(python, address, query, out)[name]
            first = _run(command, ear)
            got = Counter(_md5(path) for path in out.rglob("*.*") if path.suffix in PICTURES)
            again = _run(command, ear)
            found[name] = {
                "wanted": len(wanted),
                "equal_md5": (got & _truth(gallery, wanted)).total(),
                "files": got.total(),
                "exit": [first["exit"], again["exit"]],
                "requests": first["requests"],
                "pictures_asked_again": again["pictures"],
            }
    show("Independent clients", [*next(iter(found.values()))], _rows(found))
    tell({"benchmark": "clients", **found})


PICTURES = {".png", ".jpg", ".jpeg", ".webp"}


def _commands(python: Path, address: str, query: str, out: Path) -> dict[str, list[str]]:
    out.mkdir()
    config = out.with_suffix(".json")
    config.write_text(json.dumps(_gallery_dl_config(address, out)))
    listing = f"{address}/index.php?page=post&s=list&tags={query.replace(' ', '+')}"
    gallery_dl = [str(python), "-m", "gallery_dl", "--config-ignore", "-c", str(config), listing]
    script = str(HERE / "image_crawler_utils_child.py")
    return {
        "gallery-dl": gallery_dl,
        "image-crawler-utils": [str(python), script, address, query, str(out)],
    }


def _gallery_dl_config(address: str, out: Path) -> dict[str, object]:
    host = address.removeprefix("http://")
    instance = {"root": address, "pattern": host.replace(".", "\\.")}
    return {
        "extractor": {
            "base-directory": str(out),
            "archive": str(out.with_suffix(".sqlite3")),
            "retries": 4,
            "sleep-429": 2,
            "gelbooru_v02": {"localbooru": instance},
        },
        "cache": {"file": ":memory:"},
    }


def _run(command: list[str], ear: Ear) -> dict[str, int]:
    ear.forget()
    done = subprocess.run(
        command,
        env=environment(),
        check=False,
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_SECONDS,
    )
    return {
        "exit": done.returncode,
        "requests": len(ear.paths),
        "pictures": len(ear.originals()),
    }


def _truth(gallery: Gallery, wanted: list[Entry]) -> Counter[str]:
    return Counter(gallery.name(entry).md5 for entry in wanted)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def _rows(found: dict[str, dict[str, object]]) -> dict[str, list[object]]:
    return {name: list(numbers.values()) for name, numbers in found.items()}


if __name__ == "__main__":
    main()
