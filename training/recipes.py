"""Each system of the paper as data: its networks, losses, optimiser, and hints.

A recipe says what is trained; how it is trained is the same engine for all. Where a source leaves a
number open, the number here is our reading of it, and every number can be overridden by the field
of the same name in `TrainingConfig`. Wording: each is our re-creation of a recipe, no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Layout = Literal["A", "B"]
ConvOrder = Literal["conv-relu-bn", "conv-bn-relu"]
ZForm = Literal["literal", "lowres"]
Network = Literal["unet", "deepcolor", "pix2pix", "auto-painter", "paintschainer", "alacgan"]
Rule = Literal["wgan-gp", "wgan-clip", "bce"]
OptimizerName = Literal["adam", "rmsprop", "sgd"]
Space = Literal["rgb", "yuv"]
FeatureLayer = Literal[
    "conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3",
    "conv4_1", "conv4_2", "conv4_3", "conv5_1", "conv5_2", "conv5_3",
]  # fmt: skip
RecipeName = Literal[
    "unet-l2", "unet-l1", "gan", "cgan", "wgan", "paper", "paper-plus",
    "deepcolor", "pix2pix", "auto-painter", "paintschainer", "alacgan",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One system: generator, critic, losses, optimiser and hints.

    A weight of 0 takes the loss out, and with it the network that only that loss needs. The
    weights of the losses are those at 256 x 256 px, for pictures in [-1, 1].
    """

    source: str
    """Where the recipe comes from, in one line."""

    # the networks: a generator, and the critic that belongs to it
    network: Network = "unet"
    width: int = 64
    layout: Layout = "A"
    order: ConvOrder = "conv-relu-bn"
    bn_momentum: float = 0.1
    z_size: int = 0
    z_form: ZForm = "literal"
    critic_width: int = 64
    conditional: bool = True
    """Whether the critic is told line art and hint."""
    mask: bool = False
    """Whether the networks are told where a hint is, as a fourth channel beside its colours."""

    # the critic's game
    rule: Rule = "wgan-gp"
    adversarial_weight: float = 0.0
    n_critic: int = 1
    penalty_weight: float = 10.0
    drift_weight: float = 0.0
    """Of the mean square of the real scores, which keeps them near zero."""
    clip: float = 0.01
    """With the rule `wgan-clip`: the critic's weights stay within this."""

    # the picture's losses
    l1_weight: float = 0.0
    l1_space: Space = "rgb"
    l2_weight: float = 0.0
    lines_weight: float = 0.0
    """Of the mean absolute difference of the lines in two pictures."""
    feature_weight: float = 0.0
    feature_layer: FeatureLayer = "conv5_3"
    feature_shrink: int = 1
    tv_weight: float = 0.0

    # the optimiser, the same for both networks
    optimizer: OptimizerName = "adam"
    learning_rate: float = 1e-4
    beta1: float = 0.9
    """Adam's decay of the mean gradient; with `sgd`, the momentum."""
    beta2: float = 0.999
    weight_decay: float = 0.0
    batch_size: int = 4
    ema: float = 0.0
    """Decay of the averaged generator that is kept for colouring; 0 for none."""

    # what it learns from
    flips: bool = False
    """Whether pictures are mirrored at random."""
    hints: Mapping[str, Any] = field(default_factory=dict)
    """The hints it is trained with (fields of HintConfig); empty: those of the dataset."""

    @property
    def has_critic(self) -> bool:
        """Whether anybody judges the generator's pictures."""
        return self.adversarial_weight > 0

    @property
    def hint_channels(self) -> int:
        """How many channels of a hint the networks are told: its colours, and a mask."""
        return 3 + self.mask

    @property
    def losses(self) -> dict[str, float]:
        """The weight of each loss that the generator learns by."""
        weights = {
            "adversarial": self.adversarial_weight,
            "L1": self.l1_weight,
            "L2": self.l2_weight,
            "features": self.feature_weight,
            "TV": self.tv_weight,
            "lines": self.lines_weight,
        }
        return {name: weight for name, weight in weights.items() if weight}

    @property
    def absent(self) -> set[str]:
        """The fields of parts that are not there: a critic, noise, features."""
        parts = {
            "adversarial_weight": OF_GAME,
            "z_size": ("z_form",),
            "feature_weight": ("feature_layer", "feature_shrink"),
        }
        return {name for part, names in parts.items() if not getattr(self, part) for name in names}

    @property
    def unheeded(self) -> set[str]:
        """The fields that change nothing, with the networks, losses and optimiser as they are."""
        others = () if self.network == "unet" else OF_UNET
        by_rule = (name for name, rule in OF_RULE.items() if rule != self.rule)
        return self.absent.union(others, by_rule, UNHEEDED_BY[self.optimizer])


OF_UNET = ("layout", "order", "bn_momentum", "z_size", "z_form")
"""The fields that only the network `unet` heeds."""
OF_GAME = ("rule", "critic_width", "n_critic", "penalty_weight", "drift_weight", "clip")
"""The fields that only the critic's game heeds."""
OF_RULE: Mapping[str, Rule] = {"penalty_weight": "wgan-gp", "clip": "wgan-clip"}
"""The fields that only one rule of the game heeds."""
UNHEEDED_BY: Mapping[OptimizerName, tuple[str, ...]] = {
    "adam": (),
    "rmsprop": ("beta1", "beta2"),
    "sgd": ("beta2",),
}
"""The fields that an optimiser knows nothing of."""

PICTURE_LOSSES: dict[str, Any] = {"l1_weight": 100.0, "feature_weight": 1.0, "tv_weight": 5.0}
"""The paper's losses beside the adversarial one."""

GAN: dict[str, Any] = PICTURE_LOSSES | {
    "rule": "bce",
    "z_size": 100,
    "adversarial_weight": 1.0,
    "learning_rate": 2e-4,
    "beta1": 0.5,
}
WGAN_GP: dict[str, Any] = PICTURE_LOSSES | {
    "z_size": 100,
    "adversarial_weight": 0.1,
    "beta1": 0.5,
    "beta2": 0.9,
}

RECIPES: dict[RecipeName, Recipe] = {
    "unet-l2": Recipe(
        source="the paper's baseline: its U-Net trained by the L2 distance alone",
        l2_weight=1.0,
    ),
    "unet-l1": Recipe(
        source="the baseline with the L1 distance, which blurs less",
        l1_weight=1.0,
    ),
    "gan": Recipe(
        source="Goodfellow and others 2014: the paper's networks, a critic that is told nothing",
        conditional=False,
        **GAN,
    ),
    "cgan": Recipe(
        source="Mirza and Osindero 2014: as gan, but the critic is told line art and hint",
        **GAN,
    ),
    "wgan": Recipe(
        source="Arjovsky and others 2017: the Wasserstein game with clipped weights",
        rule="wgan-clip",
        z_size=100,
        adversarial_weight=0.1,
        n_critic=5,
        optimizer="rmsprop",
        learning_rate=5e-5,
        **PICTURE_LOSSES,
    ),
    "paper": Recipe(
        source="Automatic Manga Colorization with Hint: conditional WGAN-GP, L1, features and TV",
        **WGAN_GP,
    ),
    "paper-plus": Recipe(
        source="the paper with what later work found: mask, mixed hints, flips, averaged generator",
        **WGAN_GP | {"z_size": 0},
        feature_layer="conv3_3",
        mask=True,
        flips=True,
        ema=0.999,
        hints={"kind": "mix"},
    ),
    "deepcolor": Recipe(
        source="Kevin Frans, DeepColor 2016: strided networks, squares whited out, a box blur",
        network="deepcolor",
        rule="bce",
        adversarial_weight=1.0,
        l1_weight=50.0,  # 100 where pictures are in [0, 1]
        learning_rate=2e-4,
        beta1=0.5,
        hints={"whiteout_px": 50, "blur_shape": "box", "blur_box_px": 100, "max_blocks": 0},
    ),
    "pix2pix": Recipe(
        source="Isola and others 2017: U-Net of eight halvings, a critic of 70 px patches, L1",
        network="pix2pix",
        rule="bce",
        adversarial_weight=1.0,
        l1_weight=100.0,
        learning_rate=2e-4,
        beta1=0.5,
        batch_size=1,
    ),
    "auto-painter": Recipe(
        source="Liu and others 2017, Auto-painter: pix2pix 48 wide, features and TV; our weights",
        network="auto-painter",
        width=48,
        critic_width=48,
        rule="bce",
        adversarial_weight=1.0,
        l1_weight=50.0,
        feature_weight=1.0,
        feature_layer="conv3_2",
        tv_weight=1.0,
        learning_rate=2e-4,
        beta1=0.5,
        batch_size=1,
        hints={
            "kind": "strokes",
            "strokes": {
                "min_angle_deg": 45, "max_angle_deg": 45, "max_bend_deg": 0, "tolerance": 255,
            },
        },
    ),
    "paintschainer": Recipe(
        source="Yonetsuji 2017, PaintsChainer's first stage: YUV, lines compared, few small dots",
        network="paintschainer",
        width=32,
        critic_width=32,
        conditional=False,
        mask=True,
        rule="bce",
        adversarial_weight=1.0,
        l1_weight=127.5,  # 1 where pictures are in 0..255
        l1_space="yuv",
        lines_weight=10.0,
        weight_decay=1e-5,
        batch_size=16,
        hints={"kind": "dots"},
    ),
    "alacgan": Recipe(
        source="Ci and others 2018: ResNeXt without normalisation, WGAN-GP; without tag features",
        network="alacgan",
        mask=True,
        adversarial_weight=1e-4,
        drift_weight=1e-3,
        feature_weight=1.0,
        feature_layer="conv2_2",
        beta1=0.5,
        beta2=0.9,
        hints={
            "kind": "mix",
            "mix": {"paper": 0.0, "strokes": 0.0, "dots": 0.5, "none": 0.5},
            # Pixels of the quarter-size picture, each kept by half of a normal's small chance.
            "dots": {
                "min_dots": 1, "max_dots": 48, "skew": 2, "min_radius_px": 2, "max_radius_px": 2,
                "shift_px": 0, "jitter": 0,
            },
        },
    ),
}  # fmt: skip
