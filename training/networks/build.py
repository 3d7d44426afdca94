"""A recipe -> its networks, with fresh weights; the one place that knows them all."""

from typing import Protocol, cast

from torch import Tensor, nn

from training.networks.alacgan import AlacGanCritic, AlacGanGenerator
from training.networks.auto_painter import AutoPainterCritic, AutoPainterUNet
from training.networks.critic import Critic
from training.networks.deepcolor import DeepcolorCritic, DeepcolorUNet
from training.networks.paintschainer import PaintsChainerCritic, PaintsChainerUNet
from training.networks.pix2pix import PatchCritic, Pix2pixUNet
from training.networks.unet import UNet, UNetShape
from training.recipes import Recipe

COLOR_CHANNELS = 3


class Generator(Protocol):
    """Line art and a hint in, a picture out."""

    z_size: int
    multiple: int

    def __call__(self, edge_B1HW: Tensor, hint_BCHW: Tensor, z_BZ: Tensor | None = None) -> Tensor:
        """Colour a batch; give pictures B3HW in [-1, 1]."""
        ...


def hint_channels(recipe: Recipe) -> int:
    """Give how many channels of a hint a recipe's networks are told."""
    return COLOR_CHANNELS + recipe.mask


def build_generator(recipe: Recipe, size_px: int) -> nn.Module:
    """Build a recipe's generator for pictures of a size."""
    width, channels = recipe.width, hint_channels(recipe)
    match recipe.network:
        case "unet":
            return UNet(UNetShape.of(recipe, size_px))
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
    width, channels = recipe.critic_width, hint_channels(recipe)
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
