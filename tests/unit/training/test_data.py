import cv2
import numpy as np
import pytest
import torch
from upath import UPath

from preprocessing.config import HintConfig
from storage import manifest, shards
from storage.errors import BadInput, CorruptFile
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split, StageRecord
from tests.shard_files import write_shard
from training.data import Batches, Pairs, load_pairs, to_float, to_pixels
from training.recipes import Recipe

CPU = torch.device("cpu")


def of_batch(size: int) -> Recipe:
    return Recipe(source="made for a test", batch_size=size)


def folder_of(layout: DataLayout, paired: StageRecord) -> UPath:
    return layout.stage(Stage.CONDITION, paired.key)


def plain_pairs(count: int) -> Pairs:
    """Pictures whose every pixel is their own number."""
    numbers = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1)
    return Pairs(numbers.expand(-1, 3, 32, 32), numbers.expand(-1, 1, 32, 32), None)


def batches(count: int, batch_size: int, seed: int = 0) -> Batches:
    return Batches(plain_pairs(count), HintConfig(), of_batch(batch_size), CPU, seed)


def test_pictures_are_read_in_rgb_and_in_the_order_of_the_shards(
    layout: DataLayout, paired: StageRecord
) -> None:
    folder = folder_of(layout, paired)
    pairs = load_pairs(folder, Split.VAL)
    samples = list(shards.read(folder / "val-000000.tar"))
    assert pairs.hint is not None
    for place, made in enumerate(samples):
        for ending, tensor in (("color.png", pairs.color), ("hint.png", pairs.hint[:, :3])):
            pixels = np.frombuffer(made.files[ending], dtype=np.uint8)
            rgb = cv2.imdecode(pixels, cv2.IMREAD_COLOR)[..., ::-1]
            assert np.array_equal(tensor[place].permute(1, 2, 0).numpy(), rgb)
    assert pairs.edge.shape == (3, 1, 32, 32)


def test_training_pictures_come_without_stored_hints(
    layout: DataLayout, paired: StageRecord
) -> None:
    pairs = load_pairs(folder_of(layout, paired), Split.TRAIN)
    assert pairs.hint is None
    assert pairs.color.dtype == torch.uint8
    assert len(pairs.color) == len(pairs.edge) == 10


def test_batches_are_those_of_the_shards_decoded_directly_bit_for_bit(
    layout: DataLayout, paired: StageRecord
) -> None:
    folder = folder_of(layout, paired)
    pixels = [
        cv2.imdecode(np.frombuffer(sample.files["color.png"], np.uint8), cv2.IMREAD_COLOR_RGB)
        for sample in shards.read(folder / "train-000000.tar")
    ]
    colors = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    source = Batches(load_pairs(folder, Split.TRAIN), HintConfig(), of_batch(4), CPU, 0)
    for number in range(5):
        wanted = colors[source.rows(number)].float() / 127.5 - 1
        assert torch.equal(source.draw(number).color, wanted)


def test_every_uint8_survives_the_way_to_float_and_back() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert to_float(pixels).min() == -1
    assert to_float(pixels).max() == 1
    assert torch.equal(to_pixels(to_float(pixels)), pixels)


@pytest.mark.parametrize(("count", "batch_size"), [(10, 4), (3, 8), (8, 8)])
def test_each_epoch_shows_every_picture_once(count: int, batch_size: int) -> None:
    source = batches(count, batch_size)
    seen = torch.cat([source.rows(number) for number in range(count)])
    for epoch in seen.split(count):
        assert sorted(epoch.tolist()) == list(range(count))


def test_epochs_differ_in_order_and_so_do_seeds() -> None:
    source = batches(20, 20)
    assert not torch.equal(source.rows(0), source.rows(1))
    assert not torch.equal(source.rows(0), batches(20, 20, seed=1).rows(0))


def test_a_batch_follows_from_its_number_alone() -> None:
    one_by_one, jumped = batches(10, 4), batches(10, 4)
    for number in range(5):
        one_by_one.draw(number)
    first, second = one_by_one.draw(5), jumped.draw(5)
    assert torch.equal(first.hint, second.hint)
    assert torch.equal(first.color, second.color)
    assert first.share is not None
    assert second.share is not None
    assert torch.equal(first.share, second.share)


def test_the_same_picture_gets_another_hint_in_the_next_epoch() -> None:
    source = batches(1, 1)
    assert not torch.equal(source.draw(0).hint, source.draw(1).hint)


def test_the_hint_belongs_to_the_picture_beside_it() -> None:
    pairs = plain_pairs(200)
    nothing_white = HintConfig(num_whiteouts=0, max_blocks=0)
    batch = Batches(pairs, nothing_white, of_batch(8), CPU, 0).draw(0)
    torch.testing.assert_close(batch.hint, batch.color)
    assert torch.equal(batch.given[:, :1], batch.edge)


def test_an_empty_split_is_refused_with_a_way_out(layout: DataLayout, paired: StageRecord) -> None:
    folder = folder_of(layout, paired)
    rows = manifest.read_table(folder / "shards.parquet", Contract.PAIRS, ShardRow)
    kept = [row for row in rows if row.split != Split.VAL]
    manifest.write_table(folder / "shards.parquet", Contract.PAIRS, kept, ShardRow)
    with pytest.raises(BadInput, match="no val pictures"):
        load_pairs(folder, Split.VAL)


def test_a_sample_without_its_edge_is_named(layout: DataLayout, paired: StageRecord) -> None:
    folder = folder_of(layout, paired)
    samples = list(shards.read(folder / "val-000000.tar"))
    del samples[1].files["edge.png"]
    write_shard(folder, 0, Split.VAL, samples)
    with pytest.raises(CorruptFile, match=f"{samples[1].key}.edge.png"):
        load_pairs(folder, Split.VAL)


def test_pictures_of_several_sizes_are_refused(layout: DataLayout, paired: StageRecord) -> None:
    folder = folder_of(layout, paired)
    samples = list(shards.read(folder / "val-000000.tar"))
    small = cv2.imencode(".png", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    samples[2].files["color.png"] = small
    write_shard(folder, 0, Split.VAL, samples)
    with pytest.raises(CorruptFile, match=r"several sizes \[\[32, 32\], \[16, 16\]\]"):
        load_pairs(folder, Split.VAL)


def test_a_sample_without_its_facts_is_named(layout: DataLayout, paired: StageRecord) -> None:
    folder = folder_of(layout, paired)
    samples = list(shards.read(folder / "val-000000.tar"))
    samples[1].files["json"] = b"{}"
    write_shard(folder, 0, Split.VAL, samples)
    with pytest.raises(CorruptFile, match=f"{samples[1].key}.json lacks facts"):
        load_pairs(folder, Split.VAL)
