"""Deepcolor's networks: a U-Net of five strided levels, and a critic with batch normalisation.

Source: Kevin Frans, "Outline Colorization through Tandem Adversarial Networks" (2017), its colour
network, as his public code (kvfrans/deepcolor) builds it: kernels of 5 x 5 throughout, 64 wide.

Our reading: pictures are in [-1, 1] (his are in [0, 1], under the same tanh); the kernels' first
values are normal without truncation; TensorFlow pads a stride of two on one side more than on the
other, we pad both alike.
"""

import torch
from torch import Tensor, nn

from training.networks.strided import (
    COLOR_CHANNELS,
    EDGE_CHANNELS,
    StridedUNet,
    draw_weights,
    strided_trunk,
)

KERNEL = 5


class DeepcolorUNet(StridedUNet):
    """Five halvings, five doublings, BN everywhere but at the first and the last."""

    multiple = 32

    def __init__(self, *, width: int, hint_channels: int = 3) -> None:
        widths = [width, 2 * width, 4 * width, 8 * width, 8 * width]
        super().__init__(widths, KERNEL, hint_channels=hint_channels, is_bottom_normalised=True)
        draw_weights(self, norm_deviation=0)


class DeepcolorCritic(nn.Module):
    """Four convolutions, then one linear layer to a logit; sees what the generator was given."""

    multiple = 8

    def __init__(self, *, width: int, size_px: int, hint_channels: int = 3) -> None:
        super().__init__()
        inputs = COLOR_CHANNELS + EDGE_CHANNELS + hint_channels
        self.trunk = strided_trunk(inputs, width, KERNEL)
        self.linear = nn.Linear(8 * width * (size_px // self.multiple) ** 2, 1)
        draw_weights(self, norm_deviation=0)

    def forward(self, color_B3HW: Tensor, given_BGHW: Tensor) -> Tensor:
        """Judge pictures in [-1, 1], given line art and hint; one logit a picture (B, 1)."""
        features: Tensor = self.trunk(torch.cat([color_B3HW, given_BGHW], dim=1))
        logit: Tensor = self.linear(features.flatten(1))
        return logit
