import pytest

from preprocessing.config import ConditionConfig
from preprocessing.pairing import pair_samples
from preprocessing.pairs import draw_pair
from storage import digest, shards
from storage.errors import CorruptFile
from storage.layout import DataLayout
from storage.pictures import encode_png
from storage.records import ShardRow, Split
from storage.shards import Sample
from tests.pictures import drawing


def test_a_damaged_packed_picture_names_the_shard_to_delete(layout: DataLayout):
    name = "train-000000.tar"
    layout.root.mkdir(parents=True)
    shards.write(layout.root / name, [Sample("a" * 32, {"color.png": b"rubbish", "json": b"{}"})])
    row = ShardRow(name, Split.TRAIN, 1, 0, digest.of_file(layout.root / name), "")
    told = rf"{layout.root}/{name}: {'a' * 32}: no readable PNG; delete its shard"
    with pytest.raises(CorruptFile, match=told):
        list(pair_samples(row, source=layout.root, config=ConditionConfig(), seed=1))


def test_a_hint_follows_from_the_seed_and_the_pictures_name():
    def hint_of(key: str, seed: int) -> bytes:
        sample = Sample(key, {"color.png": encode_png(drawing(1, 64))})
        return draw_pair(sample, Split.TEST, ConditionConfig(), seed).files["hint.png"]

    hint = hint_of("a" * 32, 1)
    assert hint_of("a" * 32, 1) == hint
    assert hint_of("b" * 32, 1) != hint
    assert hint_of("a" * 32, 2) != hint


@pytest.mark.parametrize("split", Split)
def test_pictures_to_be_judged_with_have_a_hint_and_those_to_be_learned_from_none(split: Split):
    sample = Sample("a" * 32, {"color.png": encode_png(drawing(1, 64)), "json": b"{}"})
    pair = draw_pair(sample, split, ConditionConfig(), 1)
    hinted = set() if split is Split.TRAIN else {"hint.png", "mask.png"}
    assert pair.files.keys() == {"color.png", "edge.png", "json"} | hinted
