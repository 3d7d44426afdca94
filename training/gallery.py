"""The same few validation pictures, coloured again and again while the generator learns."""

import numpy as np
import torch
from torch import Tensor
from upath import UPath

from storage import files
from storage.pictures import Picture, encode_png
from training.checkpoint import name_of
from training.data import Pairs, generator_of, to_float, to_pixels
from training.players import Players

FOLDER = "pictures"
NUM_PICTURES = 8


class Gallery:
    """Contact sheets, one row a picture: line art, hint, ours, truth."""

    def __init__(self, pairs: Pairs, device: torch.device, seed: int) -> None:
        """Choose the first validation pictures; their noise is the same in every sheet."""
        assert pairs.hint is not None
        assert pairs.mask is not None
        count = min(NUM_PICTURES, len(pairs.color))
        self.edge = to_float(pairs.edge[:count].to(device))
        hint = torch.cat([pairs.hint[:count], pairs.mask[:count]], dim=1)
        self.hint = to_float(hint.to(device))
        self.color = to_float(pairs.color[:count].to(device))
        self.seed = seed

    def draw(self, players: Players, train_folder: UPath, step: int) -> tuple[Picture, float]:
        """Colour the pictures as the app would and write them as one sheet.

        Returns:
            The sheet, and how far ours lie from the truth: the root mean square of a picture's
            differences in [0, 1], mean over the pictures.
        """
        chance = generator_of(self.seed, "gallery")
        recipe, colorist = players.recipe, players.colorist
        z = torch.randn(len(self.edge), recipe.z_size, generator=chance)
        colorist.eval()
        # The plain forward, and the kernels at hand: a few sheets are worth no search for faster.
        with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            hint = self.hint[:, : recipe.hint_channels]
            ours = colorist.forward(self.edge, hint, z.to(self.edge) if recipe.z_size else None)
        players.generator.train()
        columns = [self.edge.expand_as(self.color), self.hint[:, :3], ours, self.color]
        pixels = torch.stack([to_pixels(column).cpu() for column in columns], dim=1)
        sheet_HWC = _sheet(pixels)
        path = train_folder / FOLDER / f"{name_of(step)}.png"
        files.write_bytes(path, encode_png(sheet_HWC))
        return sheet_HWC, _rmse(pixels[:, -2], pixels[:, -1])


def _rmse(ours_BCHW: Tensor, truth_BCHW: Tensor) -> float:
    difference = (ours_BCHW.double() - truth_BCHW.double()) / 255
    return difference.flatten(1).square().mean(dim=1).sqrt().mean().item()


def _sheet(pixels_RKCHW: Tensor) -> Picture:
    rows, columns, channels, height, width = pixels_RKCHW.shape
    sheet = pixels_RKCHW.permute(0, 3, 1, 4, 2).reshape(rows * height, columns * width, channels)
    return np.ascontiguousarray(sheet.numpy())
