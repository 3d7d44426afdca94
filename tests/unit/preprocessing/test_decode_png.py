"""Every kind of PNG gives the pixels that the standard says."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from preprocessing.decode import Undecodable, decode
from storage.records import DropReason
from tests.pictures import drawing
from tests.raw_png import GRAY, GRAY_ALPHA, PALETTE, RGB, RGB_ALPHA, chunk, raw_png

CAP = 10_000
CHANNELS = {GRAY: 1, RGB: 3, GRAY_ALPHA: 2, RGB_ALPHA: 4}
DIRECT = [(GRAY, depth) for depth in (1, 2, 4, 8, 16)] + [
    (kind, depth) for kind in (RGB, GRAY_ALPHA, RGB_ALPHA) for depth in (8, 16)
]


def _levels(kind: int, depth: int) -> np.ndarray:
    return np.random.default_rng(depth).integers(0, 2**depth, (9, 13, CHANNELS.get(kind, 1)))


def _eight_bits(levels: np.ndarray, depth: int) -> np.ndarray:
    return levels >> 8 if depth == 16 else levels * (255 // (2**depth - 1))


def _on_white(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.rint(color * (alpha / 255) + 255 - alpha)


@pytest.mark.parametrize(("kind", "depth"), DIRECT)
def test_gray_and_colour_of_any_depth_keep_their_tones(kind: int, depth: int):
    levels = _levels(kind, depth)
    stored = _eight_bits(levels, depth)
    has_alpha = kind in (GRAY_ALPHA, RGB_ALPHA)
    color, alpha = (stored[..., :-1], stored[..., -1:]) if has_alpha else (stored, 255)
    found = decode(raw_png(levels, kind, depth), CAP).on_white()
    assert (found == _on_white(color, np.asarray(alpha))).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("is_transparent", [False, True])
def test_a_palette_gives_its_colours_on_white(depth: int, is_transparent: bool):
    chance = np.random.default_rng(depth)
    palette = chance.integers(0, 256, (2**depth, 3))
    alpha = chance.integers(0, 256, (2**depth, 1)) if is_transparent else np.full((256, 1), 255)
    before = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    before += chunk(b"tRNS", alpha.astype(np.uint8).tobytes()) if is_transparent else b""
    levels = _levels(PALETTE, depth)[..., 0]
    found = decode(raw_png(levels, PALETTE, depth, before), CAP).on_white()
    assert (found == _on_white(palette[levels], alpha[levels])).all()


def test_a_place_beyond_the_palette_is_black_as_in_libpng():
    before = chunk(b"PLTE", bytes([10, 20, 30]))
    content = raw_png(np.array([[0, 1], [255, 0]]), PALETTE, 8, before)
    found = decode(content, CAP).on_white()
    assert found.tolist() == [[[10, 20, 30], [0, 0, 0]], [[0, 0, 0], [10, 20, 30]]]
    assert (cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB) == found).all()


@pytest.mark.parametrize("palette", [b"", bytes(4), bytes(3 * 257)])
def test_places_without_a_whole_palette_are_no_picture(palette: bytes):
    before = chunk(b"PLTE", palette) if palette else b""
    with pytest.raises(Undecodable) as refused:
        decode(raw_png(np.zeros((2, 2), int), PALETTE, 8, before), CAP)
    assert refused.value.reason is DropReason.CORRUPT


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_transparent_level_of_a_gray_picture_is_paper(depth: int):
    levels = _levels(GRAY, depth)
    paper = int(levels[0, 0, 0])
    content = raw_png(levels, GRAY, depth, chunk(b"tRNS", struct.pack(">H", paper)))
    expected = np.where(levels == paper, 255, _eight_bits(levels, depth))
    assert (decode(content, CAP).on_white() == expected).all()


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_colour_of_an_rgb_picture_is_paper(depth: int):
    levels = _levels(RGB, depth)
    content = raw_png(levels, RGB, depth, chunk(b"tRNS", struct.pack(">HHH", *levels[0, 0])))
    expected = _eight_bits(levels, depth)
    expected[0, 0] = 255
    assert (decode(content, CAP).on_white() == expected).all()


def test_a_gamma_chunk_is_passed_over_as_too_often_wrong():
    content = raw_png(drawing(1, 16), RGB, 8, chunk(b"gAMA", struct.pack(">I", 100_000)))
    assert (decode(content, CAP).on_white() == drawing(1, 16)).all()


def test_odd_chunks_are_no_matter_and_leave_stderr_quiet(capfd: pytest.CaptureFixture[str]):
    odd = chunk(b"iCCP", b"x\0\0broken") + chunk(b"sBIT", b"\x09\x09\x09") + chunk(b"prVt", b"?")
    content = raw_png(drawing(1, 16), RGB, 8, odd)
    assert (decode(content, CAP).on_white() == drawing(1, 16)).all()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_lying_png_is_turned_wherever_its_exif_stands(place: str):
    exif = Image.Exif()
    exif[0x0112] = 6
    turn = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    content = raw_png(drawing(1, 16)[:8], RGB, 8, **{place: turn})
    assert (decode(content, CAP).on_white() == np.rot90(drawing(1, 16)[:8], -1)).all()


def test_an_interlaced_png_is_like_any_other():
    # 2 x 2 pixels, by the passes of Adam7: (0,0) in the 1st, (1,0) in the 6th, the row in the 7th.
    header = struct.pack(">IIBBBBB", 2, 2, 8, GRAY, 0, 0, 1)
    plain = raw_png(np.zeros((2, 2), np.int64), GRAY, 8)
    pixels = chunk(b"IDAT", zlib.compress(bytes([0, 10, 0, 20, 0, 30, 40])))
    content = plain[:8] + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")
    assert decode(content, CAP).on_white()[..., 0].tolist() == [[10, 20], [30, 40]]


def test_fewer_rows_than_promised_are_corrupt_though_every_crc_is_right():
    whole, half = raw_png(drawing(1, 16), RGB, 8), raw_png(drawing(1, 16)[:8], RGB, 8)
    with pytest.raises(Undecodable) as refused:
        decode(whole[:33] + half[33:], CAP)
    assert refused.value.reason is DropReason.CORRUPT


def test_a_bomb_is_never_decoded():
    levels = np.zeros((1, 1, 3), np.int64)
    content = raw_png(levels, RGB, 8)
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, RGB, 0, 0, 0)
    with pytest.raises(Undecodable) as refused:
        decode(content[:8] + chunk(b"IHDR", header) + content[33:], CAP)
    assert refused.value.reason is DropReason.TOO_LARGE
