"""The image store: originals by md5, shared by all datasets below a root, never changed."""

import os
from collections.abc import Sequence

from upath import UPath

from storage import digest, files
from storage.errors import CorruptFile, MissingInput
from storage.layout import DataLayout

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff"})
"""How the files of a folder end that may be pictures."""
LINE_MARK = ".line"
"""What stands behind a picture's stem in the name of its true line art."""
LINE_EXTENSION = "png"
"""What true line art is kept as."""
MAX_LINE_PIXELS = 50_000_000
"""Line art of more pixels is not taken, and not decoded."""


def keep(layout: DataLayout, md5: str, extension: str, content: bytes) -> UPath:
    """Put an original into the store, unless it is there."""
    path = layout.image(md5, extension)
    # An object store answers as slowly as it takes: the same bytes are put again, not asked for.
    if not files.is_local(path) or not path.exists():
        files.write_bytes(path, content)
    return path


def find(layout: DataLayout, md5: str, extensions: Sequence[str]) -> str | None:
    """Give the extension under which an original is in the store; None if it is not there."""
    stem = layout.image(md5, "")
    if files.is_local(stem):
        # Asked for every picture of a site, so a path object for each guess would be felt.
        known = (each for each in extensions if os.path.exists(f"{stem}{each}"))  # noqa: PTH110
        return next(known, None)
    # One request, however many the guesses.
    found = {path.suffix for path in stem.parent.glob(f"{md5}.*")}
    return next((each for each in extensions if f".{each}" in found), None)


def load(layout: DataLayout, md5: str, extension: str, sha256: str = "") -> bytes:
    """Read an original or line art, and check it: by its sha256 if that is given, else by its md5.

    Raises:
        MissingInput: it is not in the store.
        CorruptFile: its bytes have changed since it was fetched.
    """
    path = layout.image(md5, extension)
    try:
        content = files.read_bytes(path)
    except FileNotFoundError as error:
        raise MissingInput(
            f"{path}: the original is gone; scrape a new snapshot (--scraper.snapshot NAME)"
        ) from error
    if (digest.of_bytes(content) != sha256) if sha256 else (digest.md5_of(content) != md5):
        raise CorruptFile(
            f"{path}: its bytes have changed; delete it and scrape a new snapshot"
            " (--scraper.snapshot NAME)"
        )
    return content
