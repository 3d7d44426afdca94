from pathlib import Path

import cv2
import numpy as np
import pytest
from upath import UPath

from evaluation.pairs import first_keys, read_pairs, shards_of
from storage import manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, Split, StageRecord
from tests.circle_pairs import make_pairs
from tests.shard_files import write_shard
from tests.unit.evaluation.conftest import SIZE_PX, SPLITS


@pytest.fixture
def folder(layout: DataLayout, paired: StageRecord) -> UPath:
    return layout.stage(Stage.CONDITION, paired.key)


def test_pairs_are_what_the_shards_hold_in_their_order(folder: UPath) -> None:
    rows = shards_of(folder, Split.TEST)
    samples = [sample for row in rows for sample in shards.read(folder / row.name)]
    assert len(rows) == 2
    for pair, sample in zip(read_pairs(folder, rows), samples, strict=True):
        assert pair.md5 == sample.key
        assert f'"{pair.post_url}"'.encode() in sample.files["json"]
        for ending, ours, how in (
            ("color", pair.color_HWC, cv2.IMREAD_COLOR_RGB),
            ("hint", pair.hint_HWC, cv2.IMREAD_COLOR_RGB),
            ("edge", pair.edge_HW, cv2.IMREAD_GRAYSCALE),
            ("line", pair.line_HW, cv2.IMREAD_GRAYSCALE),
        ):
            content = np.frombuffer(sample.files[f"{ending}.png"], np.uint8)
            assert np.array_equal(ours, cv2.imdecode(content, how))


def test_one_shard_and_named_pictures_can_be_read_alone(folder: UPath) -> None:
    rows = shards_of(folder, Split.TEST)
    every = [pair.md5 for pair in read_pairs(folder, rows)]
    assert [pair.md5 for pair in read_pairs(folder, rows[1:])] == every[rows[0].samples :]
    assert [pair.md5 for pair in read_pairs(folder, rows, {every[1]})] == [every[1]]
    assert first_keys(folder, rows, 3) == sorted(every)[:3]


def test_each_picture_keeps_its_own_lines_where_only_some_have_any(
    tmp_path: Path,
) -> None:
    layout = DataLayout.at(str(tmp_path))
    folder = layout.stage(Stage.CONDITION, make_pairs(layout, SPLITS, SIZE_PX).key)
    rows = shards_of(folder, Split.TEST)
    samples = list(shards.read(folder / rows[0].name))
    for number in (0, 2):
        samples[number].files["line.png"] = samples[number].files["edge.png"]
    rows = [write_shard(folder, 0, Split.TEST, samples), rows[1]]
    manifest.write_table(folder / "shards.parquet", Contract.PAIRS, rows, type(rows[0]))
    pairs = list(read_pairs(folder, rows))
    assert [pair.line_HW is not None for pair in pairs] == [True, False, True, False, False]
    for number in (0, 2):
        assert np.array_equal(pairs[number].line_HW, pairs[number].edge_HW)
    lined = sorted(pairs[number].md5 for number in (0, 2))
    assert first_keys(folder, rows, 5, lined=True) == lined
    assert first_keys(folder, rows, 1, lined=True) == lined[:1]
