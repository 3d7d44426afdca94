import numpy as np
import pytest

from storage.errors import CorruptFile
from storage.pictures import decode_png, encode_png
from tests.pictures import drawing


def test_a_stored_picture_comes_back_without_loss_and_the_same_gives_the_same_bytes():
    grain = np.random.default_rng(1).integers(0, 256, (33, 65, 3)).astype(np.uint8)
    for color in (drawing(1, 64), grain):
        assert (decode_png(encode_png(color), "RGB", "here") == color).all()
        gray = np.ascontiguousarray(color[..., 0])
        assert (decode_png(encode_png(gray), "L", "here") == gray).all()
        assert encode_png(color) == encode_png(color.copy())


def test_a_stored_picture_that_is_broken_names_its_place():
    with pytest.raises(CorruptFile, match=r"train-0\.tar"):
        decode_png(encode_png(drawing(1, 64))[:-20], "RGB", "train-0.tar")


def test_a_flipped_bit_anywhere_gives_another_picture_or_a_clear_line():
    """A size that is believed would have the decoder ask for all memory, and panic."""
    content = encode_png(drawing(1, 16))
    for place in range(8, 33):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            with pytest.raises(CorruptFile, match=r"^there: no readable PNG"):
                decode_png(bytes(damaged), "RGB", "there")
