"""Line art beside a picture becomes a PNG, or nothing at all, however it is damaged."""

import io
import struct

import pytest
from PIL import Image

from scraper.line_art import as_png

EXIF = b"Exif\0\0II*\0" + struct.pack("<I", 8)
ON_ITS_SIDE = struct.pack("<HHII", 0x0112, 3, 1, 6)
PROGRAM_AS_A_NUMBER = struct.pack("<HHIf", 0x0131, 11, 1, 1.5)
WIDTH_IN_LETTERS = struct.pack("<HHI4s", 0x0100, 2, 3, b"ab")


def _encoded(kind: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (48, 32), "white").save(content, kind)
    return content.getvalue()


def _jpeg_with(*tags: bytes) -> bytes:
    told = EXIF + struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4)
    jpeg = _encoded("JPEG")
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told + jpeg[2:]


def test_what_lies_on_its_side_is_set_upright() -> None:
    upright = as_png(_jpeg_with(ON_ITS_SIDE))
    assert upright
    assert Image.open(io.BytesIO(upright)).size == (32, 48)


@pytest.mark.parametrize("damaged", [WIDTH_IN_LETTERS, PROGRAM_AS_A_NUMBER])
def test_damaged_words_about_a_picture_cost_the_line_art_and_no_more(damaged: bytes) -> None:
    assert as_png(_jpeg_with(ON_ITS_SIDE, damaged)) is None


def test_a_png_stays_as_it_is_if_it_is_whole() -> None:
    png = _encoded("PNG")
    assert as_png(png) == png
    assert as_png(png[:-30]) is None
