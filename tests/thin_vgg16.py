"""Stand-in weights for the feature loss: VGG16's plan, an eighth as wide, drawn by chance."""

import torch
from torch import Tensor

NUMBERS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
"""The places of the convolutions in torchvision's list of layers."""
WIDTHS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)


def thin_vgg16() -> dict[str, Tensor]:
    """Give VGG16's convolutions under torchvision's names, every width an eighth."""
    torch.manual_seed(0)
    tensors = {}
    for place, number in enumerate(NUMBERS):
        inputs, outputs = WIDTHS[place] // (8 if place else 1), WIDTHS[place + 1] // 8
        scale = (2 / (9 * inputs)) ** 0.5
        tensors[f"features.{number}.weight"] = torch.randn(outputs, inputs, 3, 3) * scale
        tensors[f"features.{number}.bias"] = torch.randn(outputs) * 0.1
    return tensors
