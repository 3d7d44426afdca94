"""EfficientNet-lite0 up to its pooled features: 1,280 numbers for a picture.

Written from its description and the names in the file of its weights. These were converted from
TensorFlow, and it shows: where a convolution halves a picture of even size, the odd row and column
of padding lie at the bottom and on the right ("same"), batch norm's epsilon is 1e-3, and pixels
come as (level - 127) / 128. Activations are ReLU6 and there is no squeeze-and-excitation.

Source: Tan and Le, EfficientNet: rethinking model scaling for convolutional networks (ICML 2019).
"""

import torch.nn.functional as F
from torch import Tensor, nn

SIDE_PX = 224
NUM_FEATURES = 1_280

STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
"""Kernel, stride of the first block, expansion, channels out, number of blocks."""


class EfficientNetLite0(nn.Module):
    """The network, with its layers named as in the file of its weights."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, stride=2)
        self._bn0 = _norm(32)
        blocks: list[nn.Module] = []
        channels = 32
        for kernel, stride, expansion, wanted, count in STAGES:
            for number in range(count):
                step = 1 if number else stride
                blocks.append(InvertedBlock(channels, wanted, kernel, step, expansion))
                channels = wanted
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = SameConv(channels, NUM_FEATURES, 1)
        self._bn1 = _norm(NUM_FEATURES)

    def forward(self, picture_BCHW: Tensor) -> Tensor:
        """Give the features (B, 1280) of pictures in [-1, 1], seen at 224 x 224 px."""
        seen = F.interpolate(picture_BCHW, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)
        x = ((seen + 1) * 127.5 - 127) / 128
        x = F.relu6(self._bn0(self._conv_stem(x)), inplace=True)
        x = F.relu6(self._bn1(self._conv_head(self._blocks(x))), inplace=True)
        return x.mean(dim=(2, 3))


class InvertedBlock(nn.Module):
    """Widen, convolve each channel by itself, narrow; add what came in where the shape allows."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.is_widening = expansion > 1
        if self.is_widening:
            self._expand_conv = SameConv(inputs, wide, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride=stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = SameConv(wide, outputs, 1)
        self._bn2 = _norm(outputs)
        self.is_adding = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Give features of the same size, or of half of it (B, outputs, H, W)."""
        wide = x
        if self.is_widening:
            wide = F.relu6(self._bn0(self._expand_conv(x)), inplace=True)
        wide = F.relu6(self._bn1(self._depthwise_conv(wide)), inplace=True)
        narrow: Tensor = self._bn2(self._project_conv(wide))
        return narrow + x if self.is_adding else narrow


class SameConv(nn.Conv2d):
    """A convolution without bias whose output has ceil(side / stride) px, as TensorFlow pads it."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)
        # Kernels are odd, so without a stride what is missing is the same on both sides.
        self.padding = (0, 0) if stride > 1 else (kernel // 2, kernel // 2)

    def forward(self, input: Tensor) -> Tensor:
        """Pad, then convolve."""
        if self.stride[0] == 1:
            return super().forward(input)
        height, width = input.shape[-2:]
        left, right = self._missing(width)
        top, bottom = self._missing(height)
        return super().forward(F.pad(input, (left, right, top, bottom)))

    def _missing(self, side: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        reach = (-(-side // stride) - 1) * stride + kernel
        missing = max(reach - side, 0)
        return missing // 2, missing - missing // 2


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)
