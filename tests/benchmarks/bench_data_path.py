"""From addresses to shards of 256 px: irodori's scrape, clean and pack beside img2dataset.

Both fetch the same mixed pictures from the same server on the loopback (nginx where it is
installed), in turn, several times, as whole programs: imports and all their processes count.
Ours also verifies, fingerprints, finds duplicates, splits, and keeps the originals.
Of ours only the pictures that it has to fetch count: GIFs it never asks for, and equal files once.
Beside that, what clean and pack take is held against the floor: the fastest known way of each
step, on one thread, on the same pictures (`floor_child.py`).

    python tests/benchmarks/bench_data_path.py [--img2dataset PYTHON] [--folder DIR]
        [--pictures N] [--repeats N]
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from measure import HERE, run_child, show, spread, tell
from mixed_board import serve_mixed, url_of
from mixed_pictures import COUNT, SEED, Made, make
from process_tree import Taken, run_tree

WORKERS = 2
SHARDS = 4
"""img2dataset gets so many, two for each of its processes."""
FIGURES = {
    "Pictures per CPU-second": lambda taken, pictures: pictures / taken.cpu_seconds,
    "Pictures per second": lambda taken, pictures: pictures / taken.wall_seconds,
    "Peak memory of all processes, MiB": lambda taken, _: taken.peak_mib,
    "Peak memory of the largest process, MiB": lambda taken, _: taken.largest_mib,
}
Found = dict[str, dict[str, dict[str, float]]]
"""By figure, and what it is a figure of: its spread."""
STAGES = ("start", "scrape", "clean", "pack")


@dataclass(slots=True)
class Rounds:
    """What each program took, round by round."""

    ours: list[Taken] = field(default_factory=list)
    theirs: list[Taken] = field(default_factory=list)
    floors: list[dict[str, float]] = field(default_factory=list)


def main() -> None:
    """Measure, and tell the numbers with their spread."""
    asked = _asked()
    with tempfile.TemporaryDirectory(dir=asked.folder) as kept:
        made = make(Path(asked.pictures_folder or kept), asked.pictures)
        rounds = Rounds()
        with serve_mixed(made) as address:
            for number in range(asked.repeats):
                # All stay to the end: a disk is slower for a while where much was just deleted.
                folder = Path(kept, f"round-{number}")
                folder.mkdir()
                rounds.ours.append(_ours(address, folder, made))
                if asked.img2dataset:
                    rounds.theirs.append(_theirs(asked.img2dataset, address, folder, made))
                sys.stderr.write(f"round {number + 1} of {asked.repeats}\n")
                rounds.floors.append(_floor(made))
    _report(rounds, made)


def _ours(address: str, folder: Path, made: Made) -> Taken:
    section = {
        "base_url": address,
        "tags": [],
        "max_posts": len(made.pictures),
        "line_art": False,
        "requests_per_second": 1_000_000,
    }
    script = str(HERE / "data_path_child.py")
    return run_tree([sys.executable, script, f"{folder}/root", json.dumps(section), str(WORKERS)])


def _theirs(python: str, address: str, folder: Path, made: Made) -> Taken:
    listing = folder / "urls.txt"
    listing.write_text("\n".join(url_of(picture, address) for picture in made.pictures))
    samples = -(-len(made.pictures) // SHARDS)
    script = str(HERE / "img2dataset_whole_child.py")
    return run_tree([python, script, str(listing), f"{folder}/theirs", str(samples)])


def _floor(made: Made) -> dict[str, float]:
    home, count = str(made.folder.parent), str(len(made.pictures))
    taken: dict[str, float] = run_child("floor_child.py", home, count, str(SEED))["cpu_seconds"]
    return taken


def _report(rounds: Rounds, made: Made) -> None:
    fetched = sum(each.role != "exact" and each.kind != "gif" for each in made.pictures)
    found = _compared(rounds, len(made.pictures), fetched) | _broken_down(rounds)
    for title, rows in found.items():
        columns = ["min", "median", "max"]
        show(title, columns, {name: [*row.values()] for name, row in rows.items()})
    ours = rounds.ours[-1].told
    merged = _merged(made, set(ours["near_duplicates"]))
    show("Merged with the picture that it is made of", ["merged", "of"], merged)
    told = {
        "pictures": len(made.pictures),
        "fetched": fetched,
        "merged": merged,
        "counts": {name: ours[name]["counts"] for name in STAGES},
        "theirs": rounds.theirs[-1].told if rounds.theirs else None,
    }
    tell({"benchmark": "data_path", **told, **found})


def _compared(rounds: Rounds, pictures: int, fetched: int) -> Found:
    programs = {"irodori": (rounds.ours, fetched)}
    if rounds.theirs:
        programs["img2dataset"] = (rounds.theirs, pictures)
    return {
        figure: {
            name: spread([of(taken, count) for taken in takens])
            for name, (takens, count) in programs.items()
        }
        for figure, of in FIGURES.items()
    }


def _broken_down(rounds: Rounds) -> Found:
    """Give what each stage of ours took, and the floor of the two that work on pictures."""
    stages = {name: spread([_stage(taken, name) for taken in rounds.ours]) for name in STAGES}
    steps = {name: spread([each[name] for each in rounds.floors]) for name in rounds.floors[0]}
    floors = [sum(each.values()) for each in rounds.floors]
    works = [_stage(taken, "clean") + _stage(taken, "pack") for taken in rounds.ours]
    shares = [100 * floor / work for floor, work in zip(floors, works, strict=True)]
    return {
        "CPU-seconds of irodori, by stage": stages,
        "CPU-seconds of the floor, by step": steps,
        "The floor, in percent of clean and pack": {"irodori": spread(shares)},
    }


def _merged(made: Made, dropped: set[str]) -> dict[str, list[int]]:
    """Count near-duplicates (all should be merged) and variants (none should)."""
    found = {}
    for role in ("near", "variant"):
        pairs = [(each.number, each.of) for each in made.pictures if each.role == role]
        gone = [any(made.md5s[number] in dropped for number in pair) for pair in pairs]
        found[role] = [sum(gone), len(pairs)]
    return found


def _stage(taken: Taken, name: str) -> float:
    return float(taken.told[name]["cpu_seconds"])


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--img2dataset", metavar="PYTHON", help="the Python that has img2dataset")
    parser.add_argument("--folder", help="where both write; in memory (/dev/shm), fsync is free")
    parser.add_argument(
        "--pictures", type=int, default=COUNT, help="how many (default: %(default)s)"
    )
    parser.add_argument("--pictures-folder", help="where made pictures are kept for the next time")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
