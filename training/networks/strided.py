"""Convolutions that stride instead of pooling: what deepcolor, pix2pix and auto-painter share.

All three descend from DCGAN: the encoder halves by strided convolutions, the decoder doubles by
transposed ones, the critic is the encoder's first part, and weights are drawn from N(0, 0.02).
They differ in kernels, depth and where they normalise, which each says in its own file.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

COLOR_CHANNELS = 3
EDGE_CHANNELS = 1
SLOPE = 0.2
"""Of the leaky ReLU below zero."""

WEIGHT_DEVIATION = 0.02
DROPOUT = 0.5


class StridedUNet(nn.Module):
    """Colour line art: halve at every level, double again, join what the encoder saw.

    The skips carry the encoder's values before their activation; each layer of the decoder puts
    one ReLU over both halves.
    """

    z_size = 0

    def __init__(
        self,
        widths: Sequence[int],
        kernel: int,
        *,
        hint_channels: int,
        is_bottom_normalised: bool,
        num_dropouts: int = 0,
    ) -> None:
        """Build the network.

        Args:
            widths: channels of the encoder's levels, the widest picture first.
            kernel: side of all kernels.
            hint_channels: 3, or 4 with a mask.
            is_bottom_normalised: whether the deepest level of the encoder has BN.
            num_dropouts: how many layers of the decoder drop half of their values, from below.
        """
        super().__init__()
        given = EDGE_CHANNELS + hint_channels
        self.downs = nn.ModuleList([halving(given, widths[0], kernel)])
        for inputs, outputs in pairwise(widths):
            is_normalised = is_bottom_normalised or len(self.downs) < len(widths) - 1
            down = halving(inputs, outputs, kernel, bias=not is_normalised)
            norm = [nn.BatchNorm2d(outputs)] if is_normalised else []
            self.downs.append(nn.Sequential(nn.LeakyReLU(SLOPE), down, *norm))
        self.ups = nn.ModuleList()
        inputs = widths[-1]
        for outputs in reversed(widths[:-1]):
            up = [nn.ReLU(), doubling(inputs, outputs, kernel, bias=False), nn.BatchNorm2d(outputs)]
            drop = [nn.Dropout(DROPOUT)] if len(self.ups) < num_dropouts else []
            self.ups.append(nn.Sequential(*up, *drop))
            inputs = 2 * outputs
        self.to_rgb = nn.Sequential(nn.ReLU(), doubling(inputs, COLOR_CHANNELS, kernel))

    def forward(self, edge_B1HW: Tensor, hint_BCHW: Tensor, z_BZ: Tensor | None = None) -> Tensor:
        """Colour a batch; give pictures B3HW in [-1, 1]."""
        del z_BZ  # these networks know no noise but dropout
        x = torch.cat([edge_B1HW, hint_BCHW], dim=1)
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
        x = skips.pop()
        for up in self.ups:
            x = torch.cat([up(x), skips.pop()], dim=1)
        return torch.tanh(self.to_rgb(x))


def strided_trunk(inputs: int, width: int, kernel: int) -> nn.Sequential:
    """Give a critic's convolutions: three that halve and one that does not, to 8 x width."""
    layers: list[nn.Module] = [halving(inputs, width, kernel), nn.LeakyReLU(SLOPE)]
    for factor in (2, 4, 8):
        stride = 1 if factor == 8 else 2
        before, after = factor // 2 * width, factor * width
        conv = nn.Conv2d(before, after, kernel, stride, padding=(kernel - 1) // 2, bias=False)
        layers += [conv, nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers)


def halving(inputs: int, outputs: int, kernel: int, *, bias: bool = True) -> nn.Conv2d:
    """Give a convolution that halves an even side, whatever its kernel."""
    return nn.Conv2d(inputs, outputs, kernel, 2, padding=(kernel - 1) // 2, bias=bias)


def doubling(inputs: int, outputs: int, kernel: int, *, bias: bool = True) -> nn.ConvTranspose2d:
    """Give a transposed convolution that doubles the side, whatever its kernel."""
    return nn.ConvTranspose2d(
        inputs,
        outputs,
        kernel,
        stride=2,
        padding=(kernel - 1) // 2,
        output_padding=kernel % 2,
        bias=bias,
    )


def draw_weights(network: nn.Module, *, norm_deviation: float) -> None:
    """Draw kernels from N(0, 0.02), scales of BN from N(1, `norm_deviation`), and no bias."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0.0, WEIGHT_DEVIATION)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, norm_deviation)
        else:
            continue
        if part.bias is not None:
            nn.init.zeros_(part.bias)
