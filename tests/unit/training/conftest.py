"""A condition stage made on the spot: a few small drawings as pairs in shards."""

from pathlib import Path

import pytest
import torch

from storage.layout import DataLayout
from storage.records import Split, StageRecord
from tests.circle_pairs import make_pairs

SIZE_PX = 32
COUNTS = {Split.TRAIN: [10], Split.VAL: [3], Split.TEST: [2]}


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
