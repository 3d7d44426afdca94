"""What pictures are measured with, beside arithmetic: frozen networks, each opened once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evaluation.config import EvaluationConfig
from evaluation.features import Features, open_features
from evaluation.inception import open_inception
from evaluation.perceptual import PerceptualDistance, open_perceptual

EFFICIENTNET, INCEPTION = "efficientnet", "inception"
"""The networks whose features make a distance between sets."""

Truths = dict[str, NDArray[np.float32]]
"""Features of truths by md5."""


class Looks(Protocol):
    """A network that turns pictures into features."""

    def look(self, picture_BCHW: Tensor) -> Features:
        """Give the features of pictures in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """The networks at hand (those are missing whose weights are not), and their device.

    `networks` make features, by name. `perceptual_md5s` name the pictures whose perceptual distance
    is taken, `truths` keeps for each network the features of every truth seen, by its md5: it is
    looked at once, not once an answer. `inception_sha256` tells which Inception it is; empty
    without.
    """

    device: torch.device
    networks: Mapping[str, Looks] = field(default_factory=dict)
    perceptual: PerceptualDistance | None = None
    perceptual_md5s: frozenset[str] = frozenset()
    truths: dict[str, Truths] = field(default_factory=dict)
    inception_sha256: str = ""

    @property
    def names(self) -> list[str]:
        """What they are, and where they look: with others a picture may be worth another figure."""
        with_perceptual = ["perceptual"] if self.perceptual else []
        return [self.device.type, *sorted(self.networks), *with_perceptual, self.inception_sha256]

    def see(
        self, real_BCHW: Tensor, generated_BCHW: Tensor, md5s: Sequence[str]
    ) -> dict[str, Features]:
        """Give the features of answers by network, and keep those of their truths."""
        for name, network in self.networks.items():
            truths = self.truths.setdefault(name, {})
            if any(md5 not in truths for md5 in md5s):
                truths.update(zip(md5s, network.look(real_BCHW), strict=True))
        return {name: network.look(generated_BCHW) for name, network in self.networks.items()}

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

    def without(self, name: str) -> "Instruments":
        """Give the same without one of the networks."""
        return replace(self, networks={n: each for n, each in self.networks.items() if n != name})


def open_instruments(
    device: torch.device, config: EvaluationConfig, perceptual_md5s: Collection[str] = ()
) -> Instruments:
    """Open what is at hand and what is asked for.

    Args:
        device: where they look.
        config: whether there shall be an Inception.
        perceptual_md5s: of these pictures the perceptual distance is taken.

    Raises:
        BadInput: the Inception that is asked for cannot be had.
        CorruptFile: a package's weights are damaged.
    """
    # What can be missing for good comes first.
    inception = open_inception(config, device)
    found: dict[str, Looks | None] = {EFFICIENTNET: open_features(device), INCEPTION: inception}
    return Instruments(
        device=device,
        networks={name: network for name, network in found.items() if network is not None},
        perceptual=open_perceptual(device) if perceptual_md5s else None,
        perceptual_md5s=frozenset(perceptual_md5s),
        inception_sha256=inception.sha256 if inception else "",
    )
