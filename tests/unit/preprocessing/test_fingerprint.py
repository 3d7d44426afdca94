import imagehash
import numpy as np
from PIL import Image

from preprocessing.decode import decode
from preprocessing.fingerprint import fingerprint
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
    jpeg = to_gray(decode(encoded(drawing(1, 512), "JPEG", quality=70), 10**6).on_white())
    assert _distance(fingerprint(original), fingerprint(small)) <= 4
    assert _distance(fingerprint(original), fingerprint(jpeg)) <= 4
    assert _distance(fingerprint(original), fingerprint(to_gray(drawing(2, 512)))) >= 12


def test_a_flat_picture_has_no_fingerprint():
    assert fingerprint(np.full((64, 64), 200, np.uint8)) == ""


def test_half_of_the_bits_are_above_the_median():
    for number in range(10):
        assert int(fingerprint(to_gray(drawing(number))), 16).bit_count() == 32
