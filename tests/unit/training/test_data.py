import dataclasses
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from upath import UPath

from preprocessing.config import HintConfig
from storage import manifest, shards
from storage.errors import BadInput, CorruptFile
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split, StageRecord
from tests.shard_files import write_shard
from tests.side_by_side import noise_pairs
from training import data
from training.data import Batches, Pairs, hints_of, load_pairs, to_float, to_pixels
from training.recipes import RECIPES, Recipe, RecipeName

CPU = torch.device("cpu")


def of_batch(size: int) -> Recipe:
    return Recipe(source="made for a test", batch_size=size)


def folder_of(layout: DataLayout, paired: StageRecord) -> UPath:
    return layout.stage(Stage.CONDITION, paired.key)


def plain_pairs(count: int) -> Pairs:
    """Pictures whose every pixel is their own number."""
    numbers = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1)
    return Pairs(numbers.expand(-1, 3, 32, 32), numbers.expand(-1, 1, 32, 32))


def batches(count: int, batch_size: int, seed: int = 0) -> Batches:
    return Batches(plain_pairs(count), HintConfig(), of_batch(batch_size), CPU, seed)


def test_pictures_are_read_in_rgb_and_in_the_order_of_the_shards(
    layout: DataLayout, paired: StageRecord
) -> None:
    folder = folder_of(layout, paired)
    pairs = load_pairs(folder, Split.VAL)
    samples = list(shards.read(folder / "val-000000.tar"))
    assert pairs.hint is not None
    assert pairs.mask is not None
    for place, made in enumerate(samples):
        for ending, tensor in (("color.png", pairs.color), ("hint.png", pairs.hint)):
            pixels = np.frombuffer(made.files[ending], dtype=np.uint8)
            rgb = cv2.imdecode(pixels, cv2.IMREAD_COLOR)[..., ::-1]
            assert np.array_equal(tensor[place].permute(1, 2, 0).numpy(), rgb)
        for ending, tensor in (("edge.png", pairs.edge), ("mask.png", pairs.mask)):
            pixels = np.frombuffer(made.files[ending], dtype=np.uint8)
            gray = cv2.imdecode(pixels, cv2.IMREAD_GRAYSCALE)
            assert np.array_equal(tensor[place, 0].numpy(), gray)
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
    orders = {tuple(source.rows(number).tolist()) for number in range(6)}
    assert len(orders) == 6
    assert tuple(batches(20, 20, seed=1).rows(0).tolist()) not in orders


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


def test_no_two_batches_share_their_chance_however_far_apart_they_are() -> None:
    source = batches(10, 4)
    numbers = (0, 1, 2, 10, 100, 1000, 1024, 100_000, 1 << 20)
    shares = [source.draw(number).share for number in numbers]
    assert len({tuple(share.tolist()) for share in shares if share is not None}) == len(numbers)


def test_the_same_picture_gets_another_hint_in_the_next_epoch() -> None:
    source = batches(1, 1)
    assert not torch.equal(source.draw(0).hint, source.draw(1).hint)


def test_the_hint_belongs_to_the_picture_beside_it() -> None:
    pairs = plain_pairs(200)
    nothing_white = HintConfig(num_whiteouts=0, max_blocks=0)
    batch = Batches(pairs, nothing_white, of_batch(8), CPU, 0).draw(0)
    torch.testing.assert_close(batch.hint, batch.color)
    assert torch.equal(batch.given[:, :1], batch.edge)
    assert torch.equal(batch.given[:, 1:], batch.hint)


def test_a_recipe_learns_from_hints_of_its_own_or_else_from_the_datasets() -> None:
    settings = {"hints": {"kind": "strokes", "num_whiteouts": 7}}
    assert data.hints_of(settings, RECIPES["unet-l2"]) == HintConfig(**settings["hints"])
    assert data.hints_of(settings, RECIPES["paper-plus"]) == HintConfig(kind="mix")


def test_the_mask_is_one_where_colour_is_given_and_minus_one_elsewhere() -> None:
    dots = HintConfig(kind="dots")
    recipe = dataclasses.replace(of_batch(8), mask=True)
    batch = Batches(noise_pairs(40, 32), dots, recipe, CPU, 0).draw(0)
    hint, mask = batch.hint[:, :3], batch.hint[:, 3:]
    assert set(mask.unique().tolist()) == {-1.0, 1.0}
    assert (hint[(mask == -1).expand_as(hint)] == 1).all()
    assert batch.given.shape[1] == 5


def test_a_mirrored_picture_has_its_lines_and_its_hint_mirrored_with_it() -> None:
    pairs = noise_pairs(40, 32)
    # Hints that are the picture itself show whether they are of the picture as it is given.
    whole = HintConfig(num_whiteouts=0, max_blocks=0, blur_sigma_px=0)
    recipe = dataclasses.replace(of_batch(40), flips=True)
    batch = Batches(pairs, whole, recipe, CPU, 0).draw(0)
    plain = [to_float(pixels[batch.rows]) for pixels in (pairs.color, pairs.edge)]
    mirrored = [pixels.flip(3) for pixels in plain]
    is_mirrored = (batch.color == mirrored[0]).flatten(1).all(dim=1)
    assert 10 < int(is_mirrored.sum()) < 30
    for found, as_it_is, other_way in zip((batch.color, batch.edge), plain, mirrored, strict=True):
        wanted = torch.where(is_mirrored.view(-1, 1, 1, 1), other_way, as_it_is)
        assert torch.equal(found, wanted)
    near = (batch.hint - batch.color).abs().mean()
    assert near < 0.5 * (batch.hint - batch.color.flip(3)).abs().mean()


def test_noise_is_normal_and_the_share_of_each_picture_its_own() -> None:
    recipe = dataclasses.replace(of_batch(64), z_size=100)
    batch = Batches(plain_pairs(64), HintConfig(), recipe, CPU, 0).draw(0)
    assert batch.z is not None
    assert batch.share is not None
    assert batch.z.mean().item() == pytest.approx(0, abs=0.05)
    assert batch.z.std().item() == pytest.approx(1, abs=0.05)
    assert batch.share.mean().item() == pytest.approx(0.5, abs=0.15)
    assert len(batch.share.unique()) == 64


def test_the_seed_decides_order_hints_and_noise() -> None:
    recipe = dataclasses.replace(of_batch(8), z_size=4)
    one, other = (
        Batches(noise_pairs(8, 32), HintConfig(), recipe, CPU, seed).draw(0) for seed in (0, 1)
    )
    assert one.z is not None
    assert other.z is not None
    assert not torch.equal(one.z, other.z)
    where = [batch.rows.argsort() for batch in (one, other)]
    assert torch.equal(one.color[where[0]], other.color[where[1]])
    assert not torch.equal(one.hint[where[0]], other.hint[where[1]])


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


class NoWait(TorchDispatchMode):
    """Refuses copies to another device that somebody waits for; counts the others."""

    def __init__(self) -> None:
        super().__init__()
        self.copies = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        if func is torch.ops.aten._to_copy.default and named.get("device") not in {None, CPU}:
            assert named.get("non_blocking"), "a copy that the CPU waits for"
            self.copies += 1
        return func(*args, **named)


@pytest.mark.parametrize("recipe", RECIPES)
def test_nobody_waits_for_a_batch_on_its_way_to_the_device(recipe: RecipeName) -> None:
    # A device without numbers stands in for a GPU.
    device = torch.device("meta")
    color, edge = (
        torch.empty(8, channels, 64, 64, dtype=torch.uint8, device=device) for channels in (3, 1)
    )
    wanted = dataclasses.replace(RECIPES[recipe], batch_size=8)
    hints = hints_of({"hints": {}}, wanted)
    batches = Batches(Pairs(color, edge), hints, wanted, device, 0)
    with NoWait() as mode:
        assert batches.draw(0).hint.device == device
    assert mode.copies > 0
