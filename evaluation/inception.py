"""What a scripted Inception sees in pictures, for the distance that others publish as FID.

Off by default: its file is no part of any package. NVIDIA's `inception-2015-12-05.pt` is the one
that is meant; it is TorchScript, called as module(uint8_BCHW, return_features=True) -> (B, 2048).
It is run by torch's own interpreter of such files, and no pickle of Python's is ever loaded. A
file of another maker gives other numbers, so its sha256 is told beside them.
"""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import torch
from torch import Tensor
from upath import UPath

from evaluation.config import EvaluationConfig
from evaluation.exactly import exactly
from evaluation.features import Features
from evaluation.pixelwise import WHITE
from storage import digest
from storage.errors import BadInput

logger = logging.getLogger(__name__)

NUM_FEATURES = 2_048
AT_ONCE = 16
PROBE_PX = 64

WAY_OUT = (
    "give --evaluation.inception the path of NVIDIA's inception-2015-12-05.pt, or leave it out to"
    " do without the Inception-FID"
)


@dataclass(frozen=True, slots=True)
class InceptionNetwork:
    """The module on its device, and the sha256 of its file."""

    module: torch.jit.ScriptModule
    sha256: str

    def look(self, picture_BCHW: Tensor) -> Features:
        """Give the features of pictures in [-1, 1], which it sees as 8-bit levels (N, 2048)."""
        levels_BCHW = picture_BCHW.add(1).mul_(WHITE / 2).round_().clamp_(0, WHITE).byte()
        with exactly():
            seen = [
                self.module(some, return_features=True).float()
                for some in torch.split(levels_BCHW, AT_ONCE)
            ]
        return np.asarray(torch.cat(seen).cpu().numpy())


def open_inception(config: EvaluationConfig, device: torch.device) -> InceptionNetwork | None:
    """Load the module that the configuration names, and try it; None if it names none.

    Raises:
        BadInput: the file cannot be had, is another one, or is no such module.
    """
    if not config.inception:
        return None
    path, sha256 = find_file(config)
    try:
        with warnings.catch_warnings():
            # Torch would have new files made otherwise; this one is as it is.
            warnings.simplefilter("ignore", DeprecationWarning)
            module = torch.jit.load(path, map_location=device)  # type: ignore[no-untyped-call]
        network = InceptionNetwork(module.eval(), sha256)
        shape = network.look(torch.zeros(2, 3, PROBE_PX, PROBE_PX, device=device)).shape
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
        why = " ".join(str(error).split())[:120]
        raise BadInput(
            f"--evaluation.inception {path}: is no TorchScript that is called as module(uint8_BCHW,"
            f" return_features=True) ({why}); {WAY_OUT}"
        ) from error
    if shape != (2, NUM_FEATURES):
        raise BadInput(
            f"--evaluation.inception {path}: gave features of shape {shape} for two pictures,"
            f" wanted (2, {NUM_FEATURES}); {WAY_OUT}"
        )
    return network


def find_file(config: EvaluationConfig) -> tuple[Path, str]:
    """Find the file that is named, downloaded once if that is an address; give its sha256 too.

    Raises:
        BadInput: it cannot be had, or is another one than wanted.
    """
    path = Path(config.inception)
    if config.inception.startswith(("https://", "http://")):
        path = _download(config.inception)
    try:
        found = digest.of_file(UPath(path))
    except OSError as error:
        raise BadInput(
            f"--evaluation.inception {path}: cannot be read ({error.strerror}); {WAY_OUT}"
        ) from error
    if config.inception_sha256 not in ("", found):
        raise BadInput(
            f"--evaluation.inception {path}: has sha256 {found}, wanted {config.inception_sha256};"
            " replace the file, or correct --evaluation.inception-sha256"
        )
    return path, found


def _download(address: str) -> Path:
    # Two addresses may end in one name.
    name = f"{digest.of_bytes(address.encode())[:8]}-{Path(urlsplit(address).path).name}"
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.exists():
        logger.info("downloading inception url=%s to=%s", address, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(address, str(path), progress=False)
        except (OSError, RuntimeError, ValueError) as error:
            raise BadInput(
                f"--evaluation.inception {address}: cannot be had ({error}); {WAY_OUT}"
            ) from error
    return path
