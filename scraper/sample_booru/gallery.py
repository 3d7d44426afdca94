"""The board's files: drawn when first asked for, kept in a bounded cache, named as on the site."""

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import cv2
from PIL import Image

from scraper.sample_booru.collection import (
    FIRST_DIRECTORY,
    POSTS_A_DIRECTORY,
    Entry,
    Kind,
    entries,
)
from scraper.sample_booru.drawings import FAST_PNG, decode, draw_color, draw_line, encode
from storage import digest

CACHE_BYTES = 64 << 20
SAMPLE_WIDTH = 850
"""Pictures wider than this have a smaller sample of this width."""
THUMBNAIL_SIDE = 150
SERVED_SHARE = 0.6
"""What share of a truncated file is served."""

PAGE = b"<!DOCTYPE html>\n<html><body><h1>Image not available</h1></body></html>\n"

JPEG = (cv2.IMWRITE_JPEG_QUALITY, 92)
COARSE_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 70)
WEBP = (cv2.IMWRITE_WEBP_QUALITY, 90)
SETTINGS = {"png": FAST_PNG, "jpg": JPEG, "jpeg": JPEG, "webp": WEBP}


@dataclass(frozen=True, slots=True)
class Name:
    """What a listing says of a file: the md5 that the board states, and the file's stem."""

    md5: str
    stem: str


class Gallery:
    """The files of one board."""

    def __init__(self, posts: int) -> None:
        self.entries = entries(posts)
        self._names: dict[int, Name] = {}
        self._by_stem: dict[str, Entry] = {}
        self._cache: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._cached_bytes = 0
        # Drawing holds the interpreter anyway; the lock only keeps it from being done twice.
        self._lock = threading.RLock()

    def original(self, entry: Entry) -> bytes:
        """Give the bytes that are served as the post's original."""
        whole = self._whole(entry)
        if entry.kind is Kind.TRUNCATED:
            return whole[: int(len(whole) * SERVED_SHARE)]
        return PAGE if entry.kind is Kind.PAGE else whole

    def line(self, entry: Entry) -> bytes:
        """Give the true line art, the size of the picture."""
        return self._once(
            "line", entry, lambda: draw_line(entry.drawing, entry.width, entry.height)
        )

    def sample(self, entry: Entry) -> bytes:
        """Give the smaller picture that the post page shows."""
        return self._once("sample", entry, lambda: _shrunk(entry, SAMPLE_WIDTH / entry.width))

    def thumbnail(self, entry: Entry) -> bytes:
        """Give the picture that the list page shows."""
        scale = THUMBNAIL_SIDE / max(entry.width, entry.height)
        return self._once("thumbnail", entry, lambda: _shrunk(entry, scale))

    def name(self, entry: Entry) -> Name:
        """Give the md5 and the file's stem: an own upload's stem is the md5, an import's is not."""
        with self._lock:
            if entry.index not in self._names:
                md5 = digest.md5_of(self._whole(entry))
                stem = _import_stem(entry, md5) if entry.is_import else md5
                self._names[entry.index] = Name(md5, stem)
                self._by_stem.setdefault(stem, entry)
            return self._names[entry.index]

    def find(self, directory: int, stem: str) -> Entry | None:
        """Give the post whose files have this stem in this directory."""
        first = (directory - FIRST_DIRECTORY) * POSTS_A_DIRECTORY
        if stem not in self._by_stem and 0 <= first < len(self.entries):
            # Asked by a client that remembers an older listing: draw until the name turns up.
            for entry in self.entries[first : first + POSTS_A_DIRECTORY]:
                if entry.kind is not Kind.GHOST and self.name(entry).stem == stem:
                    break
        found = self._by_stem.get(stem)
        return found if found and found.directory == directory else None

    def _whole(self, entry: Entry) -> bytes:
        if entry.kind is Kind.COPY and entry.origin is not None:
            return self._whole(self.entries[entry.origin])
        return self._once("original", entry, lambda: _encoded(entry))

    def _once(self, what: str, entry: Entry, make: Callable[[], bytes]) -> bytes:
        key = (what, entry.index)
        with self._lock:
            if key not in self._cache:
                self._cache[key] = make()
                self._cached_bytes += len(self._cache[key])
            self._cache.move_to_end(key)
            content = self._cache[key]
            while self._cached_bytes > CACHE_BYTES:
                self._cached_bytes -= len(self._cache.popitem(last=False)[1])
            return content


def sample_size(entry: Entry) -> tuple[int, int]:
    """Give width and height of what the post page shows: the sample, or the original itself."""
    if entry.width <= SAMPLE_WIDTH:
        return entry.width, entry.height
    return SAMPLE_WIDTH, round(entry.height * SAMPLE_WIDTH / entry.width)


def thumbnail_size(entry: Entry) -> tuple[int, int]:
    """Give width and height of what the list page shows."""
    scale = THUMBNAIL_SIDE / max(entry.width, entry.height)
    return round(entry.width * scale), round(entry.height * scale)


def _import_stem(entry: Entry, md5: str) -> str:
    # An import is named after the address it came from, never after its content.
    address = f"{entry.drawing.source}{entry.index}/{md5}.{entry.extension}"
    return hashlib.sha1(hashlib.md5(address.encode()).hexdigest().encode()).hexdigest()


def _encoded(entry: Entry) -> bytes:
    if entry.kind is Kind.INK:
        return draw_line(entry.drawing, entry.width, entry.height)
    if entry.kind is Kind.GIF:
        return _gif(entry)
    plain_png = entry.extension == "png" and entry.kind is not Kind.GRAYSCALE
    paper = None if plain_png else "white"
    png = draw_color(entry.drawing, entry.width, entry.height, paper)
    if plain_png:
        return png
    flag = cv2.IMREAD_GRAYSCALE if entry.kind is Kind.GRAYSCALE else cv2.IMREAD_COLOR
    settings = COARSE_JPEG if entry.kind is Kind.RECODED else SETTINGS[entry.extension]
    return encode(decode(png, flag), f".{entry.extension}", settings)


def _gif(entry: Entry) -> bytes:
    frames = [
        Image.open(io.BytesIO(draw_color(entry.drawing, entry.width, entry.height, paper)))
        for paper in ("white", "#ffe9b0")
    ]
    out = io.BytesIO()
    first, *rest = [frame.convert("P", palette=Image.Palette.ADAPTIVE) for frame in frames]
    first.save(out, "GIF", save_all=True, append_images=rest, duration=500, loop=0)
    return out.getvalue()


def _shrunk(entry: Entry, scale: float) -> bytes:
    width, height = round(entry.width * scale), round(entry.height * scale)
    png = draw_color(entry.drawing, width, height, "white")
    return encode(decode(png, cv2.IMREAD_COLOR), ".jpg", JPEG)
