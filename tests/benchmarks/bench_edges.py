"""How near each line-art detector comes to the artists' own lines, and what it costs.

The sample booru's pictures come with the ink their artists drew. Each is decoded and resized as
`pack` does it, drawn by every detector, and compared. Pens are thick on these pictures; sixteen
of them in one make pens as thin as an illustration's. A detector of soft lines is judged at the
gray level, one for all pictures, that suits it best.

    python tests/benchmarks/bench_edges.py [--pictures N] [--sheet OUT.png]
        [--look FOLDER --sheet OUT.png]

`--look` draws a folder's pictures, whose lines nobody knows, and measures nothing.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np
from line_distance import LineDistance, line_distance
from measure import show, tell
from numpy.typing import NDArray

from preprocessing.config import EdgeConfig
from preprocessing.decode import decode
from preprocessing.pairs import draw_edges
from preprocessing.resize import to_gray, to_square
from scraper.sample_booru.collection import Kind
from scraper.sample_booru.gallery import Gallery

Picture = NDArray[np.uint8]

DETECTORS = {
    "adaptive": EdgeConfig(offset=2),
    "adaptive, offset 10": EdgeConfig(offset=10),
    "xdog": EdgeConfig(detector="xdog"),
    "xdog, threshold 0.6": EdgeConfig(detector="xdog", xdog_threshold=0.6),
    "canny": EdgeConfig(detector="canny"),
    "dilate": EdgeConfig(detector="dilate"),
    "hed": EdgeConfig(detector="hed"),
}
LEVELS = (32, 64, 96, 128, 160, 192, 208, 224, 240, 250)
TOLERANCE = 2 / 256
"""Lines this near (of the picture's side) are the same; never less than 1 px."""
TILES = 4
MAX_PIXELS = 1 << 28
DRAWINGS_OF_ALL_POSTS = 0.9
LEARNED_PICTURES = 24
"""A learned detector takes seconds a picture: it is measured on so many, the first."""
COLUMNS = [
    *("pictures", "F1, median", "10 %", "precision", "recall", "chamfer px", "ink %"),
    *("doubled %", "beats adaptive %", "level", "CPU ms"),
]


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its true lines, of one size."""

    color: Picture
    line: Picture


def main() -> None:
    """Measure every detector on every case, or only look."""
    asked = _asked()
    if asked.look:
        colors = [_read(path.read_bytes(), 256) for path in _some(asked.look)]
        _write_sheet(asked.sheet, [[color] for color in colors])
        return
    large = _sample(asked.pictures, 256)
    cases = {
        "256 px": large,
        "128 px": _sample(asked.pictures, 128),
        "256 px of 16 pictures": _tiled(large),
    }
    found = {name: _measure(name, pairs) for name, pairs in cases.items()}
    if asked.sheet:
        chosen = [*large[:: max(1, len(large) // 5)][:5], cases["256 px of 16 pictures"][0]]
        _write_sheet(asked.sheet, [[pair.color, pair.line] for pair in chosen])
    tell({"benchmark": "edges", "pictures": len(large), **found})


def _sample(pictures: int, size_px: int) -> list[Pair]:
    gallery = Gallery(round(pictures / DRAWINGS_OF_ALL_POSTS) + 10)
    drawings = [entry for entry in gallery.entries if entry.kind is Kind.DRAWING][:pictures]
    return [
        Pair(
            _read(gallery.original(entry), size_px),
            to_gray(_read(gallery.line(entry), size_px)),
        )
        for entry in drawings
    ]


def _read(content: bytes, size_px: int) -> Picture:
    return to_square(decode(content, MAX_PIXELS).on_white(), size_px)


def _tiled(pairs: Sequence[Pair]) -> list[Pair]:
    side, each = pairs[0].line.shape[0] // TILES, TILES**2
    groups = [pairs[start : start + each] for start in range(0, len(pairs) - each + 1, each)]
    return [
        Pair(
            _mosaic([to_square(pair.color, side) for pair in group]),
            _mosaic([to_square(pair.line, side) for pair in group]),
        )
        for group in groups
    ]


def _mosaic(pictures: Sequence[Picture]) -> Picture:
    rows = [np.hstack(pictures[start : start + TILES]) for start in range(0, TILES**2, TILES)]
    return np.vstack(rows)


def _measure(case: str, pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    yardstick: list[LineDistance] = []
    for name, config in DETECTORS.items():
        chosen = pairs[:LEARNED_PICTURES] if config.detector == "hed" else pairs
        drawn, cpu_ms = _draw(chosen, config)
        level, distances = _at_its_best(drawn, chosen)
        yardstick = yardstick or distances
        wins = [ours.f1 > theirs.f1 for ours, theirs in zip(distances, yardstick, strict=False)]
        found[name] = {"pictures": len(chosen), **_summary(distances)}
        found[name] |= {"wins": round(100 * fmean(wins)), "level": level, "cpu_ms": cpu_ms}
    ink = 100 * fmean(each.true_share for each in yardstick)
    title = f"{case}: true ink {ink:.1f} %, tolerance {_tolerance_px(pairs[0]):g} px"
    show(title, COLUMNS, {name: list(numbers.values()) for name, numbers in found.items()})
    return found


def _draw(pairs: Sequence[Pair], config: EdgeConfig) -> tuple[list[Picture], float]:
    draw_edges(pairs[0].color, config)
    began = time.process_time()
    drawn = [draw_edges(pair.color, config) for pair in pairs]
    return drawn, round(1000 * (time.process_time() - began) / len(pairs), 2)


def _at_its_best(drawn: Sequence[Picture], pairs: Sequence[Pair]) -> tuple[int, list[LineDistance]]:
    """Give the level with the highest mean F1, and the distances at it."""
    tolerance_px = _tolerance_px(pairs[0])
    at_levels = {
        level: [
            line_distance(lines, pair.line, tolerance_px, level)
            for lines, pair in zip(drawn, pairs, strict=True)
        ]
        for level in LEVELS
    }
    return max(at_levels.items(), key=lambda item: fmean(each.f1 for each in item[1]))


def _tolerance_px(pair: Pair) -> float:
    return max(1.0, TOLERANCE * pair.line.shape[1])


def _summary(distances: Sequence[LineDistance]) -> dict[str, float]:
    f1s = [each.f1 for each in distances]
    return {
        "f1": round(float(np.median(f1s)), 3),
        "f1_tenth": round(float(np.quantile(f1s, 0.1)), 3),
        "precision": round(fmean(each.precision for each in distances), 3),
        "recall": round(fmean(each.recall for each in distances), 3),
        "chamfer_px": round(fmean(each.chamfer_px for each in distances), 2),
        "ink": round(100 * fmean(each.ink_share for each in distances), 1),
        "doubled": round(100 * fmean(each.doubled for each in distances), 1),
    }


def _some(folder: Path, most: int = 8) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg", ".webp"))
    return paths[:: max(1, len(paths) // most)][:most]


def _write_sheet(path: Path, rows: Sequence[Sequence[Picture]]) -> None:
    """Write each row's pictures, the color first, and beside them what every detector draws."""
    drawn = [[*row, *(draw_edges(row[0], config) for config in DETECTORS.values())] for row in rows]
    names = ["color", "true lines"][: len(rows[0])] + list(DETECTORS)
    sheet = np.vstack([np.hstack([_rgb(each) for each in row]) for row in drawn])
    heading = np.full((24, sheet.shape[1], 3), 255, np.uint8)
    for number, name in enumerate(names):
        place = (number * rows[0][0].shape[1] + 6, 17)
        cv2.putText(heading, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack([heading, sheet]), cv2.COLOR_RGB2BGR))


def _rgb(picture: Picture) -> Picture:
    return picture if picture.ndim == 3 else np.dstack([picture] * 3)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=300, help="at least 16")
    parser.add_argument("--sheet", type=Path, help="where the contact sheet is written")
    parser.add_argument("--look", type=Path, help="a folder of pictures to draw, not to measure")
    asked = parser.parse_args()
    if asked.look and not asked.sheet:
        parser.error("--look wants --sheet")
    if asked.look and not _some(asked.look):
        parser.error(f"--look {asked.look}: holds no .png, .jpg or .webp")
    return asked


if __name__ == "__main__":
    main()
