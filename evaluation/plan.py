"""What is measured, with what, and into which folder."""

from dataclasses import dataclass

import torch
from upath import UPath

from evaluation.config import EvaluationConfig
from evaluation.instruments import Instruments


@dataclass(frozen=True, slots=True)
class Plan:
    """One evaluation: the pairs and checkpoints it reads, the folder it writes.

    `checkpoints` are steps and folders, ascending.
    """

    config: EvaluationConfig
    pairs_folder: UPath
    checkpoints: tuple[tuple[int, UPath], ...]
    folder: UPath
    device: torch.device
    seed: int
    instruments: Instruments

    @property
    def parts_folder(self) -> UPath:
        """Where finished parts wait until all of them are there; killed work goes on from them."""
        return self.folder / "parts"
