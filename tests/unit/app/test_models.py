import shutil

import pytest
import torch

from app.models import open_models
from storage import files
from storage.errors import BadInput, CorruptFile, MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from training import tensors

OLD, NEW, NEWER = "01d" * 4, "2e2" * 4, "3e3" * 4


@pytest.fixture
def two(app_layout: DataLayout, tmp_path) -> DataLayout:
    """The same training twice, the second one of another key and an earlier day."""
    layout = DataLayout.at(str(tmp_path / "two"))
    (record,) = app_layout.records(Stage.TRAIN)
    for key, day in ((NEW, "2026-02-02"), (OLD, "2026-01-01")):
        folder = layout.stage(Stage.TRAIN, key)
        shutil.copytree(record.parent, folder)
        told = files.read_json(folder / "stage.json") | {"key": key, "ended_at": day}
        files.write_json(folder / "stage.json", told)
    return layout


def test_the_newest_model_comes_first_and_is_used_unless_another_is_named(two: DataLayout) -> None:
    at_hand = open_models(two, "cpu")

    assert [model.key for model in at_hand.listed()] == [NEW, OLD]
    assert at_hand.painter().source.train == NEW
    assert at_hand.painter(OLD).source.train == OLD


def test_one_model_is_in_memory_and_is_not_loaded_twice(two: DataLayout) -> None:
    at_hand = open_models(two, "cpu")

    first, again, other = (at_hand.painter(key) for key in (NEW, "", OLD))

    assert first is again
    assert other is not first
    assert at_hand.painter(OLD) is other


def test_a_model_that_is_trained_while_the_page_is_open_is_the_newest_then(two: DataLayout) -> None:
    at_hand = open_models(two, "cpu")
    at_hand.painter()
    folder = two.stage(Stage.TRAIN, NEWER)
    shutil.copytree(two.stage(Stage.TRAIN, OLD), folder)
    told = files.read_json(folder / "stage.json") | {"key": NEWER, "ended_at": "2026-03-03"}
    files.write_json(folder / "stage.json", told)

    assert at_hand.painter().source.train == NEWER


def test_a_training_without_a_checkpoint_is_left_out(two: DataLayout) -> None:
    shutil.rmtree(two.stage(Stage.TRAIN, NEW) / "checkpoints")

    assert [model.key for model in open_models(two, "cpu").listed()] == [OLD]


def test_what_is_broken_or_of_a_later_irodori_is_left_out(two: DataLayout) -> None:
    files.write_text(two.record(Stage.TRAIN, "bad" * 4), "{")
    (state,) = (two.stage(Stage.TRAIN, NEW) / "checkpoints").glob("*/state.json")
    told = files.read_json(state)
    files.write_json(state, told | {"recipe": told["recipe"] | {"of_tomorrow": 1}})

    assert [model.key for model in open_models(two, "cpu").listed()] == [OLD]


@pytest.mark.parametrize("state", [[], {}, {"step": "x"}, {"step": 5, "size_px": "many"}], ids=str)
def test_a_checkpoint_that_tells_nothing_of_itself_is_left_out(two: DataLayout, state: object):
    (path,) = (two.stage(Stage.TRAIN, NEW) / "checkpoints").glob("*/state.json")
    files.write_json(path, state)

    assert [model.key for model in open_models(two, "cpu").listed()] == [OLD]
    with pytest.raises(CorruptFile, match=r"state.json: (tells|holds) no"):
        open_models(two, "cpu", str(path.parent))


def test_weights_that_are_no_numbers_colour_nothing(two: DataLayout):
    (path,) = (two.stage(Stage.TRAIN, NEW) / "checkpoints").glob("*/generator.safetensors")
    weights = tensors.read(path)
    name = next(name for name, tensor in weights.items() if tensor.is_floating_point())
    tensors.write(path, weights | {name: torch.full_like(weights[name], torch.nan)})

    with pytest.raises(CorruptFile, match="its sha256 is not that of the training's record"):
        open_models(two, "cpu").painter(NEW)
    # Of a copy without a record nobody knows what it was.
    two.record(Stage.TRAIN, NEW).unlink()
    with pytest.raises(CorruptFile, match="weights that are no numbers"):
        open_models(two, "cpu", NEW).painter()


def test_a_named_checkpoint_is_the_only_model(two: DataLayout) -> None:
    (model,) = open_models(two, "cpu", OLD).listed()

    assert model.key == OLD


def test_what_is_not_there_is_told_at_once(two: DataLayout, tmp_path) -> None:
    with pytest.raises(MissingInput, match="neither there nor the key"):
        open_models(two, "cpu", "nothing")
    with pytest.raises(MissingInput, match="no trained model yet"):
        open_models(DataLayout.at(str(tmp_path / "none")), "cpu").source_of("")
    with pytest.raises(BadInput, match="there is no model 'zz'"):
        open_models(two, "cpu").source_of("zz")
