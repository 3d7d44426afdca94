"""The features of the true pictures: they never change, so each is computed once and kept."""

import torch
from torch import Tensor

from training.data import Batch
from training.perceptual import FrozenFeatures

SHARE_OF_MEMORY = 0.25
"""Of what is free when a training starts; the rest is for networks and their batches."""


class Targets:
    """What the feature network sees in true pictures, kept by row while there is room.

    A kept feature is the one computed, in the precision that it was computed in: keeping changes
    no number. Which pictures are known is decided on the CPU, so nobody waits for the device.
    """

    def __init__(self, features: FrozenFeatures, room_bytes: int) -> None:
        self.features = features
        self.room_bytes = room_bytes
        self._kept: dict[int, Tensor] = {}

    @torch.no_grad()
    def of(self, batch: Batch) -> Tensor:
        """Give the features of a batch's true pictures, BCHW."""
        rows = batch.rows.tolist()
        if all(row in self._kept for row in rows):
            return torch.stack([self._kept[row] for row in rows])
        # All together, known ones too: another size of batch might round differently.
        found: Tensor = self.features(batch.color)
        for row, feature in zip(rows, found, strict=True):
            if row not in self._kept and feature.nbytes <= self.room_bytes:
                # A copy, for a part of the batch would keep the whole batch in memory.
                self._kept[row] = feature.clone()
                self.room_bytes -= feature.nbytes
        return found
