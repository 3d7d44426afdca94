"""What pictures are measured with, beside arithmetic: two frozen networks, each opened once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evaluation.features import FeatureNetwork, Features, open_features
from evaluation.perceptual import PerceptualDistance, open_perceptual


@dataclass(frozen=True, slots=True)
class Instruments:
    """The networks at hand (None where their wheels are not), and the device they are on.

    `perceptual_md5s` name the pictures whose perceptual distance is taken, `truths` keeps the
    features of every truth seen, by its md5: it is looked at once, not once an answer.
    """

    device: torch.device
    features: FeatureNetwork | None = None
    perceptual: PerceptualDistance | None = None
    perceptual_md5s: frozenset[str] = frozenset()
    truths: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def see(
        self, real_BCHW: Tensor, generated_BCHW: Tensor, md5s: Sequence[str]
    ) -> Features | None:
        """Give the features of answers, and keep those of their truths; None without a network."""
        if self.features is None:
            return None
        if any(md5 not in self.truths for md5 in md5s):
            self.truths.update(zip(md5s, self.features.look(real_BCHW), strict=True))
        return self.features.look(generated_BCHW)

    def perceive(
        self, real_BCHW: Tensor, generated_BCHW: Tensor, md5s: Sequence[str]
    ) -> list[float | None]:
        """Give the perceptual distance of each answer; None where it is not taken."""
        taken = [place for place, md5 in enumerate(md5s) if md5 in self.perceptual_md5s]
        found: list[float | None] = [None] * len(md5s)
        if self.perceptual is None or not taken:
            return found
        named = [md5s[place] for place in taken]
        distances = self.perceptual.distance(real_BCHW[taken], generated_BCHW[taken], named)
        for place, distance in zip(taken, distances, strict=True):
            found[place] = distance
        return found


def open_instruments(device: torch.device, perceptual_md5s: Collection[str] = ()) -> Instruments:
    """Open what is at hand; the perceptual distance is taken of the pictures that are named."""
    return Instruments(
        device,
        open_features(device),
        open_perceptual(device) if perceptual_md5s else None,
        frozenset(perceptual_md5s),
    )
