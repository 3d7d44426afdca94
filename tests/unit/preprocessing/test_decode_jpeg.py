"""Every kind of JPEG, and of how one may be read at a fraction of its size."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from preprocessing.decode import Undecodable, decode
from preprocessing.resize import to_square
from storage.records import DropReason
from tests.pictures import drawing, encoded

CAP = 10_000_000
AS_GOOD_AS_WHOLE_DB = 45
HARDLY_TO_BE_TOLD_DB = 44
SURELY_THE_SAME_DB = 35


def _by_pillow(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_at_full_size_the_pixels_are_those_that_pillow_reads(progressive: bool, subsampling: str):
    options = {"progressive": progressive, "subsampling": subsampling}
    content = encoded(drawing(2, 301), "JPEG", quality=85, **options)
    found = decode(content, CAP).on_white()
    assert cv2.PSNR(found, _by_pillow(content)) >= AS_GOOD_AS_WHOLE_DB


def test_a_gray_jpeg_has_three_equal_channels():
    content = encoded(drawing(2, 64)[..., 0], "JPEG")
    found = decode(content, CAP).on_white()
    assert (found == _by_pillow(content)).all()


@pytest.mark.parametrize("by", [2, 4])
@pytest.mark.parametrize("more", [0, 1, 3])
def test_a_square_of_a_fraction_is_as_good_as_of_the_whole(by: int, more: int):
    # At every remainder: the fraction's last column stands over the edge by a part of a pixel.
    side = 384 * by + more
    content = encoded(drawing(4, side + 128)[:side, : side + 77], "JPEG", quality=90)
    whole, enough = decode(content, CAP), decode(content, CAP, enough_px=256)
    assert enough.on_white().shape[0] == -(-side // by)
    assert (enough.width, enough.height) == (whole.width, whole.height)
    assert cv2.PSNR(whole.square(256), enough.square(256)) >= HARDLY_TO_BE_TOLD_DB


@pytest.mark.parametrize(
    ("size", "read"),
    [
        ((96, 96), (48, 48)),
        ((95, 600), (95, 600)),
        ((192, 300), (48, 75)),
        ((97, 999), (49, 500)),
        ((385, 384), (49, 48)),
        ((4096, 384), (512, 48)),
    ],
)
def test_both_sides_stay_half_as_long_again_as_wanted(size: tuple[int, int], read: tuple[int, int]):
    stream = io.BytesIO()
    Image.new("RGB", size, "red").save(stream, "JPEG")
    picture = decode(stream.getvalue(), CAP, enough_px=32)
    assert (picture.width, picture.height) == size
    assert picture.on_white().shape[1::-1] == read


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("enough_px", [None, 32])
def test_each_orientation_is_turned_upright_once(orientation: int, enough_px: int | None):
    content = encoded(drawing(1, 161)[:129], "JPEG", exif=_exif(orientation), quality=95)
    picture = decode(content, CAP, enough_px=enough_px)
    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image)
    assert (picture.width, picture.height) == upright.size
    squares = to_square(np.asarray(upright), 32), picture.square(32)
    assert cv2.PSNR(*squares) >= SURELY_THE_SAME_DB


def test_an_orientation_that_there_is_not_is_passed_over():
    content = encoded(drawing(1, 64)[:32], "JPEG", exif=_exif(77))
    assert decode(content, CAP).on_white().shape == (32, 64, 3)


def test_an_orientation_without_end_is_passed_over():
    entry = struct.pack("<HHIf", 0x0112, 11, 1, float("inf"))
    told = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    content = encoded(drawing(1, 64)[:32], "JPEG", exif=told)
    assert decode(content, CAP).on_white().shape == (32, 64, 3)


def test_exif_that_cannot_be_read_is_passed_over():
    content = encoded(drawing(1, 64), "JPEG", exif=b"Exif\0\0MM\0*broken")
    assert decode(content, CAP).on_white().shape == (64, 64, 3)


def _profile_in_which_magenta_is_gray() -> bytes:
    """Give a CMYK profile: by its table (ICC's `mft1`) black and magenta darken, no ink colours."""
    even = bytes(range(256))
    lightness = [0 if ink & 1 else 55 if ink & 4 else 255 for ink in range(16)]
    corners = b"".join(bytes([each, 128, 128]) for each in lightness)
    unit = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    table = b"mft1" + bytes([0, 0, 0, 0, 4, 3, 2, 0]) + unit + 4 * even + corners + 3 * even
    told = 144 + len(table), 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp"
    header = struct.pack(">I4xI4s4s4s12x4s", *told).ljust(68, b"\0")
    header = (header + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)).ljust(128, b"\0")
    return header + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


def test_ink_is_converted_by_a_profile_that_is_of_use():
    stream = io.BytesIO()
    magenta = Image.new("CMYK", (8, 8), (0, 255, 0, 0))
    magenta.save(stream, "JPEG", icc_profile=_profile_in_which_magenta_is_gray())
    color = decode(stream.getvalue(), CAP).on_white()
    assert np.abs(color.astype(int) - 52).max() <= 2


def test_ink_is_converted_by_its_profile_or_plainly_by_none():
    stream = io.BytesIO()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(stream, "JPEG", icc_profile=b"no profile")
    color = decode(stream.getvalue(), CAP, enough_px=4).on_white()
    assert np.abs(color.astype(int) - (255, 0, 0)).max() <= 3


def test_colours_of_another_space_become_srgb():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    red = np.full((64, 64, 3), (200, 30, 30), np.uint8)
    for enough_px in (None, 16):
        content = encoded(red, "JPEG", icc_profile=swapped)
        color = decode(content, CAP, enough_px=enough_px).on_white()
        assert np.abs(color.astype(int) - (30, 30, 200)).max() <= 4


def test_a_profile_that_changes_few_colours_changes_those():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (place,) = struct.unpack_from(">I", srgb, srgb.index(b"bXYZ") + 4)
    blue = struct.unpack_from(">3i", srgb, place + 8)
    dimmed = struct.pack(">3i", *(each * 19 // 20 for each in blue))
    profile = srgb[: place + 8] + dimmed + srgb[place + 20 :]
    stored = np.full((64, 64, 3), (30, 30, 250), np.uint8)
    color = decode(encoded(stored, "PNG", icc_profile=profile), CAP).on_white()
    assert np.abs(color.astype(int) - (30, 30, 244)).max() <= 1


def test_a_profile_that_is_srgb_leaves_every_pixel_as_it_is():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(drawing(1, 64), "JPEG")
    profiled = encoded(drawing(1, 64), "JPEG", icc_profile=srgb)
    assert (decode(content, CAP).on_white() == decode(profiled, CAP).on_white()).all()


def test_of_a_cameras_several_views_the_first_is_the_picture():
    views = [Image.fromarray(drawing(number, 64)) for number in (1, 2)]
    stream = io.BytesIO()
    views[0].save(stream, "MPO", save_all=True, append_images=views[1:])
    picture = decode(stream.getvalue(), CAP)
    assert cv2.PSNR(picture.on_white(), drawing(1, 64)) > 25


@pytest.mark.parametrize("progressive", [False, True])
def test_cut_anywhere_it_is_corrupt_and_stderr_quiet(
    progressive: bool, capfd: pytest.CaptureFixture[str]
):
    thumbnail = encoded(drawing(2, 16), "JPEG")
    options = {"progressive": progressive, "comment": thumbnail}
    content = encoded(drawing(1, 64), "JPEG", **options)
    assert decode(content, CAP).width == 64
    for length in range(0, len(content) - 1, 37):
        with pytest.raises(Undecodable) as refused:
            decode(content[:length], CAP)
        assert refused.value.reason is DropReason.CORRUPT
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("rubbish", [b"\0" * 99, b"<html>", b"\xff\xd8\xff"])
def test_rubbish_behind_the_end_is_forgiven(rubbish: bytes):
    content = encoded(drawing(1, 64), "JPEG")
    assert (decode(content + rubbish, CAP).on_white() == decode(content, CAP).on_white()).all()


def test_filling_between_segments_is_forgiven():
    content = encoded(drawing(1, 64), "JPEG")
    filled = content[:2] + b"\xff\xff\xff" + content[2:]
    assert (decode(filled, CAP).on_white() == decode(content, CAP).on_white()).all()


def test_a_bomb_is_never_decoded():
    content = encoded(drawing(1, 64), "JPEG")
    size = content.index(struct.pack(">HH", 64, 64))
    with pytest.raises(Undecodable) as refused:
        decode(content[:size] + b"\xff\xff\xff\xff" + content[size + 4 :], CAP)
    assert refused.value.reason is DropReason.TOO_LARGE
