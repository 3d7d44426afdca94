"""What the validation pictures are coloured from, and how far the answers are said to lie."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from upath import UPath

from tests.unit.training.conftest import SIZE_PX
from training.config import TrainingConfig
from training.data import Pairs, to_float
from training.gallery import Gallery
from training.players import gather

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


@pytest.mark.parametrize(("recipe", "channels"), [("unet-l2", 3), ("paper-plus", 4)])
def test_it_colours_the_kept_lines_and_hints_and_never_sees_the_truth(
    recipe: str, channels: int, tmp_path: Path
) -> None:
    chance = torch.Generator().manual_seed(1)
    color, edge, hint = (
        torch.randint(0, 256, (3, number, SIZE_PX, SIZE_PX), dtype=torch.uint8, generator=chance)
        for number in (3, 1, 4)
    )
    config = TrainingConfig.model_validate(
        {"recipe": recipe, "width": 4, "critic_width": 4, "feature_weight": 0, "device": "cpu"}
    )
    painter = Gray()
    players = gather(config, SIZE_PX, CPU, 0)
    players = replace(players, generator=painter, averaged=None)
    sheet, distance = Gallery(Pairs(color, edge, hint), CPU, 0).draw(players, UPath(tmp_path), 1)

    ((seen_edge, seen_hint),) = painter.asked
    assert torch.equal(seen_edge, to_float(edge))
    assert torch.equal(seen_hint, to_float(hint)[:, :channels])
    assert sheet.shape == (3 * SIZE_PX, 4 * SIZE_PX, 3)
    wanted = (color / 255 - 0.5).square().flatten(1).mean(dim=1).sqrt().mean().item()
    assert distance == pytest.approx(wanted, abs=0.01)
