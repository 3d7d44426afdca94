"""Where the paper leaves something open: what we do, and which settings say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataset.settings import flat
from storage.ledger import Stage
from storage.records import StageRecord
from training.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Reading:
    """One decision: its number, what it says, and the settings that realise it."""

    number: str
    says: str
    stage: Stage
    fields: tuple[str, ...] = ()


READINGS = (
    Reading(
        "A1",
        "The U-Net has 18 convolutions and 5 transposed ones; the first level has this width.",
        Stage.TRAIN,
        ("layout", "width"),
    ),
    Reading("A2", "After a convolution: ReLU, then batch norm.", Stage.TRAIN, ("order",)),
    Reading(
        "A3",
        "Batch norm uses running statistics when pictures are coloured.",
        Stage.TRAIN,
        ("bn_momentum",),
    ),
    Reading(
        "A4", "Pictures are in [-1, 1] behind tanh; scores are taken on 8-bit RGB.", Stage.TRAIN
    ),
    Reading(
        "A5",
        "The noise z becomes one plane beside line art and hint.",
        Stage.TRAIN,
        ("z_size", "z_form"),
    ),
    Reading(
        "A6",
        "Line art is one channel, detected by an adaptive threshold.",
        Stage.CONDITION,
        ("edges",),
    ),
    Reading(
        "A7",
        "The paper's hint is the truth whited out in squares, blurred, pasted with true blocks.",
        Stage.CONDITION,
        ("hints",),
    ),
    Reading(
        "A8",
        "The critic: 4x4 convolutions of stride 2, LeakyReLU, no normalisation, one number.",
        Stage.TRAIN,
        ("critic_width",),
    ),
    Reading(
        "A9",
        "A conditional critic sees picture, line art and hint: seven channels, eight with a mask.",
        Stage.TRAIN,
        ("conditional", "mask"),
    ),
    Reading(
        "A10",
        "The gradient penalty: norm over each picture, one mixing share a picture.",
        Stage.TRAIN,
        ("penalty_weight",),
    ),
    Reading(
        "A11",
        "Adam for both networks, and how often the critic learns.",
        Stage.TRAIN,
        ("n_critic", "learning_rate", "beta1", "beta2", "batch_size"),
    ),
    Reading(
        "A12",
        "The weights of the losses, chosen so that their gradients balance.",
        Stage.TRAIN,
        ("l1_weight", "l2_weight", "adversarial_weight", "feature_weight", "tv_weight"),
    ),
    Reading(
        "A13",
        "Features are compared in a VGG16 from this source, at this layer.",
        Stage.TRAIN,
        ("feature_source", "feature_layer", "feature_shrink"),
    ),
    Reading("A14", "Total variation is a mean over pixels.", Stage.TRAIN, ("tv_weight",)),
    Reading(
        "A15", "W-distance is E D(real) - E D(generated), without the penalty.", Stage.EVALUATE
    ),
    Reading("A16", "l2 is the root of the mean squared difference, in [0, 1].", Stage.EVALUATE),
    Reading(
        "A17",
        "KL(real || generated) between histograms, half a count added to every bin.",
        Stage.EVALUATE,
    ),
    Reading("A18", "Colours are RGB everywhere.", Stage.PACK),
    Reading(
        "A19",
        "Splits follow from the family's digest: variants of a drawing stay together.",
        Stage.CLEAN,
        ("num_train", "num_val", "num_test"),
    ),
    Reading(
        "A20",
        "Training pictures are not augmented, but for flips where a recipe has them.",
        Stage.TRAIN,
        ("flips",),
    ),
)


def heeded(record: StageRecord) -> Mapping[str, Any]:
    """Give the settings of a stage, of a training without those of parts that it does not have."""
    if record.stage != Stage.TRAIN:
        return record.settings
    fields = TrainingConfig.model_fields.keys() & record.settings.keys()
    config = TrainingConfig.model_validate({name: record.settings[name] for name in fields})
    return {name: record.settings[name] for name in record.settings.keys() - config.unheeded}


def value_of(reading: Reading, record: StageRecord) -> str:
    """Tell the settings of a record that realise a reading: `width 64, layout A`."""
    settings = heeded(record)
    told = [
        f"{name} {tell(value)}"
        for field in reading.fields
        if field in settings
        for name, value in flat({field: settings[field]}).items()
    ]
    return ", ".join(told)


def tell(value: Any) -> str:
    """Say a setting as a person would."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, list | tuple):
        return ", ".join(map(tell, value)) or "none"
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"
