"""All that the report tells, gathered from the records and files of one lineage."""

import importlib.metadata
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, TypeVar

from upath import UPath

from dataset.version import SHORT_DIGITS
from evaluation import names
from evaluation.conditions import Condition
from evaluation.config import ReportConfig
from evaluation.further_scores import (
    DETECTORS,
    HINT_CURVE,
    NOISE,
    DetectorScore,
    Further,
    HintPoint,
    NoiseScore,
)
from evaluation.gallery import Gallery, Shown
from evaluation.measures import DUELLED
from evaluation.resampling import Duel, duel
from evaluation.scores import (
    CURVES,
    METRICS,
    PER_SAMPLE,
    SCORES,
    UNTRAINED,
    Answer,
    PictureScore,
    SetScore,
)
from evaluation.searches import Search, read_searches
from storage import files, manifest
from storage.errors import MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, StageRecord

TOLD_PACKAGES = ("irodori", "torch", "prefect", "numpy", "opencv-python-headless", "pillow")

EVALUATED = f"{Stage.EVALUATE}-"
TRAINED = f"{Stage.TRAIN}-"

BASELINE, PAPER = "unet-l2", "paper"
NAMES = {BASELINE: "Baseline", PAPER: "Paper's recipe"}
"""What a recipe is called in front of people; another one goes by its own name."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Trained:
    """One recipe: what its training logged, and how it scores after `step` updates.

    `trained` and `evaluated` are the folders of both stages, below the root; the first is empty
    where the training is not there. `z_size` numbers of noise go into its generator,
    `inception_sha256` is that of the file that the Inception-FID was taken with, empty without.
    """

    recipe: str
    name: str
    trained: str
    evaluated: str
    step: int
    device: str
    z_size: int
    losses: list[dict[str, float]]
    curves: list[SetScore]
    scores: list[SetScore]
    per_sample: list[PictureScore]
    further: Further
    gallery: Gallery
    inception_sha256: str = ""

    def score(self, condition: Condition, answer: Answer = Answer.MODEL) -> SetScore | None:
        """Give a test score; None if nothing was measured under the condition."""
        for score in self.scores:
            if (score.condition, score.answer) == (condition, answer):
                return score
        return None

    def values_of(
        self, condition: str, measure: str, answer: Answer = Answer.MODEL
    ) -> dict[str, float]:
        """Give a measure of each test picture by its md5, where it was taken."""
        values = (
            (score.md5, getattr(score, measure, None))
            for score in self.per_sample
            if (score.condition, score.answer) == (condition, answer)
        )
        return {md5: value for md5, value in values if value is not None}


@dataclass(frozen=True, slots=True)
class Content:
    """The report before it is written: one lineage, its recipes (the baseline first).

    `searches` are the finished grids of the lineage by name; `made_at` is ISO 8601, in UTC.
    """

    title: str
    made_at: str
    seed: int
    lineage: Mapping[str, StageRecord]
    recipes: list[Trained]
    shown: list[Shown]
    duels: list[Duel]
    searches: Mapping[str, Search]
    versions: dict[str, str]

    @property
    def baseline(self) -> Trained | None:
        """The U-Net of the L2 distance, if it is there."""
        return self._named(BASELINE)

    @property
    def model(self) -> Trained | None:
        """The paper's conditional GAN, if it is there."""
        return self._named(PAPER)

    @property
    def dataset(self) -> str:
        """The version of the dataset; empty where it is not told."""
        paired = self.lineage.get(Stage.CONDITION)
        return paired.key[:SHORT_DIGITS] if paired else ""

    @property
    def hint_kind(self) -> str:
        """What kind of hints the dataset has; the paper's where it is not told."""
        paired = self.lineage.get(Stage.CONDITION)
        hints = paired.settings.get("hints", {}) if paired else {}
        return str(hints.get("kind", "paper"))

    def _named(self, recipe: str) -> Trained | None:
        return next((one for one in self.recipes if one.recipe == recipe), None)


def gather(
    config: ReportConfig, made_at: str, lineage: Mapping[str, StageRecord], layout: DataLayout
) -> Content:
    """Read what the stages of a lineage have written.

    Raises:
        MissingInput: no recipe of the lineage has been evaluated.
    """
    recipes = [
        _read_recipe(label.removeprefix(EVALUATED), lineage, layout)
        for label in lineage
        if label.startswith(EVALUATED)
    ]
    if not recipes:
        raise MissingInput(
            f"report: found no evaluation among {', '.join(lineage) or 'no stages'}, wanted at"
            " least one; run `irodori evaluate` first"
        )
    seed = int(lineage[f"{EVALUATED}{recipes[0].recipe}"].settings["seed"])
    return Content(
        title=config.title,
        made_at=made_at,
        seed=seed,
        lineage=lineage,
        recipes=recipes,
        shown=recipes[0].gallery.shown()[: config.num_pictures],
        duels=_duels(recipes, seed),
        searches=read_searches(lineage, layout),
        versions=_versions(lineage),
    )


def _read_recipe(recipe: str, lineage: Mapping[str, StageRecord], layout: DataLayout) -> Trained:
    evaluated = lineage[f"{EVALUATED}{recipe}"]
    trained = lineage.get(f"{TRAINED}{recipe}")
    folder = layout.stage(Stage.EVALUATE, evaluated.key)
    metrics: dict[str, Any] = files.read_json(folder / METRICS)
    return Trained(
        recipe=recipe,
        name=NAMES.get(recipe, recipe),
        trained=f"{Stage.TRAIN}/{trained.key}" if trained else "",
        evaluated=f"{Stage.EVALUATE}/{evaluated.key}",
        step=int(metrics["step"]),
        device=str(metrics["device"]),
        z_size=int(trained.settings.get("z_size") or 0) if trained else 0,
        losses=_read_losses(layout.stage(Stage.TRAIN, trained.key)) if trained else [],
        curves=manifest.read_table(folder / CURVES, Contract.EVALUATION, SetScore),
        scores=manifest.read_table(folder / SCORES, Contract.EVALUATION, SetScore),
        per_sample=manifest.read_table(folder / PER_SAMPLE, Contract.EVALUATION, PictureScore),
        further=Further(
            hints=_read_if_there(folder / HINT_CURVE, HintPoint),
            lines=_read_if_there(folder / DETECTORS, DetectorScore),
            noise=_read_if_there(folder / NOISE, NoiseScore),
        ),
        gallery=Gallery(folder),
        inception_sha256=str(metrics.get("inception_sha256", "")),
    )


def _read_if_there(path: UPath, row_type: type[Row]) -> list[Row]:
    """Read a table that an evaluation need not have; empty without it."""
    return manifest.read_table(path, Contract.EVALUATION, row_type) if path.exists() else []


def _read_losses(folder: UPath) -> list[dict[str, float]]:
    path = folder / "metrics.jsonl"
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except FileNotFoundError as error:
        raise MissingInput(f"{path}: not there; run `irodori train` again") from error


def _duels(recipes: list[Trained], seed: int) -> list[Duel]:
    """Let each recipe meet the untrained answers and the other recipes, on equal pictures."""
    asked = product(DUELLED, Condition)
    return [
        each for measure, condition in asked for each in _meet(recipes, measure, condition, seed)
    ]


def _meet(recipes: list[Trained], measure: str, condition: Condition, seed: int) -> Iterator[Duel]:
    named = {recipe.name: recipe.values_of(condition, measure) for recipe in recipes}
    rivals = [
        (
            each.name,
            names.of_untrained(condition, answer),
            each.values_of(condition, measure, answer),
        )
        for each in recipes
        for answer in UNTRAINED
    ]
    rivals += [
        (second.name, first.name, named[first.name]) for first, second in combinations(recipes, 2)
    ]
    for name, rival, values in rivals:
        found = duel((name, named[name]), (rival, values), condition, seed, measure)
        if found:
            yield found


def _versions(lineage: Mapping[str, StageRecord]) -> dict[str, str]:
    versions = {"Python": platform.python_version(), "system": platform.system()}
    versions |= {package: importlib.metadata.version(package) for package in TOLD_PACKAGES}
    code = sorted({record.code_version for record in lineage.values()})
    return versions | {"code of the stages": ", ".join(code)}
