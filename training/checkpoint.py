"""Checkpoints: written whole, listed, loaded. Safetensors and JSON only; no pickle is ever loaded.

`state.json` is written last, so a checkpoint is complete if and only if it is there. Only the
newest checkpoints keep their optimisers: one is needed to go on, another in case that the first is
damaged, and they weigh twice the networks.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from upath import UPath

from storage import files
from storage.errors import CorruptFile, MissingInput
from storage.layout import RECORD_NAME
from training import tensors
from training.networks.build import build_critic, build_generator
from training.players import Players, settle
from training.recipes import Recipe

FOLDER = "checkpoints"
GENERATOR, AVERAGED, CRITIC, OPTIMIZER = (
    f"{name}{tensors.SUFFIX}" for name in ("generator", "averaged", "critic", "optimizer")
)
STATE = "state.json"
NAME = re.compile(r"step-(\d{7,})")
KEPT_OPTIMIZERS = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One complete checkpoint: after so many steps, in this folder."""

    step: int
    folder: UPath


def name_of(step: int) -> str:
    """Give the name under which a step's files are kept; names sort as steps do."""
    return f"step-{step:07d}"


def list_checkpoints(train_folder: UPath) -> list[Checkpoint]:
    """Give the complete checkpoints of a training, the oldest first."""
    folder = train_folder / FOLDER
    if not folder.exists():
        return []
    # What somebody has put beside them, a copy for one, is none.
    complete = [
        Checkpoint(int(named[1]), below)
        for below in folder.iterdir()
        if (named := NAME.fullmatch(below.name)) and (below / STATE).exists()
    ]
    return sorted(complete, key=lambda checkpoint: checkpoint.step)


def save(train_folder: UPath, players: Players, step: int) -> Checkpoint:
    """Save all that is needed to colour, to judge and to go on."""
    folder = train_folder / FOLDER / name_of(step)
    # One that is written anew, after it was damaged, is none until all of it is.
    (folder / STATE).unlink(missing_ok=True)
    tensors.write(folder / GENERATOR, players.generator.state_dict())
    if players.averaged:
        tensors.write(folder / AVERAGED, players.averaged.state_dict())
    optimizer = _to_tensors("generator", players.generator_optimizer)
    if players.critic and players.critic_optimizer:
        tensors.write(folder / CRITIC, players.critic.state_dict())
        optimizer |= _to_tensors("critic", players.critic_optimizer)
    tensors.write(folder / OPTIMIZER, optimizer)
    state = {
        "step": step,
        "recipe": dataclasses.asdict(players.recipe),
        "size_px": players.size_px,
    }
    files.write_json(folder / STATE, state)
    drop_old_optimizers(train_folder)
    return Checkpoint(step, folder)


def drop_old_optimizers(train_folder: UPath) -> None:
    """Remove the optimisers of all checkpoints but the newest two."""
    for checkpoint in list_checkpoints(train_folder)[:-KEPT_OPTIMIZERS]:
        (checkpoint.folder / OPTIMIZER).unlink(missing_ok=True)


def refuse_damaged(train_folder: UPath) -> None:
    """Look at all that the checkpoints of a training hold, the oldest first.

    Raises:
        CorruptFile: a file is cut or something else.
    """
    try:
        for checkpoint in list_checkpoints(train_folder):
            step_of(checkpoint.folder)
            for path in sorted(checkpoint.folder.glob(f"*{tensors.SUFFIX}")):
                tensors.refuse_damaged(path)
    except CorruptFile as error:
        what = str(error).partition(";")[0]
        # A training that only lacks it would be sealed without it.
        raise CorruptFile(
            f"{what}; put it back from a copy, or delete {train_folder} to train anew"
        ) from error


def restore(checkpoint: Checkpoint, players: Players) -> None:
    """Put networks and optimisers back to where a checkpoint was saved.

    Raises:
        MissingInput: it has no optimisers any more.
        CorruptFile: its files are damaged, or those of another network.
    """
    _fill(players.generator, checkpoint.folder / GENERATOR)
    if players.averaged:
        _fill(players.averaged, checkpoint.folder / AVERAGED)
    if players.critic:
        _fill(players.critic, checkpoint.folder / CRITIC)
    path = checkpoint.folder / OPTIMIZER
    optimizer = tensors.read(path)
    try:
        _from_tensors("generator", players.generator_optimizer, optimizer)
        if players.critic_optimizer:
            _from_tensors("critic", players.critic_optimizer, optimizer)
    except (LookupError, ValueError) as error:
        raise CorruptFile(f"{path}: is that of another network than {STATE} says") from error


def recipe_of(folder: UPath) -> Recipe:
    """Give the recipe that a checkpoint was trained by.

    Raises:
        MissingInput: the folder holds no checkpoint.
        CorruptFile: it says none that this Irodori knows.
    """
    try:
        return Recipe(**_state(folder)["recipe"])
    except (TypeError, KeyError) as error:
        raise CorruptFile(
            f"{folder / STATE}: tells no recipe of this Irodori ({error});"
            " take the one that made it, or train again"
        ) from error


def size_of(folder: UPath) -> int:
    """Give the side of the pictures that a checkpoint was trained on, in px.

    Raises:
        MissingInput: the folder holds no checkpoint.
        CorruptFile: it does not say.
    """
    return _number_in(folder, "size_px")


def step_of(folder: UPath) -> int:
    """Give the step at which a checkpoint was saved.

    Raises:
        MissingInput: the folder holds no checkpoint.
        CorruptFile: it does not say.
    """
    return _number_in(folder, "step")


def load_generator(folder: UPath, device: torch.device | str = "cpu") -> nn.Module:
    """Load a checkpoint's generator, ready to colour; the averaged one, where there is one.

    Raises:
        MissingInput: the folder holds no checkpoint.
        CorruptFile: its files do not fit together or are not those that were recorded, or its
            weights are no numbers.
    """
    recipe = recipe_of(folder)
    generator = build_generator(recipe, size_of(folder))
    settle(generator, device)
    path = folder / (AVERAGED if recipe.ema else GENERATOR)
    _fill(generator, path, _recorded(path))
    if not all(value.isfinite().all() for value in generator.state_dict().values()):
        raise CorruptFile(f"{path}: holds weights that are no numbers; take another checkpoint")
    return generator.eval()


def load_critic(folder: UPath, device: torch.device | str = "cpu") -> nn.Module | None:
    """Load a checkpoint's critic; None if its recipe has none."""
    recipe = recipe_of(folder)
    if not recipe.has_critic:
        return None
    critic = build_critic(recipe, size_of(folder))
    settle(critic, device)
    _fill(critic, folder / CRITIC, _recorded(folder / CRITIC))
    return critic.eval()


def _number_in(folder: UPath, name: str) -> int:
    number = _state(folder).get(name)
    if type(number) is not int or number < 1:
        raise CorruptFile(f"{folder / STATE}: tells no {name}; delete the checkpoint")
    return number


def _state(folder: UPath) -> dict[str, Any]:
    try:
        state: dict[str, Any] = files.read_json(folder / STATE)
    except FileNotFoundError as error:
        raise MissingInput(f"{folder}: holds no complete checkpoint; train again") from error
    except ValueError as error:
        raise CorruptFile(f"{folder / STATE}: no readable JSON; delete the checkpoint") from error
    if not isinstance(state, dict):
        raise CorruptFile(f"{folder / STATE}: holds no facts by name; delete the checkpoint")
    return state


def _recorded(path: UPath) -> str:
    """Give the sha256 that the training's record has of a file; empty where there is no record."""
    training = path.parent.parent.parent
    name = f"{FOLDER}/{path.parent.name}/{path.name}"
    outputs = files.facts_if_any(training / RECORD_NAME).get("outputs")
    told = [each for each in outputs if isinstance(each, dict)] if isinstance(outputs, list) else []
    return next((str(each.get("sha256", "")) for each in told if each.get("name") == name), "")


def _fill(network: nn.Module, path: UPath, sha256: str = "") -> None:
    try:
        network.load_state_dict(tensors.read(path, sha256))
    except RuntimeError as error:
        raise CorruptFile(f"{path}: fits another network than {STATE} says") from error


def _to_tensors(who: str, adam: torch.optim.Optimizer) -> dict[str, Tensor]:
    # An optimiser knows its parameters by number, in the order in which the network lists them.
    return {
        f"{who}.{number}.{name}": tensor
        for number, state in adam.state_dict()["state"].items()
        for name, tensor in state.items()
    }


def _from_tensors(who: str, adam: torch.optim.Optimizer, kept: Mapping[str, Tensor]) -> None:
    values = [value for group in adam.param_groups for value in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in kept.items():
        owner, number, name = key.split(".")
        if owner == who:
            value = values[int(number)]
            # The fused optimiser walks over memory, so its state has to lie as the weights do.
            is_count = tensor.ndim == 0
            if not is_count and tensor.shape != value.shape:
                raise ValueError(key)
            laid = tensor if is_count else torch.empty_like(value).copy_(tensor)
            state.setdefault(int(number), {})[name] = laid
    adam.load_state_dict({"state": state, "param_groups": adam.state_dict()["param_groups"]})
