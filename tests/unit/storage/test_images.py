import hashlib

import pytest

from storage import images
from storage.errors import CorruptFile, MissingInput
from storage.layout import DataLayout


def test_an_original_lies_under_its_md5(layout: DataLayout):
    images.keep(layout, "abcdef", "png", b"picture")
    assert (layout.root / "images/ab/abcdef.png").read_bytes() == b"picture"
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert images.load(layout, "abcdef", "png", sha256) == b"picture"


def test_a_changed_original_is_noticed(layout: DataLayout):
    images.keep(layout, "abcdef", "png", b"picture")
    with pytest.raises(CorruptFile, match="bytes have changed"):
        images.load(layout, "abcdef", "png", "0" * 64)


def test_line_art_is_checked_by_its_name(layout: DataLayout):
    md5 = hashlib.md5(b"picture").hexdigest()
    path = images.keep(layout, md5, "png", b"picture")
    assert images.load(layout, md5, "png") == b"picture"
    path.write_bytes(b"another")
    with pytest.raises(CorruptFile, match="bytes have changed"):
        images.load(layout, md5, "png")


def test_a_lost_original_says_how_to_get_it_again(layout: DataLayout):
    with pytest.raises(MissingInput, match=r"--scraper.snapshot"):
        images.load(layout, "abcdef", "png")


def test_below_an_address_an_original_is_found_by_its_md5_whatever_its_extension():
    layout = DataLayout.at("memory://bucket/originals")
    images.keep(layout, "abcdef", "webp", b"picture")
    assert images.find(layout, "abcdef", ["png", "jpg", "webp"]) == "webp"
    assert images.find(layout, "abcdef", ["png", "jpg"]) is None
    assert images.find(layout, "abcde", ["webp"]) is None
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert images.load(layout, "abcdef", "webp", sha256) == b"picture"
    with pytest.raises(MissingInput):
        images.load(layout, "fedcba", "webp")
