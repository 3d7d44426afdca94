"""Pairs from the shards to batches on the device; here the cache's uint8 becomes [-1, 1].

Pictures lie decoded in the cache and are mapped. Which of them make batch number n, and all chance
in it, follow from the seed and n alone: a resumed training sees what an undisturbed one sees.
"""

import functools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from upath import UPath

from preprocessing.config import HintConfig
from preprocessing.hints import make_hints, make_masked_hints
from storage import digest
from storage.pictures import Picture
from storage.records import Split
from training import cache
from training.recipes import Recipe
from training.team import ALONE, Team


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pictures of one split as uint8: color N3HW, edge N1HW; stored hints N3HW or none.

    With stored hints come their masks N1HW: 255 where the truth was given.

    Only for reading: they are the cache's files, and the system ends who writes into them.
    """

    color: Tensor
    edge: Tensor
    hint: Tensor | None = None
    mask: Tensor | None = None

    @property
    def size_px(self) -> int:
        """The side of every picture."""
        return int(self.color.shape[-1])


@dataclass(frozen=True, slots=True)
class Batch:
    """All that a step sees, on the device: pictures in [-1, 1] and the chance drawn for each.

    Where several processes train, these are one's own pictures of the batch that all share.
    """

    edge: Tensor
    hint: Tensor
    color: Tensor
    z: Tensor | None
    """The generator's noise BZ, normal; None where the recipe knows none."""

    share: Tensor | None
    """How much of each real picture (B, 0 to 1) is in the mix that the gradient penalty looks at;
    None where there is no penalty."""

    rows: Tensor
    """Which pictures these are, on the CPU."""

    @property
    def given(self) -> Tensor:
        """What the critic is told of a picture: line art and hint, BGHW."""
        return torch.cat([self.edge, self.hint], dim=1)


class Batches:
    """Batches without end, each known by its number."""

    def __init__(
        self,
        pairs: Pairs,
        hints: HintConfig,
        recipe: Recipe,
        device: torch.device,
        seed: int,
        team: Team = ALONE,
    ) -> None:
        """Make the batches of a recipe; each process of a team draws its own rows of them.

        Raises:
            BadInput: a batch cannot be shared equally.
        """
        self.pairs = pairs
        self.hints = hints
        self.recipe = recipe
        self.batch_size = recipe.batch_size
        self.mine = team.rows(recipe.batch_size)
        self.device = device
        self.seed = seed
        self._order = functools.lru_cache(maxsize=2)(self._shuffle)

    def draw(self, number: int) -> Batch:
        """Give one batch with fresh hints; the same number gives the same batch."""
        chance = generator_of(self.seed, "batch", str(number))
        rows = self.rows(number)
        color, edge = (to_float(pixels) for pixels in self.gather(rows))
        if self.recipe.flips:
            color, edge = _flipped(color, edge, chance)
        hint = self._hints(color, chance)
        # All that is chance is drawn for all processes by each, so that their number changes
        # nothing; a hint takes what it needs from the same stream, so all are drawn as well.
        z, share = self._noise(chance), self._shares(chance)
        edge, hint, color = (planes[self.mine] for planes in (edge, hint, color))
        return Batch(edge, hint, color, z, share, rows[self.mine])

    def _hints(self, color: Tensor, chance: torch.Generator) -> Tensor:
        if not self.recipe.mask:
            return make_hints(color, self.hints, chance)
        hint = make_masked_hints(color, self.hints, chance)
        # The mask goes from 0..1 to the scale of all other planes.
        hint[:, 3:].mul_(2).sub_(1)
        return hint

    def _noise(self, chance: torch.Generator) -> Tensor | None:
        if not self.recipe.z_size:
            return None
        z = torch.randn((self.batch_size, self.recipe.z_size), generator=chance)
        return sent(z[self.mine], self.device)

    def _shares(self, chance: torch.Generator) -> Tensor | None:
        if self.recipe.rule != "wgan-gp":
            return None
        return sent(torch.rand(self.batch_size, generator=chance)[self.mine], self.device)

    def gather(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Copy some pictures, color and edge, from where they lie to the device."""
        rows = rows.to(self.pairs.color.device, non_blocking=True)
        # Several times as fast as pairs.color[rows], which goes byte by byte.
        color, edge = (all_.index_select(0, rows) for all_ in (self.pairs.color, self.pairs.edge))
        return sent(color, self.device), sent(edge, self.device)

    def rows(self, number: int) -> Tensor:
        """Give the places of a batch's pictures: each epoch is one shuffle of all of them."""
        count = len(self.pairs.color)
        first = number * self.batch_size
        places = range(first, first + self.batch_size)
        return torch.stack([self._order(place // count)[place % count] for place in places])

    def _shuffle(self, epoch: int) -> Tensor:
        chance = generator_of(self.seed, "epoch", str(epoch))
        return torch.randperm(len(self.pairs.color), generator=chance)


def _flipped(color: Tensor, edge: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror about half of the pictures of a batch, each with its line art."""
    is_mirrored = sent(torch.rand(len(color), generator=chance) < 0.5, color.device)
    mirrored = is_mirrored.view(-1, 1, 1, 1)
    return (
        torch.where(mirrored, color.flip(3), color),
        torch.where(mirrored, edge.flip(3), edge),
    )


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Send a tensor to a device; on the way to a GPU from pinned memory, so that nobody waits."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def generator_of(seed: int, *names: str) -> torch.Generator:
    """Give the chance of one named use, on the CPU."""
    return torch.Generator().manual_seed(digest.seed_of(seed, "train", *names))


def to_float(pixels: Tensor) -> Tensor:
    """Turn uint8 into float in [-1, 1]."""
    # In place, for a new tensor costs more than the arithmetic.
    return pixels.to(torch.float32, copy=True).div_(127.5).sub_(1)


def to_pixels(picture: Tensor) -> Tensor:
    """Turn float in [-1, 1] into uint8."""
    return ((picture.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def hints_of(settings: Mapping[str, Any], recipe: Recipe) -> HintConfig:
    """Give the hints that a recipe is trained with: its own, or those of the dataset's settings."""
    return HintConfig.model_validate(dict(recipe.hints) or settings["hints"])


def load_pairs(folder: UPath, split: Split) -> Pairs:
    """Map all pictures of a split, in the shards' order; the first to ask decodes them.

    Raises:
        BadInput: the split is empty, or the disk does not take the cache.
        CorruptFile: a sample lacks a picture, or has one of another size.
    """
    arrays = cache.open_decoded(folder, split).arrays
    kinds = [kind for kind in ("color", "edge", "hint", "mask") if kind in arrays]
    return Pairs(**{kind: _as_tensor(arrays[kind]) for kind in kinds})


def _as_tensor(pixels: Picture) -> Tensor:
    with warnings.catch_warnings():
        # Torch knows no read-only tensors; Pairs says that they are.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(pixels)
