import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from upath import UPath

from preprocessing.config import HintConfig
from storage import files
from storage.errors import CorruptFile, MissingInput
from tests.documented import block_of
from training import checkpoint, tensors
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches, Pairs
from training.players import Players, gather
from training.step import train_step

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "width": 4, "critic_width": 4, "z_form": "lowres", "feature_weight": 0, "device": "cpu"
}  # fmt: skip


def players_of(recipe: str = "paper", seed: int = 0) -> Players:
    return gather(TrainingConfig.model_validate(SMALL | {"recipe": recipe}), 32, CPU, seed)


def trained(recipe: str = "paper") -> Players:
    """Players after one step, so that running statistics and optimisers hold something."""
    pictures = torch.randint(0, 256, (4, 4, 32, 32), dtype=torch.uint8)
    pairs = Pairs(pictures[:, :3], pictures[:, 3:])
    players = players_of(recipe)
    how = Arithmetic.of(TrainingConfig(device="cpu"))
    train_step(players, Batches(pairs, HintConfig(), players.recipe, CPU, 0), 0, how)
    return players


@pytest.fixture
def folder(tmp_path: Path) -> UPath:
    return UPath(tmp_path)


def test_a_loaded_generator_colours_as_the_saved_one(folder: UPath) -> None:
    players = trained()
    saved = checkpoint.save(folder, players, 7)
    loaded = checkpoint.load_generator(saved.folder)
    edge, hint, z = torch.rand(2, 1, 32, 32), torch.rand(2, 3, 32, 32), torch.rand(2, 100)
    assert not loaded.training
    assert loaded.z_size == 100
    assert torch.equal(loaded(edge, hint, z), players.generator.eval()(edge, hint, z))


def test_of_an_averaged_generator_the_average_colours_and_both_go_on(folder: UPath) -> None:
    players, fresh = trained("paper-plus"), players_of("paper-plus", seed=1)
    assert players.averaged is not None
    saved = checkpoint.save(folder, players, 7)
    loaded = checkpoint.load_generator(saved.folder)
    edge, hint = torch.rand(2, 1, 32, 32), torch.rand(2, 4, 32, 32)
    wanted = players.averaged.eval()(edge, hint, None)
    assert torch.equal(loaded(edge, hint, None), wanted)
    assert not torch.equal(players.generator.eval()(edge, hint, None), wanted)
    checkpoint.restore(saved, fresh)
    again = checkpoint.save(folder / "again", fresh, 7)
    for name in (checkpoint.GENERATOR, checkpoint.AVERAGED):
        assert (again.folder / name).read_bytes() == (saved.folder / name).read_bytes()


def test_a_loaded_critic_scores_as_the_saved_one(folder: UPath) -> None:
    players = trained()
    saved = checkpoint.save(folder, players, 7)
    loaded = checkpoint.load_critic(saved.folder)
    color, given = torch.rand(2, 3, 32, 32), torch.rand(2, 4, 32, 32)
    assert loaded is not None
    assert not loaded.training
    assert players.critic is not None
    assert torch.equal(loaded(color, given), players.critic(color, given))


def test_a_recipe_without_a_critic_has_none_to_load(folder: UPath) -> None:
    saved = checkpoint.save(folder, trained("unet-l2"), 7)
    assert checkpoint.load_critic(saved.folder) is None
    assert checkpoint.load_generator(saved.folder).z_size == 0


def test_restored_players_are_the_saved_ones_down_to_the_optimiser(folder: UPath) -> None:
    players, fresh = trained(), players_of(seed=1)
    saved = checkpoint.save(folder, players, 7)
    checkpoint.restore(saved, fresh)
    again = checkpoint.save(folder / "again", fresh, 7)
    kept = tensors.read(saved.folder / checkpoint.OPTIMIZER)
    assert {name.partition(".")[0] for name in kept} == {"generator", "critic"}
    for name in (checkpoint.GENERATOR, checkpoint.CRITIC, checkpoint.OPTIMIZER):
        assert (again.folder / name).read_bytes() == (saved.folder / name).read_bytes()


def test_only_the_newest_two_checkpoints_keep_their_optimisers(folder: UPath) -> None:
    players = trained()
    for step in (5, 10, 15):
        checkpoint.save(folder, players, step)
    listed = checkpoint.list_checkpoints(folder)
    assert [each.step for each in listed] == [5, 10, 15]
    has = [(each.folder / checkpoint.OPTIMIZER).exists() for each in listed]
    assert has == [False, True, True]


def test_an_incomplete_checkpoint_is_not_listed(folder: UPath) -> None:
    players = trained()
    checkpoint.save(folder, players, 5)
    cut = checkpoint.save(folder, players, 10)
    (cut.folder / checkpoint.STATE).unlink()
    assert [each.step for each in checkpoint.list_checkpoints(folder)] == [5]


def test_a_checkpoint_of_however_many_steps_is_listed_in_its_order(folder: UPath) -> None:
    steps = [9_999_999, 10_000_000, 123_456_789]
    for step in reversed(steps):
        below = folder / checkpoint.FOLDER / checkpoint.name_of(step)
        files.write_json(below / checkpoint.STATE, {"step": step})
    assert [each.step for each in checkpoint.list_checkpoints(folder)] == steps


def test_a_copy_beside_the_checkpoints_is_none_of_them(folder: UPath) -> None:
    saved = checkpoint.save(folder, trained(), 5)
    shutil.copytree(str(saved.folder), f"{saved.folder}.bak")
    assert [each.folder for each in checkpoint.list_checkpoints(folder)] == [saved.folder]


def test_a_folder_without_training_has_no_checkpoints(folder: UPath) -> None:
    assert checkpoint.list_checkpoints(folder) == []
    with pytest.raises(MissingInput, match="no complete checkpoint"):
        checkpoint.load_generator(folder)


def test_cut_weights_are_named_not_loaded(folder: UPath) -> None:
    saved = checkpoint.save(folder, trained(), 5)
    path = saved.folder / checkpoint.GENERATOR
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorruptFile, match=r"generator\.safetensors"):
        checkpoint.load_generator(saved.folder)


def test_weights_of_another_network_are_refused(folder: UPath) -> None:
    saved = checkpoint.save(folder, trained(), 5)
    state = json.loads((saved.folder / checkpoint.STATE).read_text())
    state["recipe"]["width"] = 8
    (saved.folder / checkpoint.STATE).write_text(json.dumps(state))
    with pytest.raises(CorruptFile, match="another network"):
        checkpoint.load_generator(saved.folder)


@pytest.mark.parametrize("recipe", ["unet-l2", "paintschainer"])
def test_optimisers_of_another_network_are_refused(folder: UPath, recipe: str) -> None:
    saved, other = (checkpoint.save(folder / name, trained(name), 5) for name in ("paper", recipe))
    shutil.copy(str(other.folder / checkpoint.OPTIMIZER), str(saved.folder / checkpoint.OPTIMIZER))
    with pytest.raises(CorruptFile, match=r"optimizer\.safetensors: is that of another network"):
        checkpoint.restore(saved, players_of())


def test_a_checkpoint_that_is_written_anew_is_none_until_all_of_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, players = UPath(tmp_path), players_of("unet-l2")
    checkpoint.save(folder, players, step=5)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tensors, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(folder, players, step=5)
    assert checkpoint.list_checkpoints(folder) == []


@pytest.mark.parametrize("number", [-1, 0, True, 1.5])
def test_a_size_that_is_none_is_told(tmp_path: Path, number: object) -> None:
    saved = checkpoint.save(UPath(tmp_path), players_of("unet-l2"), step=5)
    path = saved.folder / checkpoint.STATE
    files.write_json(path, files.read_json(path) | {"size_px": number})
    with pytest.raises(CorruptFile, match="tells no size_px"):
        checkpoint.load_generator(saved.folder)


@pytest.mark.parametrize("recipe", ["paper", "unet-l2", "paper-plus"])
def test_a_checkpoint_is_loaded_as_the_docs_say(recipe: str, folder: UPath) -> None:
    saved = checkpoint.save(folder, players_of(recipe), 7)
    block = block_of("questions.md", "load_generator")
    place = "data/train/<key>/checkpoints/<step>"
    assert place in block
    channels = 4 if recipe == "paper-plus" else 3
    told = {"line": torch.ones(2, 1, 32, 32), "hint": torch.ones(2, channels, 32, 32)}
    exec(block.replace(place, str(saved.folder)), told)
    assert told["color"].shape == (2, 3, 32, 32)


@pytest.mark.parametrize("outputs", [["a"], None, {"a": 1}, [{}]])
def test_a_foreign_record_beside_a_checkpoint_hinders_nobody(
    outputs: object, folder: UPath
) -> None:
    saved = checkpoint.save(folder, players_of("unet-l2"), 7)
    files.write_json(folder / "stage.json", {"outputs": outputs})
    assert not checkpoint.load_generator(saved.folder).training
