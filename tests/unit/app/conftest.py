"""A page with two boxes, strokes on it, and a painter that answers with what it is told."""

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from app.drawing import Drawing
from app.models import Models, open_models
from app.painter import Painter
from evaluation.colorize import Colorizer
from evaluation.folder_checkpoint import Source
from storage.layout import DataLayout
from tests.app_model import train_for_app

SIZE_PX = 64
RED = (230, 40, 40)


class HintReturned(nn.Module):
    """Answers with the hint."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        return hint[:, :3]


class NoiseShown(nn.Module):
    """Answers with a flat colour, the first three numbers of its noise."""

    z_size = 5

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor) -> Tensor:
        return z[:, :3, None, None].expand_as(hint[:, :3])


def painter_of(generator: nn.Module, hint_kind: str = "paper") -> Painter:
    source = Source(
        folder=None,
        step=1,
        which="",
        size_px=SIZE_PX,
        recipe="stand-in",
        train="",
        dataset="",
        seed=1,
        hint_seed=1,
        drawing={},
        hint_kind=hint_kind,
    )
    return Painter(source, Colorizer(generator, None, torch.device("cpu"), seed=1))


@pytest.fixture(scope="session")
def app_layout(tmp_path_factory: pytest.TempPathFactory) -> DataLayout:
    """A root with one trained model that heeds hints."""
    layout = DataLayout.at(str(tmp_path_factory.mktemp("app") / "root"))
    train_for_app(layout)
    return layout


@pytest.fixture
def at_hand(app_layout: DataLayout) -> Models:
    return open_models(app_layout, "cpu")


@pytest.fixture
def painter(at_hand: Models) -> Painter:
    return at_hand.painter()


@pytest.fixture(scope="session")
def page_lines() -> NDArray[np.uint8]:
    """A wide page with two boxes, side by side."""
    page = np.full((200, 300), 255, np.uint8)
    cv2.rectangle(page, (30, 50), (130, 150), 0, 4)
    cv2.rectangle(page, (170, 50), (270, 150), 0, 4)
    return page


@pytest.fixture(scope="session")
def boxes(page_lines: NDArray[np.uint8]) -> Drawing:
    return Drawing("a" * 32, page_lines)


@pytest.fixture(scope="session")
def red_strokes() -> NDArray[np.uint8]:
    """A red stroke in the left box, on a clear layer of the page's size."""
    layer = np.zeros((200, 300, 4), np.uint8)
    layer[85:115, 60:100] = (*RED, 255)
    return layer
