"""Who takes part in a training: generator, critic, feature network, and their optimisers."""

import copy
import warnings
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format

from storage import digest
from training import feature_weights, padding
from training.config import TrainingConfig
from training.networks.build import build_critic, build_generator
from training.perceptual import FrozenFeatures
from training.recipes import Recipe
from training.residence import free_bytes
from training.targets import SHARE_OF_MEMORY, Targets


@dataclass(frozen=True, slots=True)
class Players:
    """The networks of one training; a recipe that needs no critic, features or average has none.

    `averaged` is the generator whose weights are averaged over the steps; it is the one to colour
    with.
    """

    recipe: Recipe
    size_px: int
    generator: nn.Module
    generator_optimizer: torch.optim.Optimizer
    averaged: nn.Module | None
    critic: nn.Module | None
    critic_optimizer: torch.optim.Optimizer | None
    features: FrozenFeatures | None
    targets: Targets | None

    @property
    def colorist(self) -> nn.Module:
        """The generator to colour with."""
        return self.averaged or self.generator


def gather(config: TrainingConfig, size_px: int, device: torch.device, seed: int) -> Players:
    """Make the networks that a recipe needs, with weights drawn from the seed.

    Raises:
        BadInput: the weights of the feature loss are not there.
    """
    recipe = config.resolved()
    features = None
    if recipe.feature_weight > 0:
        weights = feature_weights.load(config)
        features = FrozenFeatures(weights, recipe.feature_layer, recipe.feature_shrink)
    with torch.random.fork_rng(devices=[]):
        # Layers draw their first weights from the global stream; we lend it and give it back.
        torch.manual_seed(digest.seed_of(seed, "train", "weights"))
        generator = build_generator(recipe, size_px)
        critic = build_critic(recipe, size_px) if recipe.has_critic else None
    networks = [network for network in (generator, critic, features) if network is not None]
    for network in networks:
        settle(network, device)
    return Players(
        recipe=recipe,
        size_px=size_px,
        generator=generator,
        generator_optimizer=_optimizer(generator, recipe),
        averaged=copy.deepcopy(generator).eval() if recipe.ema else None,
        critic=critic,
        critic_optimizer=_optimizer(critic, recipe) if critic else None,
        features=features,
        targets=_targets(features, config, recipe, device) if features else None,
    )


def settle(network: nn.Module, device: torch.device | str) -> None:
    """Move a network to its device, kernels channels last: a third faster, even on a CPU."""
    network.to(device)
    convert_conv2d_weight_memory_format(network, torch.channels_last)
    if padding.is_wanted(torch.device(device)):
        padding.pad_channels(network)


def _targets(
    features: FrozenFeatures, config: TrainingConfig, recipe: Recipe, device: torch.device
) -> Targets:
    # A mirrored picture has other features, so with flips nothing is worth keeping.
    is_kept = config.target_features == "kept" and not recipe.flips
    return Targets(features, int(free_bytes(device) * SHARE_OF_MEMORY) if is_kept else 0)


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    values, rate, decay = list(network.parameters()), recipe.learning_rate, recipe.weight_decay
    # What counts the steps lies on the device, so that a step can be recorded as a CUDA graph.
    on_gpu = values[0].is_cuda
    if on_gpu:
        # That not every step is one is no mistake.
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
    match recipe.optimizer:
        case "adam":
            betas = (recipe.beta1, recipe.beta2)
            return torch.optim.Adam(
                values, rate, betas, weight_decay=decay, fused=True, capturable=on_gpu
            )
        case "rmsprop":
            return torch.optim.RMSprop(values, rate, weight_decay=decay, capturable=on_gpu)
        case "sgd":
            return torch.optim.SGD(values, rate, momentum=recipe.beta1, weight_decay=decay)
