"""Line art and a hint in, a coloured picture out: the only inference path, for us and for users.

The one room of this folder that knows how models are loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from upath import UPath

from evaluation.exactly import exactly
from evaluation.pixelwise import WHITE, Pictures
from storage import digest
from storage.errors import BadInput
from training.checkpoint import list_checkpoints, load_critic, load_generator, recipe_of

__all__ = [
    "Colorizer", "device_of", "list_checkpoints", "open_colorizer", "to_input", "to_levels",
    "to_model",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colorizer:
    """A generator on its device, its critic where that one's scores are a distance, and z's seed.

    `is_masked` says whether they are told where a hint is.
    """

    generator: nn.Module
    critic: nn.Module | None
    device: torch.device
    seed: int
    is_masked: bool = False

    @property
    def has_z(self) -> bool:
        """Whether the generator is given noise."""
        return bool(cast(int, self.generator.z_size))

    def colorize(
        self, edge_BHW: Pictures, hint_BHWC: Pictures, mask_BHW: Pictures, names: Sequence[str]
    ) -> Pictures:
        """Colour some line art.

        Args:
            edge_BHW: line art, uint8, dark on white.
            hint_BHWC: colours where they are wished, uint8 RGB, white elsewhere.
            mask_BHW: 255 where they are wished, 0 elsewhere.
            names: the pictures' md5s, or others for other z; a picture's z depends on its name
                and the seed only.

        Returns:
            Pictures, uint8 RGB (B, H, W, C).
        """
        with exactly():
            color_BCHW: Tensor = self.generator(
                to_model(edge_BHW[..., None], self.device),
                self.hint(hint_BHWC, mask_BHW),
                self.noise(names),
            )
        return to_picture(color_BCHW)

    def hint(self, hint_BHWC: Pictures, mask_BHW: Pictures) -> Tensor:
        """Give the hint as the models want it: BCHW, with the mask if they are told."""
        hint_B3HW = to_model(hint_BHWC, self.device)
        if not self.is_masked:
            return hint_B3HW
        return torch.cat([hint_B3HW, to_model(mask_BHW[..., None], self.device)], dim=1)

    def noise(self, names: Sequence[str]) -> Tensor | None:
        """Draw each picture's z by its name, (B, Z); None if the generator is given none."""
        z_size = cast(int, self.generator.z_size)
        if not z_size:
            return None
        # One stream a picture, so that neither its batch nor its neighbours change its z.
        chances = [
            torch.Generator().manual_seed(digest.seed_of(self.seed, "z", name)) for name in names
        ]
        z_BZ = torch.stack([torch.randn(z_size, generator=chance) for chance in chances])
        return z_BZ.to(self.device)


def open_colorizer(checkpoint: UPath, device: torch.device, seed: int) -> Colorizer:
    """Load the models of one checkpoint."""
    recipe = recipe_of(checkpoint)
    generator = load_generator(checkpoint, device)
    # What tells true from false by cross entropy estimates no distance.
    critic = load_critic(checkpoint, device) if recipe.rule != "bce" else None
    return Colorizer(generator, critic, device, seed, recipe.mask)


def device_of(wanted: str) -> torch.device:
    """Give the device to colour on; `auto` is a GPU when there is one.

    Raises:
        BadInput: a GPU is wanted and there is none.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise BadInput(
            "evaluation.device: found no GPU that torch can use, wanted cuda; use auto or cpu"
        )
    return torch.device(wanted)


def to_model(picture_BHWC: Pictures, device: torch.device) -> Tensor:
    """Turn uint8 pictures (B, H, W, C) into what models see: float (B, C, H, W) in [-1, 1]."""
    return to_input(torch.tensor(picture_BHWC, device=device))


def to_input(picture_BHWC: Tensor) -> Tensor:
    """Turn a uint8 tensor (B, H, W, C) into what models see: float (B, C, H, W) in [-1, 1]."""
    return picture_BHWC.permute(0, 3, 1, 2).float().div(WHITE / 2).sub(1)


def to_picture(picture_BCHW: Tensor) -> Pictures:
    """Turn what models give, float in [-1, 1], into uint8 pictures (B, H, W, C)."""
    return np.ascontiguousarray(to_levels(picture_BCHW).cpu().numpy())


def to_levels(picture_BCHW: Tensor) -> Tensor:
    """Turn what models give, float in [-1, 1], into a uint8 tensor (B, H, W, C)."""
    levels = picture_BCHW.float().add(1).mul(WHITE / 2).round().clamp(0, WHITE)
    return levels.byte().permute(0, 2, 3, 1)
