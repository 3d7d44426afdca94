"""A recipe -> its networks, with fresh weights; the one place that knows them all."""

from typing import cast

from torch import nn

from training.networks.alacgan import AlacGanCritic, AlacGanGenerator
from training.networks.auto_painter import AutoPainterCritic, AutoPainterUNet
from training.networks.critic import Critic
from training.networks.deepcolor import DeepcolorCritic, DeepcolorUNet
from training.networks.paintschainer import PaintsChainerCritic, PaintsChainerUNet
from training.networks.pix2pix import PatchCritic, Pix2pixUNet
from training.networks.unet import UNet
from training.recipes import Recipe


def build_generator(recipe: Recipe, size_px: int) -> nn.Module:
    """Build a recipe's generator for pictures of a size."""
    width, channels = recipe.width, recipe.hint_channels
    match recipe.network:
        case "unet":
            return UNet(recipe, size_px)
        case "deepcolor":
            return DeepcolorUNet(width=width, hint_channels=channels)
        case "pix2pix":
            return Pix2pixUNet(width=width, size_px=size_px, hint_channels=channels)
        case "auto-painter":
            return AutoPainterUNet(width=width, size_px=size_px, hint_channels=channels)
        case "paintschainer":
            return PaintsChainerUNet(width=width, hint_channels=channels)
        case "alacgan":
            return AlacGanGenerator(width=width, hint_channels=channels)


def build_critic(recipe: Recipe, size_px: int) -> nn.Module:
    """Build the critic that belongs to a recipe's generator."""
    width, channels = recipe.critic_width, recipe.hint_channels
    match recipe.network:
        case "unet":
            given = 1 + channels if recipe.conditional else 0
            return Critic(width=width, size_px=size_px, given_channels=given)
        case "deepcolor":
            return DeepcolorCritic(width=width, size_px=size_px, hint_channels=channels)
        case "pix2pix":
            return PatchCritic(width=width, hint_channels=channels)
        case "auto-painter":
            return AutoPainterCritic(width=width, hint_channels=channels)
        case "paintschainer":
            return PaintsChainerCritic(width=width, size_px=size_px)
        case "alacgan":
            return AlacGanCritic(width=width, size_px=size_px)


def multiple_of(network: nn.Module) -> int:
    """Give what the side of a picture has to be a multiple of, in px."""
    return cast(int, network.multiple)
