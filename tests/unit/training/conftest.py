"""A condition stage made on the spot: a few small drawings as pairs in shards."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from preprocessing.config import ConditionConfig
from preprocessing.pairs import draw_pair
from storage import digest, ledger, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split, StageRecord
from storage.shards import Sample
from tests.shard_files import write_shard

SIZE_PX = 32
COUNTS = {Split.TRAIN: 10, Split.VAL: 3, Split.TEST: 2}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    # Small tensors on a busy machine: a second thread only waits for the first.
    torch.set_num_threads(1)


@pytest.fixture
def layout(tmp_path: Path) -> DataLayout:
    return DataLayout.at(str(tmp_path))


@pytest.fixture
def paired(layout: DataLayout) -> StageRecord:
    return make_pairs(layout, COUNTS, SIZE_PX)


def make_pairs(layout: DataLayout, counts: dict[Split, int], size_px: int) -> StageRecord:
    """Run the condition stage's own drawing on made pictures."""
    config = ConditionConfig()
    opened = ledger.open_stage(Stage.CONDITION, config, inputs={}, layout=layout, seed=0)
    rows = []
    for split, count in counts.items():
        samples = [draw_pair(sample(split, n, size_px), split, config, 0) for n in range(count)]
        samples.sort(key=lambda made: made.key)
        rows.append(write_shard(opened.folder, 0, split, samples))
    manifest.write_table(opened.folder / "shards.parquet", Contract.PAIRS, rows, ShardRow)
    return opened.seal({})


def sample(split: Split, number: int, size_px: int) -> Sample:
    """Draw a filled circle with an outline on white; color and place follow from the number."""
    rng = np.random.default_rng([len(split), number])
    picture = np.full((size_px, size_px, 3), 255, dtype=np.uint8)
    center = [int(place) for place in rng.integers(size_px // 3, 2 * size_px // 3, 2)]
    color = [int(value) for value in rng.integers(40, 230, 3)]
    cv2.circle(picture, center, size_px // 4, color, -1)
    cv2.circle(picture, center, size_px // 4, (0, 0, 0), 1)
    content = cv2.imencode(".png", picture)[1].tobytes()
    key = digest.of_bytes(content)[:32]
    facts = {"md5": key, "family": key, "post_id": number, "post_url": "", "source": ""}
    return Sample(key, {"color.png": content, "json": json.dumps(facts).encode()})


@pytest.fixture
def pairs_of(tmp_path: Path) -> Callable[[dict[Split, int], int], tuple[DataLayout, StageRecord]]:
    """Make pairs of any count and size, in a root of their own."""

    def make(counts: dict[Split, int], size_px: int) -> tuple[DataLayout, StageRecord]:
        layout = DataLayout.at(str(tmp_path / f"root-{size_px}-{sum(counts.values())}"))
        return layout, make_pairs(layout, counts, size_px)

    return make
