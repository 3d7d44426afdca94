"""From an original's bytes to the stored square: CPU time and likeness, kind by kind.

python tests/benchmarks/bench_decode.py [--pictures 6] [--repeats 3] [--drawings FOLDER]

Beside Pillow alone, which decodes all of a picture and then shrinks it by its own bicubic.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from illustrations import RGB, illustration
from measure import show, tell
from PIL import Image, ImageCms, ImageOps

from preprocessing.decode import Undecodable, decode
from preprocessing.resize import to_square
from storage.pictures import encode_png

SQUARE_PX = 256
MAX_PIXELS = 50_000_000
EQUAL_DB = 99.0
DRAWINGS_STEP = 4
LEVEL_1 = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def main() -> None:
    """Measure decoding and encoding, and tell both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--drawings", type=Path, help="real ones, to store instead of the made")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    drawn = [illustration(number) for number in range(asked.pictures)]
    decoding = {
        kind: _compare([encode(picture) for picture in drawn], asked.repeats)
        for kind, encode in KINDS.items()
    }
    columns = ["Pillow, ms", "ours, ms", "times as fast", "least likeness, dB"]
    title = f"An original of {_megapixels(drawn):.1f} MP in the mean -> a square of 256 px"
    show(title, columns, {kind: list(found.values()) for kind, found in decoding.items()})
    squares = _squares(asked.drawings) if asked.drawings else [_square(each) for each in drawn]
    encoding = {name: _encode(how, squares, asked.repeats) for name, how in STORED.items()}
    rows = {name: list(found.values()) for name, found in encoding.items()}
    show(f"{len(squares)} squares stored", ["encode, ms", "kB", "decode, ms"], rows)
    tell({"benchmark": "decode", "decoding": decoding, "encoding": encoding})


def _compare(contents: Sequence[bytes], repeats: int) -> dict[str, float]:
    theirs = [_milliseconds(partial(_by_pillow, content), repeats) for content in contents]
    ours = [_milliseconds(partial(_by_us, content), repeats) for content in contents]
    likeness = [_decibel(_by_pillow(content), _by_us(content)) for content in contents]
    pillow, own = statistics.mean(theirs), statistics.mean(ours)
    return {
        "pillow_ms": round(pillow, 1),
        "ours_ms": round(own, 1),
        "ratio": round(pillow / own, 2),
        "least_db": round(min(likeness), 1),
    }


def _squares(folder: Path) -> list[RGB]:
    squares = []
    for path in sorted(folder.iterdir())[::DRAWINGS_STEP]:
        with suppress(Undecodable):
            squares.append(_by_us(path.read_bytes()))
    return squares


def _square(picture: RGB) -> RGB:
    return to_square(picture, SQUARE_PX)


def _by_us(content: bytes) -> RGB:
    return decode(content, MAX_PIXELS, enough_px=SQUARE_PX).square(SQUARE_PX)


def _by_pillow(content: bytes) -> RGB:
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        drawn = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn)
    square = upright.convert("RGB").resize((SQUARE_PX, SQUARE_PX), Image.Resampling.BICUBIC)
    return np.asarray(square)


def _encode(how: Callable[[RGB], bytes], squares: Sequence[RGB], repeats: int) -> dict[str, float]:
    files = [np.frombuffer(how(square), np.uint8) for square in squares]
    encoding = [_milliseconds(partial(how, square), repeats) for square in squares]
    read = [partial(cv2.imdecode, each, cv2.IMREAD_COLOR_RGB) for each in files]
    return {
        "encode_ms": round(statistics.mean(encoding), 2),
        "kb": round(statistics.mean(len(each) for each in files) / 1000, 1),
        "decode_ms": round(statistics.mean(_milliseconds(each, repeats) for each in read), 2),
    }


def _milliseconds(work: Callable[[], object], repeats: int) -> float:
    """Give the least CPU time of some runs: what the others took more was the machine's doing."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken) * 1000


def _decibel(one: RGB, other: RGB) -> float:
    return min(EQUAL_DB, cv2.PSNR(one, other))


def _megapixels(pictures: Sequence[RGB]) -> float:
    return statistics.mean(picture.shape[0] * picture.shape[1] for picture in pictures) / 1e6


def _as(format: str, mode: str = "RGB", **options: object) -> Callable[[RGB], bytes]:
    def encode(picture: RGB) -> bytes:
        stream = io.BytesIO()
        _in_mode(picture, mode).save(stream, format, **options)
        return stream.getvalue()

    return encode


def _in_mode(picture: RGB, mode: str) -> Image.Image:
    image = Image.fromarray(picture)
    if mode == "P":
        return image.quantize(128)
    if mode == "RGBA":
        # Paper is transparent, and ink thins out to the right.
        thin = np.linspace(255, 100, picture.shape[1]).astype(np.uint8)
        alpha = np.where((picture > 240).all(axis=2), 0, thin)
        return Image.fromarray(np.dstack([picture, alpha.astype(np.uint8)]))
    return image.convert(mode)


_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS: Mapping[str, Callable[[RGB], bytes]] = {
    "JPEG 4:2:0": _as("JPEG", quality=90),
    "JPEG 4:4:4": _as("JPEG", quality=95, subsampling=0),
    "JPEG, progressive": _as("JPEG", quality=90, progressive=True),
    "JPEG, sRGB profile": _as("JPEG", quality=90, icc_profile=_SRGB),
    "JPEG, gray": _as("JPEG", "L", quality=90),
    "JPEG, CMYK": _as("JPEG", "CMYK", quality=90),
    "PNG, RGB": _as("PNG"),
    "PNG, RGBA": _as("PNG", "RGBA"),
    "PNG, palette": _as("PNG", "P"),
    "PNG, palette, transparent": _as("PNG", "P", transparency=bytes(range(128))),
    "PNG, gray": _as("PNG", "L"),
    "WebP, lossy": _as("WEBP", quality=90, method=2),
    "WebP, lossless": _as("WEBP", lossless=True, method=0),
    "WebP, transparent": _as("WEBP", "RGBA", quality=90, method=2),
    "GIF": _as("GIF", "P"),
}


def _png_level_1(square: RGB) -> bytes:
    encoded: bytes = cv2.imencode(".png", square[..., ::-1], LEVEL_1)[1].tobytes()
    return encoded


STORED: Mapping[str, Callable[[RGB], bytes]] = {
    "PNG, zlib level 1": _png_level_1,
    "PNG, ours: UP, libdeflate": encode_png,
    "WebP lossless, method 0": _as("WEBP", lossless=True, method=0),
    "WebP lossless, method 0, quality 0": _as("WEBP", lossless=True, method=0, quality=0),
}

if __name__ == "__main__":
    main()
