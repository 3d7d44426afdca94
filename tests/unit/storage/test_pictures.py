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
