"""Files of tensors: written whole, read, looked at. Safetensors only; no pickle is ever loaded."""

import json
from collections.abc import Mapping

import safetensors
import safetensors.torch
from torch import Tensor
from upath import UPath

from storage import digest, files
from storage.errors import CorruptFile, MissingInput

SUFFIX = ".safetensors"
NUM_LENGTH_BYTES = 8


def write(path: UPath, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors by their names, whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    files.write_bytes(path, safetensors.torch.save(plain))


def read(path: UPath, sha256: str = "") -> dict[str, Tensor]:
    """Read tensors by their names.

    Raises:
        MissingInput: there is no such file.
        CorruptFile: it is cut or something else, or not that of a sha256 which is given.
    """
    try:
        content = files.read_bytes(path)
        if sha256 not in ("", digest.of_bytes(content)):
            raise CorruptFile(
                f"{path}: its sha256 is not that of the training's record; put it back from a copy,"
                " or take another checkpoint"
            )
        return safetensors.torch.load(content)
    except FileNotFoundError as error:
        raise MissingInput(f"{path}: not there; delete the checkpoint and train again") from error
    except safetensors.SafetensorError as error:
        raise _damaged(path) from error


def refuse_damaged(path: UPath) -> None:
    """Look at what a file says of itself, and at its size; no tensor is read.

    Raises:
        CorruptFile: it is cut or something else.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(NUM_LENGTH_BYTES), "little")
        # What is no such file names any length.
        header = file.read(length) if length < size else b""
    try:
        facts = json.loads(header)
        ends = [facts[name]["data_offsets"][1] for name in facts.keys() - {"__metadata__"}]
        is_whole = NUM_LENGTH_BYTES + length + max(ends, default=0) == size
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path) from error
    if not is_whole:
        raise _damaged(path)


def _damaged(path: UPath) -> CorruptFile:
    return CorruptFile(
        f"{path}: no readable safetensors; put it back from a copy, or take another checkpoint"
    )
