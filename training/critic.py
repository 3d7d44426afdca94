"""The critic: scores how much a picture looks drawn, given its line art and hint.

A gradient penalty speaks of each picture alone, so nothing here may mix the pictures of a batch:
there is no normalisation. Convolutions and leaky ReLU alone also make the critic piecewise linear,
which the analytic penalty lives on.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.generator import GIVEN_CHANNELS
from training.recipes import Recipe

COLOR_CHANNELS = 3
SLOPE = 0.2
"""Of the leaky ReLU below zero."""

HALVINGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticShape:
    """All that is needed to build a critic."""

    width: int
    size_px: int

    @classmethod
    def of(cls, recipe: Recipe, size_px: int) -> "CriticShape":
        """Give the shape that a recipe wants for pictures of a size."""
        return cls(width=recipe.critic_width, size_px=size_px)


class Critic(nn.Module):
    """Five convolutions of 4 x 4 and stride 2, then one linear layer to a score."""

    def __init__(self, shape: CriticShape) -> None:
        super().__init__()
        self.shape = shape
        w = shape.width
        widths = [COLOR_CHANNELS + GIVEN_CHANNELS, w, 2 * w, 4 * w, 8 * w, 8 * w]
        convs = [
            nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1)
            for inputs, outputs in pairwise(widths)
        ]
        self.convs = nn.ModuleList(convs)
        self.side = shape.size_px // 2**HALVINGS
        self.linear = nn.Linear(widths[-1] * self.side**2, 1)

    def forward(self, color_B3HW: Tensor, given_B4HW: Tensor) -> Tensor:
        """Score pictures in [-1, 1], given line art and hint; one number a picture."""
        x = torch.cat([color_B3HW, given_B4HW], dim=1)
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)
        score: Tensor = self.linear(x.flatten(1)).squeeze(1)
        return score

    def kernels(self) -> list[Tensor]:
        """Give the convolutions' kernels OIHW, the first one first."""
        return [conv.weight for conv in self.convs if isinstance(conv, nn.Conv2d)]
