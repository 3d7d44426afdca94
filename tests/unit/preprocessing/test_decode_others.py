"""WebP, GIF, BMP and films; names that lie; files broken in every way; drawings of the world."""

import io
import os
import random
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from preprocessing.decode import Undecodable, decode
from preprocessing.resize import to_square
from storage.records import DropReason
from tests.pictures import drawing, encoded

CAP = 50_000_000
PICTURES = os.environ.get("IRODORI_PICTURES", "")
SURELY_THE_SAME_DB = 40


def _rgba(size_px: int) -> np.ndarray:
    alpha = np.tile(np.linspace(0, 255, size_px).astype(np.uint8), (size_px, 1))
    return np.dstack([drawing(5, size_px), alpha])


def _film(format: str) -> bytes:
    frames = [Image.fromarray(drawing(number, 32)) for number in (1, 2)]
    stream = io.BytesIO()
    frames[0].save(stream, format, save_all=True, append_images=frames[1:])
    return stream.getvalue()


def _refusal(content: bytes) -> DropReason:
    with pytest.raises(Undecodable) as refused:
        decode(content, CAP)
    return refused.value.reason


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}], ids=["whole", "lossy"])
def test_a_webp_gives_the_pixels_that_pillow_reads(options: dict[str, object]):
    content = encoded(drawing(1, 99), "WEBP", **options)
    expected = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert (decode(content, CAP).on_white() == expected).all()


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_transparency_is_blended_as_by_the_exact_sum(format: str):
    stored = _rgba(64)
    content = encoded(
        stored, format, **({"lossless": True, "exact": True} if format == "WEBP" else {})
    )
    color, alpha = stored[..., :3].astype(float), stored[..., 3:].astype(float)
    expected = np.rint(color * (alpha / 255) + 255 - alpha)
    assert np.abs(decode(content, CAP).on_white() - expected).max() <= 1


def test_a_webp_is_turned_and_converted_too():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    exif = Image.Exif()
    exif[0x0112] = 8
    red = np.full((8, 16, 3), (200, 30, 30), np.uint8)
    picture = decode(encoded(red, "WEBP", lossless=True, exif=exif, icc_profile=swapped), CAP)
    assert (picture.width, picture.height) == (8, 16)
    assert np.abs(picture.on_white().astype(int) - (30, 30, 200)).max() <= 4


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_a_film_is_animated(format: str):
    assert _refusal(_film(format)) is DropReason.ANIMATED


def test_a_transparent_gif_of_one_frame_lies_on_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    stream = io.BytesIO()
    image.save(stream, "GIF", transparency=0)
    color = decode(stream.getvalue(), CAP).on_white()
    assert tuple(color[0, 0]) == (200, 100, 50)
    assert tuple(color[1, 1]) == (255, 255, 255)


def test_a_bmp_is_lossless():
    picture = decode(encoded(drawing(1, 64), "BMP"), CAP)
    assert picture.lossless
    assert (picture.on_white() == drawing(1, 64)).all()


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_zeros_behind_the_end_are_forgiven(format: str):
    content = encoded(drawing(1, 64), format)
    padded = decode(content + bytes(3), CAP)
    assert (padded.on_white() == decode(content, CAP).on_white()).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1)])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_the_thinnest_pictures_are_pictures(size: tuple[int, int], format: str):
    content = encoded(np.full((size[1], size[0], 3), 128, np.uint8), format)
    picture = decode(content, CAP, enough_px=256)
    assert (picture.width, picture.height) == size
    assert np.abs(picture.square(16).astype(int) - 128).max() <= 2


@pytest.mark.parametrize("format", ["TIFF", "PCX", "PPM", "ICO"])
def test_a_kind_that_no_board_serves_is_not_even_tried(format: str):
    assert _refusal(encoded(drawing(1, 32), format)) is DropReason.CORRUPT


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
def test_cut_anywhere_it_is_corrupt_and_stderr_quiet(
    format: str, capfd: pytest.CaptureFixture[str]
):
    content = encoded(drawing(1, 64), format)
    for length in [*range(0, len(content), 23), len(content) - 1]:
        assert _refusal(content[:length]) is DropReason.CORRUPT
    assert capfd.readouterr().err == ""


def test_however_broken_a_file_is_decoding_ends_with_a_picture_or_a_reason():
    chance = random.Random(4)
    whole = [encoded(_rgba(32), format) for format in ("PNG", "WEBP", "GIF")]
    whole += [encoded(drawing(1, 32), format) for format in ("JPEG", "BMP")]
    whole += [_film("GIF"), _film("PNG"), _film("WEBP")]
    ends = set()
    for _ in range(600):
        content = bytearray(chance.choice(whole))
        for _ in range(chance.choice([1, 3, 9])):
            # More often near the beginning, where a byte means most.
            content[int(len(content) * chance.random() ** 3)] = chance.randrange(256)
        try:
            ends.add(decode(bytes(content), CAP, enough_px=16).on_white().dtype.name)
        except Undecodable as refused:
            ends.add(refused.reason)
    assert {"uint8", DropReason.CORRUPT} <= ends


@pytest.mark.skipif(not PICTURES, reason="IRODORI_PICTURES names no folder of drawings")
def test_drawings_of_the_world_are_those_that_pillow_reads():
    paths = sorted(Path(PICTURES).iterdir())[::9]
    for path in paths:
        content = path.read_bytes()
        try:
            expected = _old_way(content)
        except OSError:
            assert _refusal(content) is DropReason.CORRUPT
            continue
        found = decode(content, CAP, enough_px=256)
        assert (found.width, found.height) == expected.size, path.name
        squares = to_square(np.asarray(expected), 256), found.square(256)
        assert cv2.PSNR(*squares) >= SURELY_THE_SAME_DB, path.name


def _old_way(content: bytes) -> Image.Image:
    """Decode by Pillow alone, slowly and without profiles."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
