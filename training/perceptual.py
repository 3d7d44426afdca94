"""The feature loss: two pictures are alike when a frozen VGG16 sees the same in them.

Where its weights come from is the business of `feature_weights`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.feature_weights import FeatureWeights
from training.recipes import FeatureLayer

EPSILON = 1e-8


class FrozenFeatures(nn.Module):
    """VGG16 from its first convolution up to one layer, that layer's ReLU included."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, weights: FeatureWeights, layer: FeatureLayer, shrink: int = 1) -> None:
        """Build the network.

        Args:
            weights: VGG16's convolutions and the pixels they want.
            layer: the layer whose features are given.
            shrink: average so many pixels a side into one first.
        """
        super().__init__()
        names = list(weights.convs)
        self.names = names[: names.index(layer) + 1]
        self.shrink = shrink
        self.scale = weights.pixels.scale
        self.register_buffer("mean", torch.tensor(weights.pixels.mean).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(weights.pixels.deviation).view(1, 3, 1, 1))
        self.convs = nn.ModuleList(_frozen_conv(*weights.convs[name]) for name in self.names)
        self.requires_grad_(False)
        self.eval()

    def forward(self, picture_BCHW: Tensor) -> Tensor:
        """Give the features of pictures in [-1, 1]."""
        x: Tensor = F.avg_pool2d(picture_BCHW, self.shrink)
        x = ((x + 1) * (self.scale / 2) - self.mean) / self.deviation
        for name, conv in zip(self.names, self.convs, strict=True):
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2)
            x = F.relu(conv(x))
        return x


def distance(fake_BCHW: Tensor, real_BCHW: Tensor) -> Tensor:
    """Give the mean squared difference of features, by the real features' mean square."""
    real, fake = real_BCHW.float().flatten(1), fake_BCHW.float().flatten(1)
    energy = real.square().mean(dim=1) + EPSILON
    mean: Tensor = ((fake - real).square().mean(dim=1) / energy).mean()
    return mean


def _frozen_conv(kernel: Tensor, bias: Tensor) -> nn.Conv2d:
    outputs, inputs, side, _ = kernel.shape
    conv = nn.Conv2d(inputs, outputs, kernel_size=side, padding=1)
    conv.weight = nn.Parameter(kernel)
    conv.bias = nn.Parameter(bias)
    return conv
