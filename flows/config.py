"""The one configuration: a root, a seed, and one section a stage, which the stage owns."""

import re
from typing import Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from evaluation.config import EvaluationConfig, ReportConfig
from flows.grid import ExperimentsConfig, Override
from preprocessing.config import CleanConfig, ConditionConfig, HintKind, PackConfig
from scraper.config import ScraperConfig
from storage.errors import BadInput
from storage.layout import DEFAULT_ROOT
from storage.section import OPERATIONAL, Section
from training.config import TrainingConfig
from training.recipes import RecipeName

SCHEDULER = re.compile(r"(?:tcp|tls|ucxx?|wss?)://[^\s/]+:(\d{1,5})")
"""The address of a Dask scheduler."""


class PipelineConfig(Section):
    """Everything that a run can be told. The defaults are the paper's."""

    root: str = Field(DEFAULT_ROOT, min_length=1)
    """Where everything is kept: a folder, or any address fsspec knows, such as s3://bucket/path."""

    seed: int = Field(1, ge=0, lt=1 << 63)
    """The one seed: every use of chance follows from it and a name."""

    workers: int = Field(2, ge=1, le=256, json_schema_extra=OPERATIONAL)
    """So many parts of a stage are worked on at once."""

    runner: Literal["threads", "processes", "dask"] = Field(
        "threads", json_schema_extra=OPERATIONAL
    )
    """Who works on the parts of clean, pack and condition."""

    dask_address: str = Field("", json_schema_extra=OPERATIONAL)
    """With the runner dask: the scheduler of a cluster that is there, such as tcp://host:8786.
    Empty: a cluster of `workers` processes on this machine, for as long as the stage lasts."""

    rivals: tuple[RecipeName, ...] = Field(("unet-l2",))
    """Recipes trained beside training.recipe on the same data, to compare with."""

    scraper: ScraperConfig = ScraperConfig()
    """Which pictures are asked of which site, and how politely."""

    clean: CleanConfig = CleanConfig()
    """Which originals are fit to train on."""

    pack: PackConfig = PackConfig()
    """How originals become shards."""

    condition: ConditionConfig = ConditionConfig()
    """What line art and hints are made."""

    training: TrainingConfig = TrainingConfig()
    """How a model is trained."""

    evaluation: EvaluationConfig = EvaluationConfig()
    """How a model is judged."""

    report: ReportConfig = ReportConfig()
    """What the report shows."""

    experiments: ExperimentsConfig = ExperimentsConfig()
    """Which trainings are compared by `irodori experiments`."""

    @field_validator("dask_address")
    @classmethod
    def _names_a_scheduler_for_dask(cls, address: str, info: ValidationInfo) -> str:
        if address and info.data.get("runner") != "dask":
            raise ValueError("means nothing without --runner dask")
        found = SCHEDULER.fullmatch(address)
        if address and not (found and 0 < int(found[1]) < 1 << 16):
            raise ValueError("wanted an address with a port such as tcp://host:8786")
        return address

    @field_validator("experiments")
    @classmethod
    def _changes_fit_the_training(
        cls, asked: ExperimentsConfig, info: ValidationInfo
    ) -> ExperimentsConfig:
        if "training" not in info.data:
            return asked
        for override in asked.overrides:
            try:
                _changed(info.data["training"], override)
            except ValidationError as error:
                said = error.errors()[0]["msg"].removeprefix("Value error, ")
                # Raised past pydantic, which would tell all the settings as what was given.
                raise BadInput(f"--experiments.overrides {override}: {said}") from error
        return asked

    @property
    def recipes(self) -> tuple[RecipeName, ...]:
        """The recipes that a whole run trains, each once, the rivals first."""
        return tuple(dict.fromkeys((*self.rivals, self.training.recipe)))

    def training_of(self, recipe: RecipeName, override: Override | None = None) -> TrainingConfig:
        """Give the training section of one of the recipes, with some fields changed."""
        return _changed(self.training, {"recipe": recipe} | (override or {}))

    def judging_with(self, kind: HintKind) -> "PipelineConfig":
        """Give the configuration with another kind of hints."""
        asked = self.condition.model_dump()
        hints = asked["hints"] | {"kind": kind}
        condition = ConditionConfig.model_validate(asked | {"hints": hints})
        return PipelineConfig(**dict(self) | {"condition": condition})


def _changed(training: TrainingConfig, override: Override) -> TrainingConfig:
    return TrainingConfig.model_validate(training.model_dump() | override)
