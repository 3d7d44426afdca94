"""Who takes part in a training: generator, critic, feature network, and their optimisers."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format

from storage import digest
from storage.errors import BadInput
from training import feature_weights
from training.config import TrainingConfig
from training.critic import HALVINGS, Critic, CriticShape
from training.generator import GeneratorShape, UNet
from training.perceptual import FrozenFeatures
from training.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Players:
    """The networks of one training; a recipe that needs no critic or features has none."""

    recipe: Recipe
    generator: UNet
    generator_adam: torch.optim.Optimizer
    critic: Critic | None
    critic_adam: torch.optim.Optimizer | None
    features: FrozenFeatures | None


def gather(config: TrainingConfig, size_px: int, device: torch.device, seed: int) -> Players:
    """Make the networks that a recipe needs, with weights drawn from the seed.

    Raises:
        BadInput: pictures of this size do not go through the networks.
    """
    recipe = config.resolved()
    _refuse_size(recipe, size_px)
    with torch.random.fork_rng(devices=[]):
        # Layers draw their first weights from the global stream; we lend it and give it back.
        torch.manual_seed(digest.seed_of(seed, "train", "weights"))
        generator = UNet(GeneratorShape.of(recipe, size_px))
        critic = None
        if recipe.adversarial_weight > 0:
            critic = Critic(CriticShape.of(recipe, size_px))
    features = None
    if recipe.feature_weight > 0:
        weights = feature_weights.load(config)
        features = FrozenFeatures(weights, recipe.feature_layer, recipe.feature_shrink)
    for network in (generator, critic, features):
        if network:
            settle(network, device)
    return Players(
        recipe=recipe,
        generator=generator,
        generator_adam=_adam(generator, recipe),
        critic=critic,
        critic_adam=_adam(critic, recipe) if critic else None,
        features=features,
    )


def settle(network: nn.Module, device: torch.device | str) -> None:
    """Move a network to its device, kernels channels last: a third faster, even on a CPU."""
    network.to(device)
    convert_conv2d_weight_memory_format(network, torch.channels_last)


def num_parameters(network: nn.Module | None) -> int:
    """Count a network's numbers that are learned."""
    return sum(value.numel() for value in network.parameters()) if network else 0


def _refuse_size(recipe: Recipe, size_px: int) -> None:
    needs_32 = recipe.layout == "B" or recipe.adversarial_weight > 0
    multiple = 2**HALVINGS if needs_32 else 16
    if size_px % multiple:
        raise BadInput(
            f"pictures of {size_px} px: layout {recipe.layout}"
            f"{' and the critic' if recipe.adversarial_weight > 0 else ''} need a multiple of"
            f" {multiple}; pack them again with another --pack.size-px"
        )


def _adam(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        network.parameters(),
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        fused=True,
    )
