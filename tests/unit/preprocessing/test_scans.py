"""What of a progressive JPEG is left out, and that a smaller picture hardly shows it."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from preprocessing.decode import decode
from preprocessing.pixels import read_pixels
from preprocessing.scans import without_refinements
from tests.pictures import drawing, encoded

CAP = 10_000_000
SIDE_PX, ENOUGH_PX = 800, 256
HARDLY_TO_BE_TOLD_DB = 44
FINE = [1] * 64
LUMA = {1: FINE}
ALL = {1: FINE, 2: FINE, 3: FINE}


def _grained(seed: int) -> np.ndarray:
    """A drawing with the grain of paper, so that every block has something to refine."""
    noise = np.random.default_rng(seed).normal(0, 2, (SIDE_PX, SIDE_PX, 1))
    return (drawing(seed, SIDE_PX) + noise).clip(0, 255).astype(np.uint8)


def _file(quality: int = 90, *, gray: bool = False, **options: object) -> bytes:
    picture = _grained(3)[..., 0] if gray else _grained(3)
    how = options if "qtables" in options else {"quality": quality, **options}
    return encoded(picture, "JPEG", progressive=True, **how)


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
    assert (_small(content) == _half(without_refinements(content, ALL))).all()
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


@pytest.mark.parametrize("quality", [88, 90, 97])
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


def test_how_much_would_be_lost_decides_for_each_component_by_its_own_table():
    luma, chroma = [3] * 64, [20] * 64
    content = _file(qtables=[luma, chroma], subsampling="4:4:4")
    assert (_small(content) == _half(without_refinements(content, LUMA))).all()
    coarse_behind_the_first = [3, 3, *[60] * 62]
    content = _file(qtables=[coarse_behind_the_first, luma], subsampling="4:4:4")
    assert (_small(content) == _half(without_refinements(content, {2: FINE, 3: FINE}))).all()
    # What half the size cannot show may be as coarse as it likes.
    low = [8 * row + column for row in range(4) for column in range(4)]
    fine_where_seen = [1 if place in low else 255 for place in range(64)]
    content = _file(qtables=[fine_where_seen] * 2, subsampling="4:4:4")
    assert (_small(content) == _half(without_refinements(content, ALL))).all()
    assert cv2.PSNR(_small(content), _half(content)) > HARDLY_TO_BE_TOLD_DB


def test_how_coarsely_a_mean_is_stored_keeps_no_bits_of_the_rest():
    content = _file(subsampling="4:4:4")
    coarse_means = {component: [255, *[1] * 63] for component in ALL}
    assert without_refinements(content, coarse_means) == without_refinements(content, ALL)
    assert without_refinements(content, coarse_means) != content


def test_how_many_bits_come_later_decides_too():
    content = _file()
    one_bit = without_refinements(content, {1: [3] * 64})
    assert one_bit != content
    # As if three bits had been left for later: the low four bits of a scan's last byte.
    for scan in range(2):
        place = [i for i in range(len(content)) if content.startswith(b"\xff\xda", i)][1 + 3 * scan]
        assert (content[place + 4], content[place + 5], content[place + 9]) == (1, 1, 2)
        told = content[: place + 9] + bytes([3]) + content[place + 10 :]
        assert without_refinements(told, {1: [3] * 64}) == told


def test_of_a_file_that_is_not_progressive_all_is_read():
    content = encoded(_grained(3), "JPEG", quality=90)
    assert (_small(content) == _half(content)).all()
    assert without_refinements(content, LUMA) == content


def test_a_gray_file_does_without_too():
    content = _file(gray=True)
    assert (_small(content) != _half(content)).any()
    whole = decode(content, CAP).square(256)
    assert cv2.PSNR(decode(content, CAP, enough_px=256).square(256), whole) > HARDLY_TO_BE_TOLD_DB


def test_red_green_and_blue_lose_as_little_each():
    content = _file(keep_rgb=True, qtables=[[3] * 64])
    every = dict.fromkeys(b"RGB", FINE)
    assert (_small(content) == _half(without_refinements(content, every))).all()
    assert (_small(content) != _half(content)).any()
    whole = decode(content, CAP).square(256)
    assert cv2.PSNR(decode(content, CAP, enough_px=256).square(256), whole) > HARDLY_TO_BE_TOLD_DB


def test_a_component_whose_table_comes_late_keeps_its_bits():
    content = _file()
    tables = content.index(b"\xff\xdb"), content.index(b"\xff\xc2")
    late = content[: tables[0]] + content[tables[1] :]
    first = late.index(b"\xff\xc4")
    late = late[:first] + content[slice(*tables)] + late[first:]
    assert (_small(late) == _small(content)).all()
    with JpegImagePlugin.JpegImageFile(io.BytesIO(late)) as image:
        assert len(image.quantization) == 2
        image.quantization = {1: FINE}
        assert (read_pixels(image, late, ENOUGH_PX) == _half(late)).all()


def test_a_gray_files_means_stay_exact():
    content = _file(gray=True)
    without = without_refinements(content, LUMA)
    means = [scan for scan in _scans(content) if scan[1] == 0]
    assert [scan for scan in _scans(without) if scan[1] == 0] == means
    assert len(means) == 2


def test_a_scan_whose_header_looks_like_a_marker_is_walked_over():
    content = _file()
    place = content.index(b"\xff\xda")
    # Two bytes that would end the scan if they stood in its data stand in its header here.
    longer = (int.from_bytes(content[place + 2 : place + 4], "big") + 2).to_bytes(2, "big")
    end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    told = content[: place + 2] + longer + content[place + 4 : end] + b"\xff\xd9" + content[end:]
    assert len(without_refinements(told, LUMA)) == len(without_refinements(content, LUMA)) + 2


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
