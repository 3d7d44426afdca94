"""Which altered pictures are taken for copies: by clean, by its hash alone, by imagehash's pHash.

Each alteration is made of every original, and a dataset of both goes through scrape and clean; a
pair is merged if one of it is dropped as a near-duplicate. Copies should be merged; variants and
recolourings should stay, in one family. Also the speed of the hash search, with `--hashes`.

    python tests/benchmarks/bench_dedup.py [--originals 40] [--hashes 20000 1000000 10000000]
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import imagehash
from alterations import COPIES, CROPS, RECOLORED, Original, drawn_originals, encoded, moji_originals
from measure import run_child, show, tell
from mixed_drawing import CHANGES
from PIL import Image
from upath import UPath

from preprocessing.config import CleanConfig
from preprocessing.stage import VERDICTS_NAME, clean
from scraper.config import ScraperConfig
from scraper.stage import scrape
from storage import manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, Verdict

SEED = 1
RADIUS = 4
THEIR_RADII = (4, 10)
"""imagehash's users often ask for the first; the second is imagededup's default."""
JUDGES = ("clean", f"our hash <= {RADIUS}", *(f"imagehash <= {radius}" for radius in THEIR_RADII))
VARIANTS = (*CHANGES, "skin")


@dataclass(frozen=True, slots=True)
class Pair:
    """What each judge says of an original and what was made of it."""

    merged: dict[str, bool]
    is_family: bool


def main() -> None:
    """Judge every alteration, and tell the shares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--originals", type=int, default=40, help="so many of each source")
    parser.add_argument("--hashes", type=int, nargs="*", default=[20_000, 1_000_000, 10_000_000])
    asked = parser.parse_args()
    originals = drawn_originals(asked.originals, SEED) + moji_originals(asked.originals)
    judged = {name: _judge(name, originals) for name in (*COPIES, *CROPS, *RECOLORED, *VARIANTS)}
    rows = {name: _shares(pairs) for name, pairs in judged.items()}
    show("Merged, percent of pairs", ["pairs", *JUDGES, "one family"], rows)
    scores = _scores(judged)
    show("Copies found, variants spared", ["precision %", "recall %"], scores)
    speeds = {f"{count:,}": _search(count) for count in asked.hashes}
    if speeds:
        columns = [*next(iter(speeds.values()))]
        show("All near pairs", columns, {name: [*row.values()] for name, row in speeds.items()})
    tell({"benchmark": "dedup", "merged": rows, "scores": scores, "search": speeds})


def _alter(name: str, original: Original) -> bytes | None:
    """Make an alteration; None where there is no such thing of this original."""
    if name in VARIANTS:
        return encoded(original.variants[name]()) if name in original.variants else None
    return {**COPIES, **CROPS, **RECOLORED}[name](original.picture)


def _judge(name: str, originals: Sequence[Original]) -> list[Pair]:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "pictures"
        folder.mkdir()
        for original in originals:
            altered = _alter(name, original)
            (folder / f"{original.name}.png").write_bytes(original.content)
            if altered is not None:
                (folder / f"{original.name}-altered").write_bytes(altered)
        return list(_pairs(folder, _verdicts(folder, Path(home) / "root")))


def _verdicts(folder: Path, root: Path) -> Mapping[str, Verdict]:
    """Clean a folder; give the verdicts by the name of the file."""
    layout = DataLayout(UPath(root))
    scraped = scrape(ScraperConfig(folder=str(folder)), layout)
    config = CleanConfig(min_side_px=64, min_colorfulness=0, duplicate_radius=RADIUS)
    record = clean(config, scraped, layout)
    table = layout.stage(Stage.CLEAN, record.key) / VERDICTS_NAME
    rows = manifest.read_table(table, Contract.VERDICTS, Verdict)
    return {row.source: row for row in rows}


def _pairs(folder: Path, verdicts: Mapping[str, Verdict]) -> Iterator[Pair]:
    for altered in sorted(folder.glob("*-altered")):
        files = (altered.with_name(altered.name.replace("-altered", ".png")), altered)
        of = [verdicts[path.name] for path in files]
        bits = (int(of[0].fingerprint, 16) ^ int(of[1].fingerprint, 16)).bit_count()
        theirs = [imagehash.phash(Image.open(path)) for path in files]
        said = [DropReason.NEAR_DUPLICATE in (each.reason for each in of), bits <= RADIUS]
        said += [theirs[0] - theirs[1] <= radius for radius in THEIR_RADII]
        yield Pair(dict(zip(JUDGES, said, strict=True)), of[0].family == of[1].family)


def _shares(pairs: Sequence[Pair]) -> list[int]:
    merged = [sum(pair.merged[judge] for pair in pairs) for judge in JUDGES]
    counts = [*merged, sum(pair.is_family for pair in pairs)]
    return [len(pairs), *(round(100 * count / len(pairs)) for count in counts)]


def _scores(judged: Mapping[str, Sequence[Pair]]) -> dict[str, list[float]]:
    """Give precision and recall over copies and what is none; crops count as neither."""
    copies = [pair for name in COPIES for pair in judged[name]]
    others = [pair for name in (*RECOLORED, *VARIANTS) for pair in judged[name]]
    found = {}
    for judge in JUDGES:
        right = sum(pair.merged[judge] for pair in copies)
        wrong = sum(pair.merged[judge] for pair in others)
        found[judge] = [
            round(100 * right / max(1, right + wrong), 1),
            round(100 * right / len(copies), 1),
        ]
    return found


def _search(count: int) -> dict[str, float]:
    taken = run_child("near_hashes_child.py", str(count), str(RADIUS))
    return {name: round(value, 2) for name, value in taken.items()}


if __name__ == "__main__":
    main()
