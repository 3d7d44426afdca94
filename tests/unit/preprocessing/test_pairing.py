import pytest

from preprocessing.config import ConditionConfig
from preprocessing.pairing import pair_samples
from storage import digest, shards
from storage.errors import CorruptFile
from storage.layout import DataLayout
from storage.records import ShardRow, Split
from storage.shards import Sample


def test_a_damaged_packed_picture_names_the_shard_to_delete(layout: DataLayout):
    name = "train-000000.tar"
    layout.root.mkdir(parents=True)
    shards.write(layout.root / name, [Sample("a" * 32, {"color.png": b"rubbish", "json": b"{}"})])
    row = ShardRow(name, Split.TRAIN, 1, 0, digest.of_file(layout.root / name), "")
    told = rf"{layout.root}/{name}: {'a' * 32}: no readable PNG; delete its shard"
    with pytest.raises(CorruptFile, match=told):
        list(pair_samples(row, source=layout.root, config=ConditionConfig(), seed=1))
