"""What a shard's samples are made of."""

import hashlib
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing.config import PackConfig
from preprocessing.looks import Looks
from preprocessing.packing import pack_samples, plan_packing
from preprocessing.resize import to_square
from storage import images
from storage.layout import DataLayout
from storage.pictures import decode_png
from tests.verdicts import verdict_of

SIDE_PX = 300


def _stored(layout: DataLayout, content: bytes) -> str:
    md5 = hashlib.md5(content).hexdigest()
    images.keep(layout, md5, "png", content)
    return md5


@pytest.mark.parametrize(
    ("cut", "endings"), [(0, {"color", "json", "line"}), (99, {"color", "json"})]
)
def test_line_art_that_is_broken_is_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: int, endings: set[str]
) -> None:
    layout = DataLayout.at(str(tmp_path))
    color = np.random.default_rng(1).integers(0, 256, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    content = cv2.imencode(".png", color)[1].tobytes()
    lines = cv2.imencode(".png", color[..., 0])[1].tobytes()
    picture, line_art = _stored(layout, content), _stored(layout, lines[: len(lines) - cut])

    with caplog.at_level(logging.WARNING):
        (sample,) = pack_samples(
            (verdict_of(7, md5=picture, line_md5=line_art),),
            config=PackConfig(size_px=64),
            looks=Looks(layout, 10**7),
        )

    assert {name.partition(".")[0] for name in sample.files} == endings
    assert (line_art in caplog.text) is bool(cut)


def test_the_samples_of_a_shard_stand_by_their_md5_whatever_order_they_come_in():
    kept = [verdict_of(number, place=number) for number in (3, 1, 2)]
    ((plan, chosen),) = plan_packing(kept, PackConfig())
    assert [verdict.post_id for verdict in chosen] == [1, 2, 3]
    assert plan_packing(kept[::-1], PackConfig()) == [(plan, chosen)]


def test_a_place_decides_the_shard_and_each_is_filled_before_the_next():
    kept = [verdict_of(number, place=number) for number in range(7)]
    plans = plan_packing(kept, PackConfig(samples_per_shard=3))
    assert [(plan.name, plan.samples) for plan, _ in plans] == [
        ("train-000000.tar", 3),
        ("train-000001.tar", 3),
        ("train-000002.tar", 1),
    ]


@pytest.mark.parametrize("fact", ["sha256", "line_md5", "source", "family"])
def test_a_shard_of_other_contents_has_another_plan(fact: str):
    (one,), (other,) = (
        plan_packing([verdict_of(1, **{fact: value})], PackConfig()) for value in ("", "other")
    )
    assert one[0].name == other[0].name
    assert one[0].digest != other[0].digest


def test_a_shard_of_pictures_of_another_size_has_another_plan():
    kept = [verdict_of(1)]
    (one,), (other,) = (plan_packing(kept, PackConfig(size_px=side)) for side in (128, 256))
    assert one[0].name == other[0].name
    assert one[0].digest != other[0].digest


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (300, 300)])
def test_a_picture_with_a_side_below_the_judged_square_is_packed_from_its_original(
    layout: DataLayout, shape: tuple[int, int]
) -> None:
    color = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    md5 = _stored(layout, cv2.imencode(".png", color[..., ::-1])[1].tobytes())
    verdict = verdict_of(7, md5=md5, height=shape[0], width=shape[1])

    (sample,) = pack_samples((verdict,), config=PackConfig(size_px=128), looks=Looks(layout, 10**7))

    square = to_square(color, 256) if min(shape) >= 256 else color
    packed = decode_png(sample.files["color.png"], "RGB", md5)
    assert np.array_equal(packed, to_square(square, 128))
