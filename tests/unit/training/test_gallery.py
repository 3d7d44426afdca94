"""What the validation pictures are coloured from, and how far the answers are said to lie."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from upath import UPath

from tests.unit.training.conftest import SIZE_PX
from training.config import TrainingConfig
from training.data import Pairs, to_float
from training.gallery import Gallery
from training.players import Players, gather

CPU = torch.device("cpu")


class Gray(nn.Module):
    """Paints everything gray, and keeps what it was asked with."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Tensor, Tensor]] = []

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        assert not self.training
        self.asked.append((edge, hint))
        return torch.zeros_like(hint[:, :3])


class Noise(nn.Module):
    """Paints the first three numbers of the noise."""

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor) -> Tensor:
        return z[:, :3, None, None].expand_as(hint[:, :3])


def three_pairs() -> Pairs:
    chance = torch.Generator().manual_seed(1)
    color, edge, hint = (
        torch.randint(0, 256, (3, number, SIZE_PX, SIZE_PX), dtype=torch.uint8, generator=chance)
        for number in (3, 1, 4)
    )
    return Pairs(color, edge, hint[:, :3], hint[:, 3:])


def players_of(recipe: str) -> Players:
    config = TrainingConfig.model_validate(
        {"recipe": recipe, "width": 4, "critic_width": 4, "feature_weight": 0, "device": "cpu"}
    )
    return gather(config, SIZE_PX, CPU, 0)


@pytest.mark.parametrize(("recipe", "channels"), [("unet-l2", 3), ("paper-plus", 4)])
def test_it_colours_the_kept_lines_and_hints_and_never_sees_the_truth(
    recipe: str, channels: int, tmp_path: Path
) -> None:
    pairs, painter = three_pairs(), Gray()
    assert pairs.hint is not None
    assert pairs.mask is not None
    players = replace(players_of(recipe), generator=painter, averaged=None)
    sheet, distance = Gallery(pairs, CPU, 0).draw(players, UPath(tmp_path), 1)

    ((seen_edge, seen_hint),) = painter.asked
    assert torch.equal(seen_edge, to_float(pairs.edge))
    hint = torch.cat([pairs.hint, pairs.mask], dim=1)[:, :channels]
    assert torch.equal(seen_hint, to_float(hint))
    assert sheet.shape == (3 * SIZE_PX, 4 * SIZE_PX, 3)
    wanted = (pairs.color / 255 - 0.5).square().flatten(1).mean(dim=1).sqrt().mean().item()
    assert distance == pytest.approx(wanted, abs=0.01)


def test_a_pictures_noise_follows_from_the_seed_and_is_the_same_in_every_sheet(
    tmp_path: Path,
) -> None:
    players = replace(players_of("paper"), generator=Noise())

    def noise(seed: int, step: int) -> NDArray[np.uint8]:
        sheet, _ = Gallery(three_pairs(), CPU, seed).draw(players, UPath(tmp_path), step)
        return sheet[::SIZE_PX, 2 * SIZE_PX]

    assert np.array_equal(noise(seed=0, step=1), noise(seed=0, step=2))
    assert not np.array_equal(noise(seed=0, step=1), noise(seed=1, step=1))
    assert len(np.unique(noise(seed=0, step=1), axis=0)) == 3


def test_the_averaged_generator_colours_and_the_learning_one_learns_on(tmp_path: Path) -> None:
    players, painter = players_of("paper-plus"), Gray()
    players = replace(players, averaged=painter)
    Gallery(three_pairs(), CPU, 0).draw(players, UPath(tmp_path), 1)
    assert len(painter.asked) == 1
    assert players.generator.training
    players = replace(players, averaged=None)
    Gallery(three_pairs(), CPU, 0).draw(players, UPath(tmp_path), 2)
    assert players.generator.training
