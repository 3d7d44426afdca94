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
    """What is changed: fields of `training` with their values, one set a column of the grid, as in
    `'{"learning_rate": 0.001}, {"learning_rate": 0.002, "batch_size": 8}'`."""

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

    @field_validator("overrides", mode="before")
    @classmethod
    def _each_set_has_one_value_a_field(cls, overrides: Any) -> Any:
        for override in overrides if isinstance(overrides, list | tuple) else ():
            for name, value in override.items() if isinstance(override, dict) else ():
                if not isinstance(value, bool | int | float | str):
                    each = f'{{"{name}": 1}}, {{"{name}": 2}}'
                    raise ValueError(f"{name} is {value!r}, wanted one value a set, as in {each}")
        return overrides

    @field_validator("overrides")
    @classmethod
    def _overrides_are_fields(cls, overrides: tuple[Override, ...]) -> tuple[Override, ...]:
        return tuple(
            {name: _as_training_has_it(name, value) for name, value in override.items()}
            for override in overrides
        )

    @field_validator("recipes", "overrides", "seeds", "hints")
    @classmethod
    def _nothing_is_asked_twice(cls, asked: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = [each for place, each in enumerate(asked) if each in asked[:place]]
        if twice:
            raise ValueError(f"{twice[0]!r} is there twice, wanted once")
        return asked


def _as_training_has_it(name: str, value: Any) -> Any:
    """Give a field's value as the section reads it: the text 0.1 is the number."""
    if name == "recipe":
        raise ValueError("a recipe is none of the changes; --experiments.recipes names them")
    if name not in TrainingConfig.model_fields:
        known = [each for each in TrainingConfig.model_fields if each != "recipe"]
        raise ValueError(f"training has no field {name!r} to change{nearest(name, known)}")
    try:
        return getattr(TrainingConfig.model_validate({name: value}), name)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"]:
            raise ValueError(f"training.{name}: {first['msg']}, not {first['input']!r}") from error
        # What it means is for other fields to say, which may be given elsewhere.
        return value
