"""What of a progressive JPEG is left out, and that a smaller picture hardly shows it."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from preprocessing.decode import decode
from preprocessing.scans import without_refinements
from tests.pictures import drawing, encoded

CAP = 10_000_000
SIDE_PX, ENOUGH_PX = 800, 256
HARDLY_TO_BE_TOLD_DB = 44
LUMA = {1}


def _grained(seed: int) -> np.ndarray:
    """A drawing with the grain of paper, so that every block has something to refine."""
    noise = np.random.default_rng(seed).normal(0, 2, (SIDE_PX, SIDE_PX, 1))
    return (drawing(seed, SIDE_PX) + noise).clip(0, 255).astype(np.uint8)


def _file(quality: int = 90, **options: object) -> bytes:
    return encoded(_grained(3), "JPEG", quality=quality, progressive=True, **options)


def _scans(jpeg: bytes) -> list[tuple[tuple[int, ...], int, int]]:
    """Tell of each scan the components, the first coefficient and the bit that was known."""
    found, place = [], 0
    # 255 218 stands in no scan's data.
    while (place := jpeg.find(b"\xff\xda", place)) >= 0:
        count = jpeg[place + 4]
        told = jpeg[place + 5 + 2 * count :]
        found.append((tuple(jpeg[place + 5 : place + 5 + 2 * count : 2]), told[0], told[2] >> 4))
        place += 1
    return found


def _small(jpeg: bytes) -> np.ndarray:
    return decode(jpeg, CAP, enough_px=ENOUGH_PX).pixels_HWC


def _half(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)[..., ::-1]


def test_colour_differences_lose_their_last_bits_too_where_each_pixel_has_its_own():
    content = _file(subsampling="4:4:4")
    assert (_small(content) == _half(without_refinements(content, {1, 2, 3}))).all()
    for subsampling in ("4:2:2", "4:2:0"):
        content = _file(subsampling=subsampling)
        assert (_small(content) == _half(without_refinements(content, LUMA))).all()


def test_only_refinements_of_the_one_component_go():
    whole = _file()
    refining = [scan for scan in _scans(whole) if scan[0] == (1,) and scan[2] and scan[1]]
    assert len(refining) == 2
    left = [scan for scan in _scans(whole) if scan not in refining]
    assert _scans(without_refinements(whole, LUMA)) == left
    # the means of the blocks and both colour differences are refined as before
    assert {scan[0] for scan in left if scan[2]} == {(1, 2, 3), (2,), (3,)}


@pytest.mark.parametrize("quality", [85, 90, 97])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_the_square_is_hardly_to_be_told_from_that_of_the_whole(quality: int, subsampling: str):
    content = _file(quality, subsampling=subsampling)
    assert (_small(content) != _half(content)).any()
    enough, whole = decode(content, CAP, enough_px=ENOUGH_PX), decode(content, CAP)
    assert (enough.width, enough.height, enough.lossless) == (SIDE_PX, SIDE_PX, False)
    assert cv2.PSNR(enough.square(256), whole.square(256)) >= HARDLY_TO_BE_TOLD_DB


def test_where_all_pixels_are_wanted_all_bits_are_read():
    content = _file()
    whole = np.asarray(Image.open(io.BytesIO(content)))
    assert cv2.PSNR(decode(content, CAP).pixels_HWC, whole) > 45
    # so large a square leaves no room for a fraction
    assert (decode(content, CAP, enough_px=400).pixels_HWC == decode(content, CAP).pixels_HWC).all()


def test_of_a_coarse_file_all_bits_are_read():
    content = _file(84)
    assert (_small(content) == _half(content)).all()


def test_of_a_file_that_is_not_progressive_all_is_read():
    content = encoded(_grained(3), "JPEG", quality=90)
    assert (_small(content) == _half(content)).all()
    assert without_refinements(content, LUMA) == content


def test_a_gray_file_does_without_too():
    content = encoded(_grained(3)[..., 0], "JPEG", quality=90, progressive=True)
    assert (_small(content) != _half(content)).any()
    whole = decode(content, CAP).square(256)
    assert cv2.PSNR(decode(content, CAP, enough_px=256).square(256), whole) > HARDLY_TO_BE_TOLD_DB


def test_of_red_green_and_blue_none_is_luma():
    content = _file(keep_rgb=True)
    assert _scans(without_refinements(content, {ord("R")})) != _scans(content)
    assert (_small(content) == _half(content)).all()


def test_that_colours_are_stored_as_they_are_may_be_said_by_adobes_segment_alone():
    content = _file()
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
    # in place of JFIF's segment, which would say otherwise
    told = content[:2] + adobe + content[content.index(b"\xff\xdb") :]
    assert Image.open(io.BytesIO(told)).info["adobe_transform"] == 0
    assert (_small(told) == _half(told)).all()


def test_restarts_fill_and_rubbish_change_nothing():
    plain = without_refinements(_file(), LUMA)
    frame = plain.index(b"\xff\xc2")
    filled = _file()[:frame] + b"\xff\xff\xff" + _file()[frame:] + b"rubbish\xff\xda\xff"
    assert without_refinements(filled, LUMA) == plain
    restarted = _file(restart_marker_blocks=7)
    assert b"\xff\xd3" in restarted
    assert (_half(without_refinements(restarted, LUMA)) == _half(plain)).all()


@pytest.mark.parametrize("broken", ["no end", "odd bytes", "nothing", "start alone"])
def test_a_file_that_cannot_be_walked_is_given_as_it_is(broken: str):
    content = _file()
    frame = content.index(b"\xff\xc2")
    bytes_of = {
        "no end": content[:-2],
        "odd bytes": content[:frame] + b"odd" + content[frame:],
        "nothing": b"",
        "start alone": content[:2],
    }
    assert without_refinements(bytes_of[broken], LUMA) == bytes_of[broken]


def test_cut_anywhere_it_ends():
    content = _file()
    for length in range(0, len(content) - 1, 997):
        assert without_refinements(content[:length], LUMA) == content[:length]


def test_of_a_cameras_several_views_the_first_is_left():
    views = [Image.fromarray(_grained(seed)) for seed in (3, 4)]
    stream = io.BytesIO()
    views[0].save(stream, "MPO", save_all=True, append_images=views[1:], progressive=True)
    content = stream.getvalue()
    assert isinstance(Image.open(io.BytesIO(content)), JpegImagePlugin.JpegImageFile)
    enough, whole = decode(content, CAP, enough_px=256), decode(content, CAP)
    assert cv2.PSNR(enough.square(256), whole.square(256)) > 40
