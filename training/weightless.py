"""A training without numbers: tensors with a shape and nothing else, to be weighed or refused."""

from typing import get_args

import torch

from storage.errors import BadInput
from training.arithmetic import Arithmetic
from training.data import Batch
from training.feature_weights import TORCHVISION, FeatureWeights
from training.networks.build import build_critic, build_generator, multiple_of
from training.perceptual import FrozenFeatures
from training.players import Players
from training.recipes import FeatureLayer, Recipe
from training.step import learn_from
from training.targets import Targets

VGG16_CHANNELS = {"conv1": 64, "conv2": 128, "conv3": 256, "conv4": 512, "conv5": 512}


def refuse_impossible(recipe: Recipe, size_px: int) -> None:
    """Do one step of a recipe, before anything is drawn for a real one.

    Raises:
        BadInput: its networks cannot be built or run at these widths, with these pictures, or it
            has nothing to learn by.
    """
    if not recipe.losses:
        raise BadInput(
            "training: all losses of the recipe have the weight 0, so it would learn nothing; give"
            " one of them a weight, such as --training.l1-weight 100"
        )
    how = Arithmetic(torch.device("cpu"), bf16=False, penalty_form="autograd")
    try:
        players = players_of(recipe, size_px)
        _refuse_size(players)
        batch = batch_of(recipe, size_px, recipe.batch_size)
        wanted = players.targets.of(batch) if players.targets else None
        learn_from(players, [batch], wanted, how)
    except (RuntimeError, ValueError) as error:
        raise BadInput(
            f"training: a batch of {recipe.batch_size} pictures of {size_px} px does not go through"
            f" networks {recipe.width} and {recipe.critic_width} wide ({error}); take another"
            " --training.width, --training.critic-width, --training.feature-shrink,"
            " --training.batch-size or --pack.size-px"
        ) from error


def players_of(recipe: Recipe, size_px: int) -> Players:
    """Give who trains, on no device."""
    with torch.device("meta"):
        generator = build_generator(recipe, size_px)
        critic = build_critic(recipe, size_px) if recipe.has_critic else None
        features = _features_of(recipe) if recipe.feature_weight > 0 else None
    return Players(
        recipe=recipe,
        size_px=size_px,
        generator=generator,
        generator_optimizer=torch.optim.SGD(generator.parameters(), 0.0),
        averaged=None,
        critic=critic,
        critic_optimizer=torch.optim.SGD(critic.parameters(), 0.0) if critic else None,
        features=features,
        targets=Targets(features, room_bytes=0) if features else None,
    )


def batch_of(recipe: Recipe, size_px: int, pictures: int) -> Batch:
    """Give a batch of so many pictures, on no device."""
    edge, hint, color = (
        torch.empty(pictures, channels, size_px, size_px, device="meta")
        for channels in (1, recipe.hint_channels, 3)
    )
    z = torch.empty(pictures, recipe.z_size, device="meta") if recipe.z_size else None
    share = torch.empty(pictures, device="meta") if recipe.rule == "wgan-gp" else None
    return Batch(edge, hint, color, z, share, torch.arange(pictures))


def _features_of(recipe: Recipe) -> FrozenFeatures:
    convs, inputs = {}, 3
    for name in get_args(FeatureLayer):
        outputs = VGG16_CHANNELS[name.partition("_")[0]]
        convs[name] = (torch.empty(outputs, inputs, 3, 3), torch.empty(outputs))
        inputs = outputs
    weights = FeatureWeights(convs, TORCHVISION)
    return FrozenFeatures(weights, recipe.feature_layer, recipe.feature_shrink)


def _refuse_size(players: Players) -> None:
    for network in filter(None, (players.generator, players.critic)):
        multiple = multiple_of(network)
        if players.size_px % multiple:
            raise BadInput(
                f"pictures of {players.size_px} px: the {type(network).__name__} of this recipe"
                f" needs a multiple of {multiple}; pack them again with another --pack.size-px"
            )
