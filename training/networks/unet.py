"""The U-Net: line art, hint and noise in, a picture out.

The paper counts 18 convolutions and 5 transposed ones but draws no plan that has them; two layouts
do. Layout A pools four times and ends in a 1 x 1 transposed convolution; layout B pools five times
and its last transposed convolution goes straight to RGB at full size.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.recipes import Recipe

LOWRES_PX = 8


class UNet(nn.Module):
    """Colour line art: an encoder, a decoder, and skips between levels of one size.

    `size_px` binds only the literal noise.
    """

    def __init__(self, recipe: Recipe, size_px: int) -> None:
        super().__init__()
        self.multiple = 16 if recipe.layout == "A" else 32
        self.z_size = recipe.z_size
        self.noise = NoisePlane(recipe, size_px) if recipe.z_size else None
        w = recipe.width
        poolings = 4 if recipe.layout == "A" else 5
        outs = [w * 2**level for level in range(5)]
        ins = [1 + recipe.hint_channels + (self.noise is not None), *outs]
        self.levels = nn.ModuleList(
            _double_conv(ins[level], outs[level], recipe) for level in range(poolings)
        )
        self.bottom = _double_conv(8 * w, 16 * w, recipe) if recipe.layout == "A" else nn.Identity()
        # The deepest four levels are skipped to, the deepest first.
        skips = outs[poolings - 4 : poolings][::-1]
        self.ups = nn.ModuleList(
            _Up(up, skip, recipe) for up, skip in zip([8 * w, 4 * w, 2 * w, w], skips, strict=True)
        )
        last = 1 if recipe.layout == "A" else 2
        self.to_rgb = nn.ConvTranspose2d(w, 3, kernel_size=last, stride=last)

    def forward(self, edge_B1HW: Tensor, hint_BCHW: Tensor, z_BZ: Tensor | None = None) -> Tensor:
        """Colour a batch.

        Args:
            edge_B1HW: line art in [-1, 1], white paper +1.
            hint_BCHW: hints in [-1, 1], with a mask where the recipe has one.
            z_BZ: normal noise; None stands for its mean, zero.

        Returns:
            Pictures B3HW in [-1, 1].
        """
        planes = [edge_B1HW, hint_BCHW]
        if self.noise is not None:
            z = edge_B1HW.new_zeros(len(edge_B1HW), self.z_size) if z_BZ is None else z_BZ
            planes.append(self.noise(z, edge_B1HW.shape[-2:]))
        x = torch.cat(planes, dim=1)
        skips = []
        for level in self.levels:
            x = level(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for up in self.ups:
            x = up(x, skips.pop())
        return torch.tanh(self.to_rgb(x))


class NoisePlane(nn.Module):
    """Turn a noise vector into one plane of the picture's size."""

    def __init__(self, recipe: Recipe, size_px: int) -> None:
        super().__init__()
        self.side = size_px if recipe.z_form == "literal" else LOWRES_PX
        self.is_literal = recipe.z_form == "literal"
        self.linear = nn.Linear(recipe.z_size, self.side * self.side)

    def forward(self, z_BZ: Tensor, size: tuple[int, int]) -> Tensor:
        """Give the plane B1HW.

        Raises:
            ValueError: the noise is literal and the picture of another size.
        """
        plane: Tensor = self.linear(z_BZ).view(-1, 1, self.side, self.side)
        if not self.is_literal:
            return F.interpolate(plane, size=size, mode="bilinear", align_corners=False)
        if tuple(size) != (self.side, self.side):
            raise ValueError(
                f"the literal noise ties this generator to {self.side} px, found {tuple(size)};"
                " train with z_form lowres for other sizes"
            )
        return plane


class _Up(nn.Module):
    """Double the size, join the skip, convolve twice."""

    def __init__(self, width: int, skip: int, recipe: Recipe) -> None:
        super().__init__()
        enlarge = nn.ConvTranspose2d(2 * width, width, kernel_size=2, stride=2)
        self.enlarge = nn.Sequential(*_normalised(enlarge, width, recipe))
        self.convs = _double_conv(width + skip, width, recipe)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        joined: Tensor = self.convs(torch.cat([self.enlarge(x), skip], dim=1))
        return joined


def _double_conv(inputs: int, outputs: int, recipe: Recipe) -> nn.Sequential:
    return nn.Sequential(*_conv(inputs, outputs, recipe), *_conv(outputs, outputs, recipe))


def _conv(inputs: int, outputs: int, recipe: Recipe) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)
    return _normalised(conv, outputs, recipe)


def _normalised(conv: nn.Module, channels: int, recipe: Recipe) -> list[nn.Module]:
    norm = nn.BatchNorm2d(channels, momentum=recipe.bn_momentum)
    relu = nn.ReLU()
    return [conv, relu, norm] if recipe.order == "conv-relu-bn" else [conv, norm, relu]
