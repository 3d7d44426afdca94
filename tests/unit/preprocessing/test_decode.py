import io

import numpy as np
import pytest
from PIL import Image

from preprocessing.decode import Undecodable, decode
from storage.records import DropReason
from tests.pictures import drawing, encoded

CAP = 10_000_000


def _bytes(image: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def test_transparency_becomes_white_paper_and_hidden_colours_stay_hidden():
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 0] = 255
    rgba[:2, :, 3] = 255
    color = decode(_bytes(Image.fromarray(rgba), "PNG"), CAP).color_HWC
    assert (color[:2] == (255, 0, 0)).all()
    assert (color[2:] == 255).all()


def test_half_transparent_ink_is_blended_with_the_paper():
    rgba = np.full((2, 2, 4), (0, 0, 0, 128), np.uint8)
    color = decode(_bytes(Image.fromarray(rgba), "PNG"), CAP).color_HWC
    assert np.abs(color.astype(int) - 127).max() <= 1


def test_a_palette_with_a_transparent_entry_is_flattened():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    color = decode(_bytes(image, "PNG", transparency=0), CAP).color_HWC
    assert tuple(color[0, 0]) == (200, 100, 50)
    assert tuple(color[1, 1]) == (255, 255, 255)


def test_sixteen_bit_gray_keeps_its_tones():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    color = decode(_bytes(Image.fromarray(ramp), "PNG"), CAP).color_HWC
    assert np.abs(color[..., 0].astype(int) - (ramp >> 8)).max() == 0


def test_a_rotated_photograph_stands_upright():
    image = Image.fromarray(drawing(1, 64)[:32])
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(_bytes(image, "JPEG", exif=exif), CAP).color_HWC.shape == (64, 32, 3)


def test_png_is_known_as_lossless_and_jpeg_is_not():
    assert decode(encoded(drawing(1, 64)), CAP).lossless
    assert not decode(encoded(drawing(1, 64), "JPEG"), CAP).lossless


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_cut_file_is_corrupt(format: str):
    content = encoded(drawing(1, 64), format)
    with pytest.raises(Undecodable) as refused:
        decode(content[: len(content) * 2 // 3], CAP)
    assert refused.value.reason is DropReason.CORRUPT


@pytest.mark.parametrize("content", [b"", b"<!doctype html><html></html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_corrupt(content: bytes):
    with pytest.raises(Undecodable) as refused:
        decode(content, CAP)
    assert refused.value.reason is DropReason.CORRUPT


def test_an_animation_is_refused():
    frames = [Image.fromarray(drawing(number, 32)) for number in (1, 2)]
    content = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(Undecodable) as refused:
        decode(content, CAP)
    assert refused.value.reason is DropReason.ANIMATED


def test_more_pixels_than_the_cap_are_never_decoded():
    with pytest.raises(Undecodable) as refused:
        decode(encoded(drawing(1, 64)), 64 * 64 - 1)
    assert refused.value.reason is DropReason.TOO_LARGE
