import cv2
import numpy as np
import pytest
from cykooz_resizer import CpuExtensions, ImageData, PixelType, ResizeOptions, Resizer
from PIL import Image

from preprocessing.resize import BICUBIC, to_gray, to_square
from tests.pictures import drawing

SHAPES = [(64, 64), (100, 150), (301, 77), (64, 500), (40, 30)]
BUT_FOR_ROUNDING_DB = 48


def _by_pillow(image: Image.Image, size_px: int, box: tuple[float, ...] | None = None):
    bicubic = Image.Resampling.BICUBIC
    return np.asarray(image.resize((size_px, size_px), bicubic, box=box))


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_it_is_the_bicubic_with_antialiasing_that_pillow_has(height: int, width: int):
    picture = drawing(1, 512)[:height, :width]
    expected = _by_pillow(Image.fromarray(picture), 64)
    assert cv2.PSNR(to_square(picture, 64), expected) >= BUT_FOR_ROUNDING_DB


def test_what_stands_over_the_edge_does_not_count():
    picture = drawing(1, 512)[:301, :200]
    expected = _by_pillow(Image.fromarray(picture), 64, (0, 0, 199.5, 300.25))
    assert cv2.PSNR(to_square(picture, 64, (199.5, 300.25)), expected) >= BUT_FOR_ROUNDING_DB


def test_four_channels_are_shrunk_each_by_itself():
    picture, alpha = drawing(1, 301), drawing(2, 301)[..., :1]
    square = to_square(np.concatenate([picture, alpha], axis=2), 64)
    assert (square[..., :3] == to_square(picture, 64)).all()
    assert (square[..., 3] == to_square(alpha[..., 0], 64)).all()


def test_a_turned_picture_is_taken_as_it_is_seen():
    turned = np.rot90(drawing(1, 301), -1)
    assert not turned.flags.c_contiguous
    assert (to_square(turned, 64) == to_square(turned.copy(), 64)).all()
    assert (to_square(turned[..., 0], 64) == to_square(turned, 64)[..., 0]).all()


@pytest.mark.parametrize("extensions", ["none", "sse4_1", "avx2"])
@pytest.mark.parametrize("kind", [PixelType.U8x3, PixelType.U8x4])
def test_every_processor_gives_the_same_bytes(extensions: str, kind: PixelType):
    color = drawing(1, 301)
    channels = color if kind is PixelType.U8x3 else np.dstack([color, color[..., 0]])
    resizer = Resizer()
    resizer.cpu_extensions = CpuExtensions[extensions]
    square = ImageData(64, 64, kind)
    plainly = ResizeOptions(BICUBIC, use_alpha=False)
    resizer.resize(ImageData(301, 301, kind, channels.tobytes()), square, plainly)
    assert square.get_buffer() == to_square(channels, 64).tobytes()
    assert (to_square(channels, 64)[..., :3] == to_square(color, 64)).all()


def test_gray_is_shrunk_as_a_channel_of_colour_is():
    picture = drawing(1, 301)
    assert (to_square(picture[..., 1], 64) == to_square(picture, 64)[..., 1]).all()


def test_a_square_of_the_right_size_is_left_as_it_is():
    assert (to_square(drawing(1, 64), 64) == drawing(1, 64)).all()


def test_enlarging_shows_no_steps():
    ramp = np.repeat(np.linspace(0, 255, 16).astype(np.uint8)[None, :, None], 16, 0).repeat(3, 2)
    steps = np.diff(to_square(ramp, 64)[32, :, 0].astype(int))
    assert steps.max() <= 8


def test_a_side_that_shrinks_is_averaged_though_the_other_grows():
    # Of columns black and white in turn nothing is left but gray.
    stripes = np.zeros((16, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    away_from_the_edges = to_square(stripes, 64)[:, 1:-1]
    assert np.abs(away_from_the_edges.astype(int) - 127.5).max() <= 1


@pytest.mark.parametrize(
    ("color", "luma"), [((255, 0, 0), 76), ((0, 255, 0), 150), ((0, 0, 255), 29)]
)
def test_gray_weighs_each_channel_as_luma_does(color: tuple[int, int, int], luma: int):
    assert to_gray(np.full((2, 3, 3), color, np.uint8)).tolist() == [[luma] * 3] * 2
