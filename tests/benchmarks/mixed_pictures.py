"""A folder of mixed pictures as a board holds them, and the truth of each: what it is, of what.

JPEG 70 % (2 of 7 progressive), PNG 25 % (RGB, RGBA, palette), WebP 4 %, GIF 1 %; of all, 3 % are
exact duplicates, 5 % near-duplicates (rescaled and encoded again), 2 % variants (one small thing
is different), 1 % broken. The same seed and count give the same bytes.

    python tests/benchmarks/mixed_pictures.py --folder DIR [--count 2000] [--seed 1]
"""

import argparse
import hashlib
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from mixed_drawing import CHANGES, RGB, Chance, Change, alpha_of, draw
from PIL import Image

COUNT, SEED = 2000, 1
PERCENT = {"exact": 3, "near": 5, "variant": 2, "broken": 1}
"""Of all pictures; the others are distinct."""
KINDS = {"jpg": 50, "progressive": 20, "rgb": 13, "rgba": 7, "palette": 5, "webp": 4, "gif": 1}
ENDINGS = {"jpg": "jpg", "progressive": "jpg", "webp": "webp", "gif": "gif"}
QUALITIES = (88, 97)
MIN_SIDE_PX, MAX_SIDE_PX = 600, 2000
TRUTH_NAME = "truth.json"


@dataclass(frozen=True, slots=True)
class Mixed:
    """One picture: what it is (`role`), of which other's number, what differs, and its file."""

    number: int
    role: str
    of: int
    change: Change
    kind: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.number:05d}.{ENDINGS.get(self.kind, 'png')}"


@dataclass(frozen=True, slots=True)
class Made:
    """A folder of pictures that is there: their files, their md5s and their truth, by number."""

    folder: Path
    pictures: tuple[Mixed, ...]
    md5s: tuple[str, ...]

    def path(self, picture: Mixed) -> Path:
        """Give where a picture lies."""
        return self.folder / picture.name


def make(folder: Path, count: int = COUNT, seed: int = SEED) -> Made:
    """Make the pictures below a folder, unless they are there."""
    home = folder / f"mixed-{seed}-{count}"
    truth, pictures = home / TRUTH_NAME, plan(count, seed)
    if not truth.exists():
        home.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            write = partial(_write, folder=home, seed=seed)
            bases = [pictures[each.of] for each in pictures]
            md5s = list(pool.map(write, pictures, bases, chunksize=16))
        told = [asdict(each) | {"md5": md5} for each, md5 in zip(pictures, md5s, strict=True)]
        truth.write_text(json.dumps(told, indent=1))
    return Made(home, pictures, tuple(each["md5"] for each in json.loads(truth.read_text())))


def plan(count: int, seed: int) -> tuple[Mixed, ...]:
    """Decide what each picture is: first the distinct ones are drawn, then what is made of them."""
    chance = np.random.default_rng(seed)
    roles = [role for role, share in PERCENT.items() for _ in range(count * share // 100)]
    roles = ["distinct"] * (count - len(roles)) + roles
    numbers = chance.permutation(count)
    distinct: list[Mixed] = []
    found = []
    for number, role in zip(numbers.tolist(), roles, strict=True):
        found.append(_planned(number, role, distinct, chance))
        if role == "distinct":
            distinct.append(found[-1])
    return tuple(sorted(found, key=lambda picture: picture.number))


def _planned(number: int, role: str, distinct: list[Mixed], chance: Chance) -> Mixed:
    share = np.array([*KINDS.values()]) / 100
    kind = str(chance.choice([*KINDS], p=share))
    width, height = (int(side) for side in chance.integers(MIN_SIDE_PX, MAX_SIDE_PX + 1, 2))
    change: Change = ""
    of = number
    if role not in ("distinct", "broken"):
        of = int(chance.integers(len(distinct)))
        # No copy of a copy, and none of what has few colors or lost some to transparency.
        while distinct[of].kind not in ("jpg", "progressive", "rgb"):
            of = int(chance.integers(len(distinct)))
        base = distinct.pop(of)
        of, width, height = base.number, base.width, base.height
        kind = base.kind if role != "near" else str(chance.choice(["jpg", "webp"], p=[0.8, 0.2]))
    if role == "near":
        scale = float(chance.uniform(0.5, 1))
        width, height = round(scale * width), round(scale * height)
    if role == "variant":
        change = CHANGES[int(chance.integers(len(CHANGES)))]
    return Mixed(number, role, of, change, kind, width, height)


def _write(picture: Mixed, base: Mixed, folder: Path, seed: int) -> str:
    """Make one file, which is made of the drawing of `base`, and give its md5."""
    source = base if picture.role == "exact" else picture
    drawn = draw((seed, base.number), (base.width, base.height), picture.change)
    size = (picture.width, picture.height)
    if drawn.shape[1::-1] != size:
        drawn = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    if picture.kind == "rgba":
        drawn = np.dstack([drawn, alpha_of((seed, picture.number), size)])
    chance = np.random.default_rng((seed, source.number, 2))
    content = encode(drawn, picture.kind, int(chance.integers(*QUALITIES)), chance)
    if picture.role == "broken":
        content = _broken(content, chance)
    (folder / picture.name).write_bytes(content)
    return hashlib.md5(content).hexdigest()


def encode(drawn: RGB, kind: str, quality: int, chance: Chance) -> bytes:
    """Encode a drawing as a file of one of the kinds."""
    image, stream = Image.fromarray(drawn), io.BytesIO()
    subsampling = int(chance.choice([0, 2, 2]))
    jpeg = {"format": "JPEG", "quality": quality, "subsampling": subsampling}
    png = {"format": "PNG", "compress_level": 6}
    how: Mapping[str, dict[str, object]] = {
        "jpg": jpeg,
        "progressive": jpeg | {"progressive": True},
        "rgb": png,
        "rgba": png,
        "palette": png,
        "webp": {"format": "WEBP", "quality": quality, "method": 2},
        "gif": {"format": "GIF"},
    }
    if kind in ("palette", "gif"):
        image = image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    image.save(stream, **how[kind])
    return stream.getvalue()


def _broken(content: bytes, chance: Chance) -> bytes:
    ways: list[Callable[[], bytes]] = [
        lambda: content[: int(len(content) * chance.uniform(0.2, 0.95))],
        lambda: content[:-20],
        lambda: b"",
        lambda: b"<html><body>404 Not Found</body></html>",
    ]
    return ways[int(chance.choice(len(ways), p=[0.5, 0.2, 0.1, 0.2]))]()


def main() -> None:
    """Make the pictures and tell what there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    made = make(asked.folder, asked.count, asked.seed)
    num_bytes = [made.path(each).stat().st_size for each in made.pictures]
    told = {
        "folder": str(made.folder),
        "mean_bytes": sum(num_bytes) // len(num_bytes),
        "roles": Counter(each.role for each in made.pictures),
        "kinds": Counter(each.kind for each in made.pictures),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
