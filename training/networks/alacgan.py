"""AlacGAN's networks: tunnels of ResNeXt blocks without any normalisation.

Source: Ci, Ma, Wang, Li, Luo, "User-Guided Deep Anime Line Art Colorization with Conditional
Adversarial Networks" (2018), and its public code (orashi/AlacGAN, models/standard.py), 64 wide.

Our reading: the features of a tagging network, for which no free weights exist, are left out. The
generator does without them. The critic, which knew the line art by them alone, gets the line art
itself at the same place, folded to 1/16 of its size. The source trains at 512 px, where the critic
halves three times more after that place, down to 4 x 4; smaller pictures halve less often. The hint
comes at full size and is brought to a quarter here: with a mask, a small pixel is the mean of the
colours wished inside it; without one, the mean of all.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2
HINT_SHRINK = 4
LINE_SHRINK = 16
FINAL_PX = 4
WAVE = (1, 1, 2, 2, 4, 4, 2, 1)
"""Dilations along the middle tunnels: see further and further, then near again."""


class AlacGanGenerator(nn.Module):
    """An encoder of strided convolutions; a decoder that is a tunnel of ResNeXt blocks a level."""

    multiple = 16
    z_size = 0

    def __init__(self, *, width: int, hint_channels: int = 3) -> None:
        super().__init__()
        w = width
        self.from_hint = nn.Sequential(nn.Conv2d(hint_channels, w, 7, padding=3), _relu())
        self.from_edge = nn.Sequential(nn.Conv2d(1, w // 2, 3, padding=1), _relu())
        # At a quarter of the size the hint joins, with `w` channels more.
        steps = [(w // 2, w), (w, 2 * w), (3 * w, 4 * w), (4 * w, 8 * w)]
        self.halvings = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), _relu())
            for inputs, outputs in steps
        )
        self.tunnels = nn.ModuleList(
            [
                _tunnel(8 * w, 8 * w, 4 * w, dilations=(1,) * 20),
                _tunnel(8 * w, 4 * w, 2 * w, dilations=WAVE),
                _tunnel(4 * w, 2 * w, w, dilations=WAVE),
                _tunnel(2 * w, w, w // 2, dilations=(1, 2, 4, 2, 1), cardinality=16),
            ]
        )
        self.exit = nn.Conv2d(w, 3, 3, padding=1)

    def forward(self, edge_B1HW: Tensor, hint_BCHW: Tensor, z_BZ: Tensor | None = None) -> Tensor:
        """Colour a batch; give pictures B3HW in [-1, 1]."""
        del z_BZ  # this network knows no noise
        hint = self.from_hint(shrink_hint(hint_BCHW))
        x = self.from_edge(edge_B1HW)
        skips = []
        for number, halve in enumerate(self.halvings):
            skips.append(x)
            x = halve(torch.cat([x, hint], dim=1) if number == 2 else x)
        for tunnel in self.tunnels:
            x = torch.cat([tunnel(x), skips.pop()], dim=1)
        return torch.tanh(self.exit(x))


class AlacGanCritic(nn.Module):
    """ResNeXt blocks that halve, with the line art joining at 1/16, and a linear layer."""

    multiple = 16

    def __init__(self, *, width: int, size_px: int) -> None:
        super().__init__()
        w = width
        self.before = nn.Sequential(
            nn.Conv2d(3, w, 7, padding=3, bias=False),
            _relu(),
            nn.Conv2d(w, w, 4, stride=2, padding=1, bias=False),
            _relu(),
            *_halving_pair(w),
            *_widening(w),
            *_halving_pair(2 * w),
            *_widening(2 * w),
            *_halving_pair(4 * w),
        )
        side = size_px // LINE_SHRINK
        joined = 4 * w + LINE_SHRINK**2
        after = [nn.Conv2d(joined, 8 * w, 3, padding=1, bias=False), _relu()]
        while side >= 2 * FINAL_PX and side % 2 == 0:
            after += _halving_pair(8 * w)
            side //= 2
        last = nn.Conv2d(8 * w, 8 * w, side, bias=False)
        self.after = nn.Sequential(*after, _ResNeXt(8 * w, cardinality=8), last, _relu())
        self.linear = nn.Linear(8 * w, 1)

    def forward(self, color_B3HW: Tensor, given_BGHW: Tensor) -> Tensor:
        """Score pictures in [-1, 1], given the line art, the first channel; (B, 1)."""
        line = F.pixel_unshuffle(given_BGHW[:, :1], LINE_SHRINK)
        features: Tensor = self.after(torch.cat([self.before(color_B3HW), line], dim=1))
        score: Tensor = self.linear(features.flatten(1))
        return score


class _ResNeXt(nn.Module):
    """Squeeze to half, convolve in groups, widen again, add what came in."""

    def __init__(
        self, channels: int, *, cardinality: int, dilation: int = 1, stride: int = 1
    ) -> None:
        super().__init__()
        half = channels // 2
        self.path = nn.Sequential(
            nn.Conv2d(channels, half, 1, bias=False),
            _relu(),
            nn.Conv2d(
                half,
                half,
                kernel_size=2 + stride,
                stride=stride,
                padding=dilation,
                dilation=dilation,
                # A narrow network for tests has fewer channels than the source has groups.
                groups=math.gcd(cardinality, half),
                bias=False,
            ),
            _relu(),
            nn.Conv2d(half, channels, 1, bias=False),
        )
        self.shortcut = nn.AvgPool2d(2) if stride == 2 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = self.shortcut(x) + self.path(x)
        return summed


def shrink_hint(hint_BCHW: Tensor) -> Tensor:
    """Bring a hint to a quarter of its size; where no colour is wished, colour and mask are 0."""
    if hint_BCHW.shape[1] == 3:
        return F.avg_pool2d(hint_BCHW, HINT_SHRINK)
    mask = (hint_BCHW[:, 3:] > 0).to(hint_BCHW.dtype)
    share = F.avg_pool2d(mask, HINT_SHRINK)
    color = F.avg_pool2d(hint_BCHW[:, :3] * mask, HINT_SHRINK)
    return torch.cat([color / share.clamp(min=HINT_SHRINK**-2), share.sign()], dim=1)


def _tunnel(
    inputs: int, width: int, outputs: int, *, dilations: Sequence[int], cardinality: int = 32
) -> nn.Sequential:
    """Give a level of the decoder: blocks of one width, then twice the size."""
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1),
        _relu(),
        *(_ResNeXt(width, cardinality=cardinality, dilation=dilation) for dilation in dilations),
        nn.Conv2d(width, 4 * outputs, 3, padding=1),
        nn.PixelShuffle(2),
        _relu(),
    )


def _halving_pair(channels: int) -> list[nn.Module]:
    return [_ResNeXt(channels, cardinality=8), _ResNeXt(channels, cardinality=8, stride=2)]


def _widening(channels: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, 2 * channels, 1, bias=False), _relu()]


def _relu() -> nn.LeakyReLU:
    return nn.LeakyReLU(SLOPE)
