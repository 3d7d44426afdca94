"""How much one step computes, and how much of what the machine can do that is."""

import functools
import time
from dataclasses import replace
from typing import Any, get_args

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from storage.errors import BadInput
from training.arithmetic import Arithmetic
from training.data import Batch
from training.feature_weights import TORCHVISION, FeatureWeights
from training.networks.build import build_critic, build_generator, hint_channels
from training.networks.flops import GIGA
from training.perceptual import FrozenFeatures
from training.players import Players, refuse_size
from training.recipes import FeatureLayer, Recipe
from training.step import learn_from
from training.targets import Targets

LOSSES = ("adversarial", "l1", "l2", "lines", "feature", "tv")

PICTURES = 2
"""Counted on so many at once, for some networks normalise over a batch of more than one."""

VGG16_CHANNELS = {"conv1": 64, "conv2": 128, "conv3": 256, "conv4": 512, "conv5": 512}

SIDE = 8192
REPEATS = 10


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Torch's own counts, without its sums by module, which a second derivative does not allow."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flop: int = 0

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = operation(*args, **(kwargs or {}))
        count = flop_registry.get(operation.overloadpacket)
        if count:
            self.flop += count(*args, **(kwargs or {}), out_val=result)
        return result


def gflop_per_picture(
    recipe: Recipe, size_px: int, how: Arithmetic, *, targets_kept: bool = False
) -> float:
    """Count what one step does for each picture of its batch, by doing it without numbers.

    It is the very code of the step: every forward and backward, the penalty in the form it is
    computed in, all updates of the critic. The tensors have a shape and nothing else.

    Args:
        recipe: what is trained.
        size_px: the side of its pictures.
        how: the arithmetic.
        targets_kept: whether the features of the true pictures are there already.

    Returns:
        GFLOP of convolutions and matrix products; a multiplication with its addition counts 2.
        Optimisers, averages, hints and all else that is done by the element count nothing.
    """
    players = _weightless(recipe, size_px)
    # Autocast knows no device without numbers, and would not change the count.
    how = replace(how, device=torch.device("cpu"), bf16=False)
    turns = recipe.n_critic if players.critic else 1
    seen = [_weightless_batch(recipe, size_px) for _ in range(turns)]
    with _Counter() as counter:
        wanted = players.targets.of(seen[-1]) if players.targets else None
        if targets_kept:
            counter.flop = 0
        learn_from(players, seen, wanted, how)
    gflop: float = counter.flop / PICTURES / GIGA
    return gflop


def refuse_impossible(recipe: Recipe, size_px: int) -> None:
    """Do one step of a recipe without numbers, before anything is drawn.

    Raises:
        BadInput: its networks cannot be built or run at these widths, with these pictures, or it
            has nothing to learn by.
    """
    if not any(getattr(recipe, f"{loss}_weight") for loss in LOSSES):
        raise BadInput(
            "training: all losses of the recipe have the weight 0, so it would learn nothing; give"
            " one of them a weight, such as --training.l1-weight 100"
        )
    how = Arithmetic(torch.device("cpu"), bf16=False, penalty_form="autograd")
    try:
        players = _weightless(recipe, size_px)
        refuse_size(players, size_px)
        batch = _weightless_batch(recipe, size_px, recipe.batch_size)
        wanted = players.targets.of(batch) if players.targets else None
        learn_from(players, [batch], wanted, how)
    except (RuntimeError, ValueError) as error:
        raise BadInput(
            f"training: a batch of {recipe.batch_size} pictures of {size_px} px does not go through"
            f" networks {recipe.width} and {recipe.critic_width} wide ({error}); take another"
            " --training.width, --training.critic-width, --training.feature-shrink,"
            " --training.batch-size or --pack.size-px"
        ) from error


def _weightless(recipe: Recipe, size_px: int) -> Players:
    with torch.device("meta"):
        generator = build_generator(recipe, size_px)
        critic = build_critic(recipe, size_px) if recipe.adversarial_weight > 0 else None
        features = _weightless_features(recipe) if recipe.feature_weight > 0 else None
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


def _weightless_features(recipe: Recipe) -> FrozenFeatures:
    convs, inputs = {}, 3
    for name in get_args(FeatureLayer):
        outputs = VGG16_CHANNELS[name.partition("_")[0]]
        convs[name] = (torch.empty(outputs, inputs, 3, 3), torch.empty(outputs))
        inputs = outputs
    weights = FeatureWeights(convs, TORCHVISION)
    return FrozenFeatures(weights, recipe.feature_layer, recipe.feature_shrink)


def _weightless_batch(recipe: Recipe, size_px: int, pictures: int = PICTURES) -> Batch:
    edge, hint, color = (
        torch.empty(pictures, channels, size_px, size_px, device="meta")
        for channels in (1, hint_channels(recipe), 3)
    )
    z = torch.empty(pictures, recipe.z_size, device="meta") if recipe.z_size else None
    share = torch.empty(pictures, device="meta") if recipe.rule == "wgan-gp" else None
    return Batch(edge, hint, color, z, share, torch.arange(pictures))


@functools.cache
def peak_tflops(device: torch.device, bf16: bool) -> float:
    """Measure what a GPU does at best: the fastest of some large matrix products.

    Returns:
        TFLOP a second, in the arithmetic of the networks.
    """
    dtype = torch.bfloat16 if bf16 else torch.float32
    one, two = (torch.randn(SIDE, SIDE, device=device, dtype=dtype) for _ in range(2))
    seconds = []
    for _ in range(REPEATS):
        torch.cuda.synchronize(device)
        begun = time.perf_counter()
        one @ two
        torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - begun)
    return 2 * SIDE**3 / min(seconds) / 1e12
