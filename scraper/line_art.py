"""True line art beside a picture of a folder: which file it is, and as the store keeps it."""

import io
import struct
from pathlib import Path

from PIL import Image, ImageOps

from storage import files
from storage.images import LINE_MARK, MAX_LINE_PIXELS

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
BROKEN = (
    OSError, SyntaxError, ValueError, LookupError, EOFError, TypeError, AttributeError,
    ArithmeticError, struct.error, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises where a file is damaged; in its metadata, too."""


def beside(path: Path) -> Path | None:
    """Find the line art of a picture: `<stem>.line.png`, or another ending; None without any."""
    names = [f"{path.stem}{LINE_MARK}{ending}" for ending in ENDINGS]
    candidates = (path.with_name(name) for lower in names for name in _cases(lower))
    return next((each for each in candidates if each != path and files.is_file(each)), None)


def picture_of(path: Path) -> Path | None:
    """Give the path, less its ending, of the picture that this would be the line art of."""
    stem = path.with_suffix("")
    if path.suffix.lower() in ENDINGS and stem.name.endswith(LINE_MARK):
        return stem.with_name(stem.name.removesuffix(LINE_MARK))
    return None


def as_png(content: bytes) -> bytes | None:
    """Give line art as the store keeps it: a PNG as it is, all else as one; None if it is broken.

    What is transparent becomes white.
    """
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_LINE_PIXELS:
                return None
            if opened.format == "PNG":
                opened.load()
                return content
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
        paper = Image.new("RGBA", upright.size, "white")
        Image.alpha_composite(paper, upright).convert("RGB").save(out, "PNG")
    except BROKEN:
        return None
    return out.getvalue()


def _cases(name: str) -> tuple[str, str]:
    stem, dot, ending = name.rpartition(".")
    return name, f"{stem}{dot}{ending.upper()}"
