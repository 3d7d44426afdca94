"""Pix2pix trained plainly, for comparison: what the public PyTorch loop does in each step.

Our own re-creation: batches decoded from PNG files by a DataLoader, fp32, channels first, eager,
real and fake judged one after the other, binary cross entropy against tensors of ones and zeros,
Adam, losses read every hundred steps. Networks, batch and data are those of the recipe `pix2pix`;
the public loop's random crops are left out, since the recipe has none.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.networks.build import build_critic, build_generator
from training.recipes import Recipe

PRINT_EVERY = 100


class SideBySide(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """PNG files with colour, hint and line art in a row -> three pictures in [-1, 1]."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(folder.glob("*.png"))

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        pixels = np.asarray(Image.open(self.paths[number]).convert("RGB"))
        row = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float().div(255).sub(0.5).div(0.5)
        color, hint, edge = row.chunk(3, dim=2)
        return color, hint, edge[:1]


class PlainPix2pix:
    """Generator, critic, two optimisers and a loader; `step` is one iteration."""

    def __init__(
        self, recipe: Recipe, size_px: int, folder: Path, device: torch.device, workers: int
    ) -> None:
        self.recipe, self.device = recipe, device
        # As the public loop has it, too.
        torch.backends.cudnn.benchmark = True
        self.generator = build_generator(recipe, size_px).to(device)
        self.critic = build_critic(recipe, size_px).to(device)
        betas = (recipe.beta1, recipe.beta2)
        self.generator_optimizer, self.critic_optimizer = (
            torch.optim.Adam(network.parameters(), recipe.learning_rate, betas)
            for network in (self.generator, self.critic)
        )
        self.loader = DataLoader(
            SideBySide(folder), recipe.batch_size, shuffle=True, num_workers=workers,
            drop_last=True, persistent_workers=workers > 0,
        )  # fmt: skip
        self.batches = self._endless()
        self.steps = 0

    def step(self) -> None:
        """Update the critic, then the generator, on the next batch."""
        color, hint, edge = (each.to(self.device) for each in next(self.batches))
        given = torch.cat([edge, hint], 1)
        fake = self.generator(edge, hint)

        self.critic.requires_grad_(True)
        self.critic_optimizer.zero_grad()
        says_fake = self._judge(fake.detach(), given, 0.0)
        says_real = self._judge(color, given, 1.0)
        ((says_fake + says_real) * 0.5).backward()
        self.critic_optimizer.step()

        self.critic.requires_grad_(False)
        self.generator_optimizer.zero_grad()
        fools = self._judge(fake, given, 1.0)
        differs = F.l1_loss(fake, color) * self.recipe.l1_weight
        (fools + differs).backward()
        self.generator_optimizer.step()

        self.steps += 1
        if self.steps % PRINT_EVERY == 0:
            self.told = [loss.item() for loss in (says_fake, says_real, fools, differs)]

    def _judge(self, picture: Tensor, given: Tensor, wanted: float) -> Tensor:
        logits = self.critic(picture, given)
        target = torch.tensor(wanted, device=self.device).expand_as(logits)
        return F.binary_cross_entropy_with_logits(logits, target)

    def _endless(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        while True:
            yield from self.loader
