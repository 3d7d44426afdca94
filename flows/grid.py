"""The grid of experiments: which recipes, with what changed, by which seeds, judged with what."""

from typing import Any

from pydantic import Field, ValidationError, field_validator

from flows.parser import nearest
from preprocessing.config import HintKind
from storage.section import OPERATIONAL, Section
from training.config import TrainingConfig
from training.recipes import RecipeName

Override = dict[str, bool | int | float | str]


class ExperimentsConfig(Section):
    """Which trainings are compared; the defaults are the grid `comparison`."""

    recipes: tuple[RecipeName, ...] = Field(("unet-l2", "paper", "paper-plus"), min_length=1)
    """The systems to train, each in every cell of the grid."""

    overrides: tuple[Override, ...] = Field(({},), min_length=1)
    """What is changed: fields of `training` with their values, one set a column of the grid."""

    seeds: tuple[int, ...] = Field((1, 2, 3), min_length=1)
    """Each cell is trained once a seed; the spread in the table is over them."""

    hints: tuple[HintKind, ...] = Field(("paper", "strokes", "none"), min_length=1)
    """Each model is judged with these hints; what it is trained with is its recipe's business."""

    at_once: int = Field(1, ge=1, le=256, json_schema_extra=OPERATIONAL)
    """So many trainings at once, each in a process of its own; one GPU trains one model.

    On a CPU, several have one thread each and one has all: the last bits of what they learn differ.
    """

    @field_validator("seeds")
    @classmethod
    def _seeds_are_seeds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if any(seed < 0 or seed >= 1 << 63 for seed in seeds):
            raise ValueError("a seed is at least 0 and below 2**63")
        return seeds

    @field_validator("recipes", "overrides", "seeds", "hints")
    @classmethod
    def _nothing_is_asked_twice(cls, asked: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = [each for place, each in enumerate(asked) if each in asked[:place]]
        if twice:
            raise ValueError(f"{twice[0]!r} is there twice, wanted once")
        return asked

    @field_validator("overrides")
    @classmethod
    def _overrides_are_fields(cls, overrides: tuple[Override, ...]) -> tuple[Override, ...]:
        for override in overrides:
            _refuse_what_is_no_training(override)
        return overrides


def _refuse_what_is_no_training(override: Override) -> None:
    known = [name for name in TrainingConfig.model_fields if name != "recipe"]
    for name in override:
        if name not in known:
            raise ValueError(f"training has no field {name!r} to change{nearest(name, known)}")
    try:
        TrainingConfig.model_validate(override)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        raise ValueError(f"training.{field}: {first['msg']}, not {first['input']!r}") from error
