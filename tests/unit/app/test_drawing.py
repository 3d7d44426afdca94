import io

import numpy as np
import pytest
from PIL import Image

from app.drawing import MAX_PIXELS, clean_scan, read_color, read_drawing
from storage.errors import BadInput
from tests.pictures import drawing, encoded


def test_lines_on_a_clear_layer_lie_on_white_paper() -> None:
    ink = np.zeros((40, 40, 4), np.uint8)
    ink[10:12] = (0, 0, 0, 255)

    found = read_drawing(encoded(ink), "ink.png")

    assert found.line_HW[0, 0] == 255
    assert found.line_HW[11, 5] == 0


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_every_usual_format_is_opened_and_named_by_its_md5(format: str) -> None:
    content = encoded(drawing(1, 64), format)

    found = read_drawing(content, "page")

    assert found.line_HW.shape == (64, 64)
    assert len(found.md5) == 32


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_usual_mode_is_opened(mode: str) -> None:
    content = io.BytesIO()
    Image.new(mode, (30, 20)).save(content, "PNG")

    assert read_drawing(content.getvalue(), "page").line_HW.shape == (20, 30)


def test_a_strip_that_no_picture_is_refused_before_it_is_widened() -> None:
    strip = encoded(np.full((1, 65_536), 255, np.uint8))
    with pytest.raises(BadInput, match=r"strip\.png: has a side of more than 65535 px; cut it"):
        read_drawing(strip, "strip.png")


@pytest.mark.parametrize("content", [b"", b"hello", encoded(drawing(1, 64))[:200]])
def test_what_is_no_whole_picture_is_refused_by_its_name(content: bytes) -> None:
    with pytest.raises(BadInput, match=r"page\.png: is no whole PNG"):
        read_drawing(content, "page.png")


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    side = int(MAX_PIXELS**0.5) + 10
    content = io.BytesIO()
    Image.new("1", (side, side), 1).save(content, "PNG")

    with pytest.raises(BadInput, match="more than 40 million pixels"):
        read_color(content.getvalue(), "page.png")


@pytest.mark.parametrize("times", [1, 6])
def test_a_photo_of_a_page_gets_white_paper_and_black_ink(times: int) -> None:
    chance = np.random.default_rng(0)
    # A lamp at the left, a shadow at the right, grain all over.
    light = np.linspace(230, 120, 400)[None].repeat(300, axis=0)
    ink = np.ones((300, 400))
    ink[100:104, 30:370] = 0.25
    ink[30:270, 200:203] = 0.25
    shown = (light * ink).repeat(times, axis=0).repeat(times, axis=1)
    photo = (shown + chance.normal(0, 4, shown.shape)).clip(0, 255).astype(np.uint8)

    cleaned = clean_scan(photo)[::times, ::times]

    paper = np.ones_like(ink, dtype=bool)
    paper[94:110] = paper[:, 194:209] = False
    assert (cleaned[paper] == 255).mean() > 0.97
    assert cleaned[101:103, 40:180].max() < 60
    assert cleaned[101:103, 220:360].max() < 60


def test_clean_lines_stay_as_they_are_when_cleaned(page_lines: np.ndarray) -> None:
    cleaned = clean_scan(page_lines)

    assert (np.abs(cleaned.astype(int) - page_lines) > 40).mean() < 0.002


@pytest.mark.parametrize("shape", [(1, 4000), (4000, 1), (3, 9000)])
def test_a_strip_is_cleaned_too(shape: tuple[int, int]) -> None:
    assert clean_scan(np.full(shape, 200, np.uint8)).shape == shape


def test_the_light_of_a_large_scan_is_told_where_it_lies() -> None:
    # Twice as light on the right: paper is white on both sides, ink is black.
    light = np.linspace(110, 220, 3000)[None].repeat(300, 0)
    light[140:146] *= 0.2
    cleaned = clean_scan(light.astype(np.uint8))
    assert (cleaned[:100] == 255).all()
    assert (cleaned[142:144] == 0).all()
