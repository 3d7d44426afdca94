"""Pix2pix's networks: the U-Net of eight strided levels and the 70 x 70 PatchGAN.

Source: Isola, Zhu, Zhou, Efros, "Image-to-Image Translation with Conditional Adversarial Networks"
(2017), appendix 6.1 and its erratum (no BN at the 1 x 1 bottom, which would zero it for a batch of
one); the public PyTorch code (junyanz/pytorch-CycleGAN-and-pix2pix) for the biases. 64 wide.

Our reading: smaller pictures take as many levels as their side has halvings, and as many dropouts
fewer; dropout, the paper's only noise, sleeps in evaluation, so that one input has one answer.
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

MAX_LEVELS = 8
UNDROPPED_LEVELS = 5
"""Levels whose decoding layer never drops values; the deeper ones all do."""

NORM_DEVIATION = 0.02


class Pix2pixUNet(StridedUNet):
    """Eight halvings at 256 px, down to one pixel, and eight doublings."""

    multiple = 2**UNDROPPED_LEVELS
    kernel = 4

    def __init__(self, *, width: int, size_px: int, hint_channels: int = 3) -> None:
        levels = min(MAX_LEVELS, _num_halvings(size_px))
        super().__init__(
            [width * min(2**level, 8) for level in range(levels)],
            self.kernel,
            hint_channels=hint_channels,
            is_bottom_normalised=False,
            num_dropouts=max(0, levels - UNDROPPED_LEVELS),
        )
        # Once built, it wants pictures that its own levels divide.
        self.multiple = 2**levels
        draw_weights(self, norm_deviation=NORM_DEVIATION)


class PatchCritic(nn.Module):
    """Five convolutions to a map of logits: each judges one patch, 70 px wide, by itself."""

    multiple = 8
    kernel = 4

    def __init__(self, *, width: int, hint_channels: int = 3) -> None:
        super().__init__()
        inputs = COLOR_CHANNELS + EDGE_CHANNELS + hint_channels
        self.trunk = strided_trunk(inputs, width, self.kernel)
        self.to_logits = nn.Conv2d(8 * width, 1, self.kernel, padding=1)
        draw_weights(self, norm_deviation=NORM_DEVIATION)

    def forward(self, color_B3HW: Tensor, given_BGHW: Tensor) -> Tensor:
        """Judge pictures in [-1, 1], given line art and hint; one logit a patch (B, N)."""
        features = self.trunk(torch.cat([color_B3HW, given_BGHW], dim=1))
        logits: Tensor = self.to_logits(features).flatten(1)
        return logits


def _num_halvings(side: int) -> int:
    return (side & -side).bit_length() - 1
