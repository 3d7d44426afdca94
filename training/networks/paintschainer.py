"""PaintsChainer's networks of the first stage, which think in YUV.

Source: Taizan Yonetsuji's public code (pfnet/PaintsChainer, cgi-bin/paint_x2_unet/unet.py and
img2imgDataset.py, 2017): a U-Net 32 wide that halves by 4 x 4 convolutions and refines by 3 x 3
ones; an unconditional discriminator; OpenCV's YUV; a pixel without hint is (-512, 128, 128).

Our reading: pictures come and go as RGB in [-1, 1], and the conversion is part of the network. Its
last layer is linear, as the source's; what leaves the range of RGB is clipped as the source clips
it when it saves, but the gradient passes, for a pixel beyond the range must find its way back. The
discriminator gives one logit where the source has two classes under a softmax: only their
difference counts. With three hint channels there is no mask, and every pixel is a hint.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

BYTE_MAX = 255
EMPTY_LUMA = 2 * -512 / BYTE_MAX - 1
"""The source's -512 for "no hint here", on the scale of [-1, 1]; its chroma is 0."""

U_SCALE, V_SCALE = 0.492, 0.877
NORM_EPSILON = 2e-5


class PaintsChainerUNet(nn.Module):
    """Four times halve and refine, four times double and narrow, with skips between."""

    multiple = 16
    z_size = 0

    def __init__(self, *, width: int, hint_channels: int = 3) -> None:
        super().__init__()
        self.has_mask = hint_channels > 3
        widths = [width * 2**level for level in range(5)]
        self.enter = _refine(4, width)
        self.halvings, self.refinements = nn.ModuleList(), nn.ModuleList()
        self.doublings, self.narrowings = nn.ModuleList(), nn.ModuleList()
        for narrow, wide in pairwise(widths):
            self.halvings.append(_halve(narrow, wide))
            self.refinements.append(_refine(wide, wide))
            up = nn.ConvTranspose2d(2 * wide, wide, 4, stride=2, padding=1, bias=False)
            self.doublings.append(_normalised(up, wide))
            self.narrowings.append(_refine(wide, narrow))
        self.exit = nn.Conv2d(2 * width, 3, 3, padding=1)
        _draw_weights(self)

    def forward(self, edge_B1HW: Tensor, hint_BCHW: Tensor, z_BZ: Tensor | None = None) -> Tensor:
        """Colour a batch; give pictures B3HW, RGB in [-1, 1]."""
        del z_BZ  # this network knows no noise
        x = self.enter(torch.cat([edge_B1HW, self._hint(hint_BCHW)], dim=1))
        skips = []
        for halve, refine in zip(self.halvings, self.refinements, strict=True):
            skips.append(x)
            halved = halve(x)
            x = refine(halved)
        # The bottom has no encoder opposite: it is joined with itself before its refinement.
        x = torch.cat([halved, x], dim=1)
        for double, narrow in zip(reversed(self.doublings), reversed(self.narrowings), strict=True):
            x = torch.cat([skips.pop(), narrow(double(x))], dim=1)
        color = to_rgb(self.exit(x))
        return color.detach().clamp(-1, 1) + (color - color.detach())

    def _hint(self, hint_BCHW: Tensor) -> Tensor:
        yuv = to_yuv(hint_BCHW[:, :3])
        if not self.has_mask:
            return yuv
        is_wished = hint_BCHW[:, 3:] > 0
        luma = torch.where(is_wished, yuv[:, :1], EMPTY_LUMA)
        return torch.cat([luma, yuv[:, 1:] * is_wished], dim=1)


class PaintsChainerCritic(nn.Module):
    """Seven convolutions, then one linear layer to a logit; does not see what was given."""

    multiple = 16

    def __init__(self, *, width: int, size_px: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(_halve(3, width))
        for factor in (1, 2, 4):
            channels = factor * width
            self.convs.extend([_refine(channels, channels), _halve(channels, 2 * channels)])
        self.linear = nn.Linear(8 * width * (size_px // self.multiple) ** 2, 1)
        _draw_weights(self)
        # The source's deviation for 8 x 8 x 256 inputs; a difference of two such rows varies twice.
        variance = 2 * 0.02 * math.sqrt(8 * 8 * 256) / self.linear.in_features
        nn.init.normal_(self.linear.weight, 0.0, math.sqrt(variance))

    def forward(self, color_B3HW: Tensor, given_BGHW: Tensor) -> Tensor:
        """Judge pictures, RGB in [-1, 1]; one logit a picture (B, 1)."""
        del given_BGHW  # unconditional
        features: Tensor = self.convs(to_yuv(color_B3HW))
        logit: Tensor = self.linear(features.flatten(1))
        return logit


def to_yuv(rgb_B3HW: Tensor) -> Tensor:
    """Turn RGB in [-1, 1] into OpenCV's YUV on the same scale, gray having no U and V."""
    r, g, b = rgb_B3HW.unbind(dim=1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return torch.stack([y, U_SCALE * (b - y), V_SCALE * (r - y)], dim=1)


def to_rgb(yuv_B3HW: Tensor) -> Tensor:
    """Undo `to_yuv`; colours that no screen shows lie outside of [-1, 1]."""
    y, u, v = yuv_B3HW.unbind(dim=1)
    r, b = y + v / V_SCALE, y + u / U_SCALE
    return torch.stack([r, (y - 0.299 * r - 0.114 * b) / 0.587, b], dim=1)


def _halve(inputs: int, outputs: int) -> nn.Sequential:
    return _normalised(nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False), outputs)


def _refine(inputs: int, outputs: int) -> nn.Sequential:
    return _normalised(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), outputs)


def _normalised(conv: nn.Module, channels: int) -> nn.Sequential:
    return nn.Sequential(conv, nn.BatchNorm2d(channels, eps=NORM_EPSILON), nn.ReLU())


def _draw_weights(network: nn.Module) -> None:
    """Draw first weights as Chainer does: normal, of variance 1 by what each output sums over."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0.0, part.weight[0].numel() ** -0.5)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
