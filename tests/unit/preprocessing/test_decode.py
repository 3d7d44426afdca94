import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

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
    color = decode(_bytes(Image.fromarray(rgba), "PNG"), CAP).on_white()
    assert (color[:2] == (255, 0, 0)).all()
    assert (color[2:] == 255).all()


def test_half_transparent_ink_is_blended_with_the_paper():
    rgba = np.full((2, 2, 4), (0, 0, 0, 128), np.uint8)
    color = decode(_bytes(Image.fromarray(rgba), "PNG"), CAP).on_white()
    assert np.abs(color.astype(int) - 127).max() <= 1


def test_a_palette_with_a_transparent_entry_is_flattened():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    color = decode(_bytes(image, "PNG", transparency=0), CAP).on_white()
    assert tuple(color[0, 0]) == (200, 100, 50)
    assert tuple(color[1, 1]) == (255, 255, 255)


def test_sixteen_bit_gray_keeps_its_tones():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    color = decode(_bytes(Image.fromarray(ramp), "PNG"), CAP).on_white()
    assert np.abs(color[..., 0].astype(int) - (ramp >> 8)).max() == 0


def test_a_rotated_photograph_stands_upright():
    image = Image.fromarray(drawing(1, 64)[:32])
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(_bytes(image, "JPEG", exif=exif), CAP).on_white().shape == (64, 32, 3)


def test_png_is_known_as_lossless_and_jpeg_is_not():
    assert decode(encoded(drawing(1, 64)), CAP).lossless
    assert not decode(encoded(drawing(1, 64), "JPEG"), CAP).lossless


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_cut_file_is_corrupt(format: str):
    content = encoded(drawing(1, 64), format)
    with pytest.raises(Undecodable) as refused:
        decode(content[: len(content) * 2 // 3], CAP)
    assert refused.value.reason is DropReason.CORRUPT


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("lost", [2, 20])
def test_a_file_that_lost_its_last_bytes_is_corrupt(format: str, lost: int):
    with pytest.raises(Undecodable):
        decode(encoded(drawing(1, 64), format)[:-lost], CAP)


def test_a_png_with_a_flipped_bit_is_corrupt():
    content = bytearray(encoded(drawing(1, 64)))
    content[len(content) // 2] ^= 4
    with pytest.raises(Undecodable):
        decode(bytes(content), CAP)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_complete_file_is_decoded(format: str):
    assert decode(encoded(drawing(1, 64), format), CAP).on_white().shape == (64, 64, 3)


def test_colours_are_those_of_the_files_own_profile():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # With red's and blue's primaries exchanged, stored red is meant to be blue.
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    red = Image.new("RGB", (8, 8), (200, 30, 30))
    same = decode(_bytes(red, "PNG", icc_profile=srgb), CAP).on_white()
    other = decode(_bytes(red, "PNG", icc_profile=swapped), CAP).on_white()
    assert np.abs(same[0, 0].astype(int) - (200, 30, 30)).max() <= 1
    assert np.abs(other[0, 0].astype(int) - (30, 30, 200)).max() <= 3


def test_a_profile_leaves_transparency_alone():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    ghost = Image.new("RGBA", (4, 4), (200, 30, 30, 0))
    assert (decode(_bytes(ghost, "PNG", icc_profile=srgb), CAP).on_white() == 255).all()


def test_a_broken_profile_is_passed_over():
    red = Image.new("RGB", (8, 8), (200, 30, 30))
    color = decode(_bytes(red, "PNG", icc_profile=b"no profile"), CAP).on_white()
    assert tuple(color[0, 0]) == (200, 30, 30)


def test_cmyk_becomes_rgb():
    color = decode(_bytes(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"), CAP).on_white()
    assert np.abs(color[0, 0].astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("content", [b"", b"<!doctype html><html></html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_corrupt(content: bytes):
    with pytest.raises(Undecodable) as refused:
        decode(content, CAP)
    assert refused.value.reason is DropReason.CORRUPT


def test_a_long_text_beside_the_picture_is_no_damage():
    workflow = PngInfo()
    workflow.add_itxt("workflow", "node " * 1_000_000, zip=True)
    content = _bytes(Image.fromarray(drawing(1, 96)), "PNG", pnginfo=workflow)
    assert decode(content, CAP).width == 96


def test_a_text_that_is_called_a_profile_changes_no_colour():
    told = PngInfo()
    told.add_text("icc_profile", "words")
    drawn = drawing(1, 64)
    content = _bytes(Image.fromarray(drawn), "PNG", pnginfo=told)
    assert np.array_equal(decode(content, CAP).on_white(), drawn)


def test_a_text_that_is_called_exif_turns_nothing():
    told = PngInfo()
    told.add_text("exif", "Orientation: 6", zip=True)
    content = _bytes(Image.fromarray(drawing(1, 64)[:32]), "PNG", pnginfo=told)
    assert decode(content, CAP).on_white().shape == (32, 64, 3)


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


def test_a_picture_of_just_the_cap_is_decoded():
    assert decode(encoded(drawing(1, 64)), 64 * 64).width == 64


def test_the_colour_of_what_is_transparent_is_seen_nowhere_in_a_square():
    half = np.full((128, 128, 4), (0, 200, 0, 0), np.uint8)
    half[:, :61] = (180, 30, 30, 255)
    square = decode(_bytes(Image.fromarray(half), "PNG"), CAP).square(32).astype(int)
    assert tuple(square[0, 0]) == (180, 30, 30)
    assert (square[:, 17:] == 255).all()
    # what the edge covers is a mix of red and paper alone
    for red, green, blue in square[:, 15]:
        assert 180 < red < 255
        share = (255 - red) / 75
        assert abs(green - (255 - 225 * share)) <= 3
        assert green == blue
