"""What a file is, by its first bytes."""

import io

import pytest
from PIL import Image

from scraper.sniffing import PICTURES, sniff


@pytest.mark.parametrize(
    ("name", "kind"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("BMP", "bmp")]
)
def test_every_picture_that_is_taken_is_known_by_its_bytes(name: str, kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (5, 4), "red").save(out, name)
    assert sniff(out.getvalue()) == kind
    assert kind in PICTURES


def test_two_letters_make_no_bitmap() -> None:
    assert sniff(b"BMW drives on, and on, and on") == ""
