"""A model as an ONNX file, for programs without torch: bytes in, bytes out, as the app does it.

Inputs, each with a batch of any size: `line` uint8 (B, S, S), dark on white; `hint` uint8
(B, S, S, 3), RGB, white where nothing is wished; where the model has them, `mask` uint8 (B, S, S),
255 where something is, and `z` float32 (B, Z), standard normal noise. Output: `color` uint8
(B, S, S, 3), RGB.
"""

import logging
import warnings
from importlib.util import find_spec
from typing import cast

import torch
from torch import Tensor, nn
from upath import UPath

from evaluation.colorize import Colorizer, open_colorizer, to_input, to_levels
from evaluation.folder_checkpoint import Source
from storage import files
from storage.errors import BadInput

INSTALL = "needs the packages of irodori[onnx]: pip install onnx onnxscript"
# Two pictures, since a batch of one would be taken for a constant.
EXAMPLES = 2


class _Whole(nn.Module):
    """A generator together with what brings pictures into its range, and out of it."""

    def __init__(self, colorizer: Colorizer) -> None:
        super().__init__()
        self.generator = colorizer.generator
        self.is_masked = colorizer.is_masked
        self.has_z = colorizer.has_z

    def forward(self, line: Tensor, hint: Tensor, *more: Tensor) -> Tensor:
        rest = list(more)
        told = [hint, rest.pop(0)[..., None]] if self.is_masked else [hint]
        given = torch.cat([to_input(each) for each in told], dim=1)
        z = rest.pop(0) if self.has_z else None
        return to_levels(self.generator(to_input(line[..., None]), given, z))


def write(source: Source, path: UPath) -> list[str]:
    """Write a model as one ONNX file, whole or not at all; give the names of its inputs.

    Raises:
        BadInput: the packages that write ONNX are not installed.
    """
    if not find_spec("onnxscript"):
        raise BadInput(f"export: {INSTALL}")
    colorizer = open_colorizer(source.folder, torch.device("cpu"), source.seed)
    named = _examples(colorizer, source.size_px)
    by_batch = {0: torch.export.Dim("batch")}
    more = ((by_batch,) * (len(named) - 2),) if len(named) > 2 else ()
    with warnings.catch_warnings(), torch.inference_mode():
        # torch warns of its own ways.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            _Whole(colorizer).eval(),
            tuple(named.values()),
            dynamo=True,
            dynamic_shapes=(by_batch, by_batch, *more),
            input_names=list(named),
            output_names=["color"],
            verbose=False,
        )
    if program is None:
        raise BadInput("export: torch gave no ONNX program")
    model = program.model_proto
    model.doc_string = " ".join((__doc__ or "").partition("\n\n")[2].split())
    files.write_bytes(path, model.SerializeToString())
    return list(named)


def _examples(colorizer: Colorizer, size_px: int) -> dict[str, Tensor]:
    square = (EXAMPLES, size_px, size_px)
    named = {
        "line": torch.full(square, 255, dtype=torch.uint8),
        "hint": torch.full((*square, 3), 255, dtype=torch.uint8),
    }
    if colorizer.is_masked:
        named["mask"] = torch.zeros(square, dtype=torch.uint8)
    if colorizer.has_z:
        named["z"] = torch.zeros(EXAMPLES, cast(int, colorizer.generator.z_size))
    return named
