"""The critic: scores how much a picture looks drawn, given its line art and hint.

A gradient penalty speaks of each picture alone, so nothing here may mix the pictures of a batch:
there is no normalisation. Convolutions and leaky ReLU alone also make the critic piecewise linear,
which the analytic penalty lives on.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COLOR_CHANNELS = 3
SLOPE = 0.2
"""Of the leaky ReLU below zero."""

HALVINGS = 5


class Critic(nn.Module):
    """Five convolutions of 4 x 4 and stride 2, then one linear layer to a score."""

    multiple = 2**HALVINGS

    def __init__(self, *, width: int, size_px: int, given_channels: int = 4) -> None:
        """Build the critic; with no given channels it is told of the picture alone."""
        super().__init__()
        w = width
        self.given_channels = given_channels
        widths = [COLOR_CHANNELS + given_channels, w, 2 * w, 4 * w, 8 * w, 8 * w]
        convs = [
            nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1)
            for inputs, outputs in pairwise(widths)
        ]
        self.convs = nn.ModuleList(convs)
        self.side = size_px // self.multiple
        self.linear = nn.Linear(widths[-1] * self.side**2, 1)

    def forward(self, color_B3HW: Tensor, given_BGHW: Tensor) -> Tensor:
        """Score pictures in [-1, 1], given line art and hint; one number a picture."""
        x = self.seen(color_B3HW, given_BGHW)
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)
        score: Tensor = self.linear(x.flatten(1)).squeeze(1)
        return score

    def seen(self, color_B3HW: Tensor, given_BGHW: Tensor) -> Tensor:
        """Give what the first convolution sees."""
        if not self.given_channels:
            return color_B3HW
        return torch.cat([color_B3HW, given_BGHW], dim=1)

    def kernels(self) -> list[Tensor]:
        """Give the convolutions' kernels OIHW, the first one first."""
        return [conv.weight for conv in self.convs if isinstance(conv, nn.Conv2d)]
