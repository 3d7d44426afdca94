"""Convolutions filled up to a multiple of eight channels, as a GPU's matrix units want them.

A picture has three channels, what a network is told of it four to eight: with most such numbers
the units stand idle, or cuDNN copies. So zeros go along where a convolution takes or gives another
number. Weights, their names, what is saved and what comes out stay as they are.

Source: NVIDIA, "Convolutional Layers User's Guide", on channels in half precision.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MULTIPLE = 8


def is_wanted(device: torch.device) -> bool:
    """Tell whether a device computes faster so; a CPU's kernels fill up by themselves."""
    return device.type == "cuda"


def pad_channels(network: nn.Module) -> None:
    """Have a network's convolutions compute with zeros where channels lack, in place."""
    for part in network.modules():
        # No other kind of convolution, which may have a forward of its own.
        if type(part) is nn.Conv2d and _lacks(part):
            part.__class__ = PaddedConv2d
        elif type(part) is nn.ConvTranspose2d and _lacks(part):
            part.__class__ = PaddedConvTranspose2d


def filled(values: Tensor, *dims: int) -> Tensor:
    """Fill up some of the first two dimensions of a picture or a kernel with zeros."""
    lacking = [-values.shape[dim] % MULTIPLE if dim in dims else 0 for dim in (0, 1)]
    if not any(lacking):
        return values
    full = F.pad(values, (0, 0, 0, 0, 0, lacking[1], 0, lacking[0]))
    return full.contiguous(memory_format=torch.channels_last)


class PaddedConv2d(nn.Conv2d):
    """A convolution that takes and gives what it did, and computes with more channels."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Convolve."""
        x, kernel, bias = filled(x_BCHW, 1), filled(self.weight, 0, 1), _filled_bias(self.bias)
        full = F.conv2d(x, kernel, bias, self.stride, self.padding, self.dilation)
        return full[:, : self.out_channels]


class PaddedConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution that takes and gives what it did."""

    def forward(self, x_BCHW: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve; what size comes out is settled by the layer's own numbers."""
        assert output_size is None
        x, kernel, bias = filled(x_BCHW, 1), filled(self.weight, 0, 1), _filled_bias(self.bias)
        assert isinstance(self.padding, tuple)
        full = F.conv_transpose2d(
            x, kernel, bias, self.stride, self.padding, self.output_padding, 1, self.dilation
        )
        return full[:, : self.out_channels]


def _lacks(part: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    is_whole = part.groups == 1
    return is_whole and bool(part.in_channels % MULTIPLE or part.out_channels % MULTIPLE)


def _filled_bias(bias_C: Tensor | None) -> Tensor | None:
    return None if bias_C is None else F.pad(bias_C, (0, -len(bias_C) % MULTIPLE))
