"""The code blocks of the README that read shards, run as they stand."""

import json
import subprocess
import sys

import numpy as np
import pytest
from upath import UPath

from storage import shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord
from tests.documented import block_of
from tests.shard_files import write_shard
from training.data import load_pairs

# webdataset leaves its file to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def folder(layout: DataLayout, paired: StageRecord) -> UPath:
    return layout.stage(Stage.CONDITION, paired.key)


def block_with(word: str, folder: UPath, *, body: str) -> str:
    """Give the README's Python block that holds a word, with a real folder and a loop's body."""
    block = block_of("README.md", word)
    assert "data/condition/<key>/" in block
    return block.replace("data/condition/<key>", str(folder)).replace("...", body)


def split_into(folder: UPath, count: int) -> None:
    """Write the training samples again, as several shards."""
    samples = list(shards.read(folder / "train-000000.tar"))
    for number in range(count):
        write_shard(folder, number, Split.TRAIN, samples[number::count])


def test_plain_webdataset_reads_our_shards_as_the_readme_says(folder: UPath) -> None:
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    exec(block_with("train-000000", folder, body="seen.append((color, edge))"), {"seen": seen})
    pairs = load_pairs(folder, Split.TRAIN)
    for (color, edge), our_color, our_edge in zip(seen, pairs.color, pairs.edge, strict=True):
        assert np.array_equal(color, our_color.permute(1, 2, 0).numpy())
        assert np.array_equal(edge, our_edge.expand(3, -1, -1).permute(1, 2, 0).numpy())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_data_loader_with_two_workers_sees_every_picture_once_an_epoch(
    folder: UPath, count: int
) -> None:
    keys = [sample.key for sample in shards.read(folder / "train-000000.tar")]
    split_into(folder, count)
    block = block_with("DataLoader", folder, body="seen += md5s")
    told = "print(json.dumps([seen, str(color.dtype), color.shape[1:], edge.shape[1:]]))"
    # A user's process has no threads of other tests, which do not survive the workers' fork.
    script = "\n".join(["import json", "seen = []", block, block, told])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=100
    )
    seen, *shapes = json.loads(done.stdout.splitlines()[-1])
    assert sorted(seen) == sorted(keys * 2)
    assert shapes == ["torch.uint8", [32, 32, 3], [32, 32, 3]]
    assert "UserWarning" not in done.stderr
