"""What a training learns in one step, in double precision; torchrun starts it for each process.

python -m torch.distributed.run --nproc-per-node 2 tests/unit/training/team_child.py FOLDER
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from upath import UPath

from preprocessing.config import HintConfig
from training import loop
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batch, Batches, Pairs, hints_of
from training.gallery import Gallery
from training.players import Players, gather
from training.step import Facts, learn_from
from training.team import ALONE, Team, gathered
from training.watching import Audience
from training.whole_batch import see_whole_batch

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "width": 4, "critic_width": 4, "z_form": "lowres", "feature_weight": 0, "batch_size": 4,
    "learning_rate": 1e-3, "device": "cpu",
}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "paper": {"recipe": "paper"},
    "paper by autograd": {"recipe": "paper", "penalty_form": "autograd"},
    "mask, flips and mixed hints": {"recipe": "paper-plus"},
    "critic with statistics": {"recipe": "deepcolor"},
    "penalty of a critic with statistics": {"recipe": "deepcolor", "penalty_form": "autograd"},
    "dropout": {"recipe": "pix2pix"},
}


def learn(name: str, team: Team) -> dict[str, Tensor]:
    """Give gradients, weights, statistics and facts after a step."""
    case = CASES[name]
    config = TrainingConfig.model_validate(SMALL | case)
    recipe = config.resolved()
    if name.startswith("penalty"):
        recipe = dataclasses.replace(recipe, rule="wgan-gp")
    players = dataclasses.replace(gather(config, 64, CPU, 0), recipe=recipe)
    assert players.critic is not None
    for network in (players.generator, players.critic):
        see_whole_batch(network.double(), team)
    if players.averaged:
        players.averaged.double()
    how = Arithmetic(CPU, bf16=False, penalty_form=config.penalty_form, team=team)
    batches = Batches(_pairs(), hints_of({"hints": HintConfig()}, recipe), recipe, CPU, 0, team)

    # The third batch of ten pictures reaches into the second epoch.
    return loop.take_step(players, batches, 3, how, _in_double_precision) | _learned(players)


def resume(folder: UPath, team: Team) -> dict[str, Tensor]:
    """Give weights and statistics after two steps and, as a new process begins, two more."""
    for steps in (2, 4):
        config = TrainingConfig.model_validate(SMALL | {"recipe": "paper", "steps": steps})
        players, pairs = gather(config, 64, CPU, 0), _pairs()
        see_whole_batch(players.generator, team)
        batches = Batches(pairs, HintConfig(), players.recipe, CPU, 0, team)
        how = dataclasses.replace(Arithmetic.of(config), team=team)
        if team.rank == 0:
            shown = dataclasses.replace(pairs, hint=pairs.color, mask=pairs.edge)
            audience = Audience(Gallery(shown, CPU, 0))
            loop.fit(config, players, batches, audience, folder, how)
        else:
            loop.fit_along(config, players, batches, folder, how)
    return {name: value.contiguous() for name, value in players.generator.state_dict().items()}


def _in_double_precision(
    players: Players, seen: Sequence[Batch], wanted: Tensor | None, how: Arithmetic
) -> Facts:
    return learn_from(players, [_doubled(batch) for batch in seen], wanted, how)


def _learned(players: Players) -> dict[str, Tensor]:
    learned = {}
    for who, network in (("generator", players.generator), ("critic", players.critic)):
        assert network is not None
        for name, value in network.state_dict().items():
            learned[f"{who} {name}"] = value
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None
            learned[f"{who} {name} gradient"] = parameter.grad
    return {name: value.clone().contiguous() for name, value in learned.items()}


def _pairs() -> Pairs:
    chance = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (10, 4, 64, 64), dtype=torch.uint8, generator=chance)
    return Pairs(pictures[:, :3], pictures[:, 3:])


def _doubled(batch: Batch) -> Batch:
    planes = ((name, getattr(batch, name)) for name in ("edge", "hint", "color", "z", "share"))
    doubled = {name: plane.double() for name, plane in planes if plane is not None}
    return dataclasses.replace(batch, **doubled)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with gathered(CPU) as everybody:
        assert everybody != ALONE
        for each in CASES:
            found = learn(each, everybody)
            safetensors.torch.save_file(found, Path(sys.argv[1]) / f"{each}.{everybody.rank}")
        found = resume(UPath(sys.argv[1]) / "train", everybody)
        safetensors.torch.save_file(found, Path(sys.argv[1]) / f"resumed.{everybody.rank}")
