import imagehash
import numpy as np
import pytest
from PIL import Image

from preprocessing.decode import decode
from preprocessing.fingerprint import fingerprint, pairs_within
from preprocessing.resize import to_gray
from tests.pictures import drawing, encoded


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_the_hash_is_the_published_one():
    for number in range(10):
        gray = to_gray(drawing(number))
        theirs = str(imagehash.phash(Image.fromarray(gray)))
        assert _distance(fingerprint(gray), theirs) <= 6


def test_re_encoding_and_rescaling_change_few_bits_and_another_drawing_many():
    original = to_gray(drawing(1, 512))
    small = to_gray(np.asarray(Image.fromarray(drawing(1, 512)).resize((300, 300))))
    jpeg = to_gray(decode(encoded(drawing(1, 512), "JPEG", quality=70), 10**6).color_HWC)
    assert _distance(fingerprint(original), fingerprint(small)) <= 4
    assert _distance(fingerprint(original), fingerprint(jpeg)) <= 4
    assert _distance(fingerprint(original), fingerprint(to_gray(drawing(2, 512)))) >= 12


def test_a_flat_picture_has_no_fingerprint():
    assert fingerprint(np.full((64, 64), 200, np.uint8)) == ""


@pytest.mark.parametrize("radius", [0, 1, 4, 6, 10])
def test_every_near_pair_is_found_and_no_other(radius: int):
    chance = np.random.default_rng(radius)
    hashes = chance.integers(0, 1 << 63, 300, dtype=np.uint64)
    near = hashes[:100].copy()
    for place in range(100):
        for bit in chance.choice(64, size=int(chance.integers(0, radius + 3)), replace=False):
            near[place] ^= np.uint64(1 << int(bit))
    everything = np.concatenate([hashes, near])
    apart = np.bitwise_count(everything[:, None] ^ everything[None])
    first, second = np.nonzero(np.triu(apart <= radius, k=1))
    expected = sorted(zip(first.tolist(), second.tolist(), strict=True))
    assert [tuple(pair) for pair in pairs_within(everything, radius).tolist()] == expected
    assert expected


def test_no_hashes_have_no_pairs():
    assert pairs_within(np.array([], np.uint64), 4).shape == (0, 2)
