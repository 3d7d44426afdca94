"""Each system of the paper as data: its networks, losses and optimiser.

A recipe says what is trained; how it is trained is the same engine for all. Where a paper leaves a
number open, the number here is our reading of it, and every one can be overridden by the field of
the same name in `TrainingConfig`.
"""

from dataclasses import dataclass
from typing import Literal

Layout = Literal["A", "B"]
ConvOrder = Literal["conv-relu-bn", "conv-bn-relu"]
ZForm = Literal["literal", "lowres"]
FeatureLayer = Literal[
    "conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3",
    "conv4_1", "conv4_2", "conv4_3", "conv5_1", "conv5_2", "conv5_3",
]  # fmt: skip
RecipeName = Literal["unet-l2", "paper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One system: generator, critic, losses and optimiser.

    A weight of 0 takes the loss out, and with it the network that only that loss needs. The
    weights of the losses are those at 256 x 256 px.
    """

    source: str
    """Where the recipe comes from, in one line."""

    # the generator
    width: int = 64
    layout: Layout = "A"
    order: ConvOrder = "conv-relu-bn"
    bn_momentum: float = 0.1
    z_size: int = 0
    z_form: ZForm = "literal"

    # the critic
    critic_width: int = 64
    n_critic: int = 1
    adversarial_weight: float = 0.0
    penalty_weight: float = 10.0

    # the picture's losses
    l1_weight: float = 0.0
    l2_weight: float = 0.0
    feature_weight: float = 0.0
    feature_layer: FeatureLayer = "conv5_3"
    feature_shrink: int = 1
    tv_weight: float = 0.0

    # the optimiser: Adam for both networks
    learning_rate: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.999


RECIPES: dict[RecipeName, Recipe] = {
    "unet-l2": Recipe(
        source="the paper's baseline: its U-Net trained by the L2 distance alone",
        l2_weight=1.0,
    ),
    "paper": Recipe(
        source="Automatic Manga Colorization with Hint: conditional WGAN-GP, L1, features and TV",
        z_size=100,
        adversarial_weight=0.1,
        l1_weight=100.0,
        feature_weight=1.0,
        tv_weight=5.0,
        beta1=0.5,
        beta2=0.9,
    ),
}
