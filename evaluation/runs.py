"""Runs that are finished, as they lie on a disk: who answered, on which pictures, how well.

A run is read from its `metrics.json`, whichever version of Irodori wrote it; its records say the
rest, as far as they are still beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from dataset.settings import flat
from dataset.version import SHORT_DIGITS
from evaluation.score_table import Numbers
from evaluation.scores import METRICS, PER_PICTURE, PER_SAMPLE, Answer
from storage import files, manifest
from storage.errors import BadInput, CorruptFile, MissingInput
from storage.layout import RECORD_NAME, DataLayout
from storage.ledger import Stage

EVALUATED = f"{Stage.EVALUATE}-"
TRAINED = f"{Stage.TRAIN}-"
WANTED = (
    "wanted a report/<key> or evaluate/<key> folder, a metrics.json, what `irodori evaluate --out`"
    " has written, a root, or the first digits of a key"
)

WORDS = {"condition", "answer", "split"}
"""What a row says in words."""

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One recipe's answers to one set of pictures.

    `facts` are what has to be the same for numbers to compare, empty where nobody knows; `drawing`
    are all settings of edges and hints and `training` those of the training, as far as known.
    `pictures` is the table of what each picture got.
    """

    place: str
    recipe: str
    step: int
    seed: int
    facts: Mapping[str, str]
    drawing: Mapping[str, Any]
    training: Mapping[str, Any]
    scores: tuple[Numbers, ...]
    pictures: UPath = field(repr=False)

    def per_picture(self) -> dict[str, dict[str, dict[str, float]]]:
        """Give the numbers of the model's answers: by condition, measure and md5; or nothing.

        Raises:
            CorruptFile: the table cannot be read.
        """
        if not self.pictures.exists():
            return {}
        try:
            content = pa.BufferReader(files.read_bytes(self.pictures))
            table = pq.ParquetFile(content, pre_buffer=False).read(use_threads=False)
            rows = [row for row in table.to_pylist() if row["answer"] == Answer.MODEL]
            found: dict[str, dict[str, dict[str, float]]] = {}
            for row in rows:
                of_condition = found.setdefault(row["condition"], {})
                for name, value in row.items():
                    if isinstance(value, float):
                        of_condition.setdefault(name, {})[row["md5"]] = value
        except manifest.DAMAGED as error:
            raise CorruptFile(f"{self.pictures}: no readable table of pictures") from error
        return found


def read_runs(named: str, layout: DataLayout) -> list[Run]:
    """Read what is named: a report has as many runs as recipes, all else is one.

    Raises:
        MissingInput: nothing is there by this name.
        BadInput: it is no run, or several keys begin so.
    """
    path = _metrics_of(named, layout)
    try:
        content = files.read_json(path)
        if "recipes" in content:
            return _of_report(path.parent, content)
        return [_of_folder(path, content) if "checkpoint" in content else _of(path.parent, content)]
    except FileNotFoundError as error:
        raise MissingInput(f"{named}: holds no {METRICS}; {WANTED}") from error
    except (IsADirectoryError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}: holds no numbers of a run; {WANTED}") from error


def _metrics_of(named: str, layout: DataLayout) -> UPath:
    place = DataLayout.at(named).root
    if not place.exists():
        return _begins_so(named, layout) / METRICS
    if place.is_file() or (place / METRICS).exists():
        return place if place.is_file() else place / METRICS
    return _newest_report(named, DataLayout(place)) / METRICS


def _begins_so(named: str, layout: DataLayout) -> UPath:
    stages = (Stage.REPORT, Stage.EVALUATE)
    records = [path for stage in stages for path in layout.records(stage)]
    begins = [path.parent for path in records if path.parent.name.startswith(named.lower())]
    if not begins:
        raise MissingInput(f"{named}: no such run, here or below {layout.root}; {WANTED}")
    if len(begins) > 1:
        several = ", ".join(f"{each.parent.name}/{each.name}" for each in begins)
        raise BadInput(f"{named}: {len(begins)} begin so: {several}; write one more digit")
    return begins[0]


def _newest_report(named: str, layout: DataLayout) -> UPath:
    records = {path: files.facts_if_any(path) for path in layout.records(Stage.REPORT)}
    if not records:
        raise MissingInput(f"{named}: holds neither {METRICS} nor a report; {WANTED}")
    return max(records, key=lambda path: (str(records[path].get("ended_at", "")), str(path))).parent


def _of_report(folder: UPath, content: Told) -> list[Run]:
    layout, stages = DataLayout.of(folder), content["stages"]
    facts = _facts(stages.get(Stage.CONDITION, {}), stages.get(Stage.PACK, {}))
    trained = {
        recipe: stages.get(f"{TRAINED}{recipe}", {}).get("settings", {})
        for recipe in content["recipes"]
    }
    return [
        Run(
            place=_short(folder),
            recipe=recipe,
            step=int(told["step"]),
            seed=int((trained[recipe] or content)["seed"]),
            facts=facts,
            drawing=_drawing(stages.get(Stage.CONDITION, {}).get("settings", {})),
            training=trained[recipe],
            scores=_rows(told),
            pictures=layout.stage(Stage.EVALUATE, _key(stages, f"{EVALUATED}{recipe}"))
            / PER_SAMPLE,
        )
        for recipe, told in content["recipes"].items()
    ]


def _of(folder: UPath, content: Told) -> Run:
    """Read one evaluation; what its records know is told as far as they are there."""
    layout = DataLayout.of(folder)
    inputs = files.facts_if_any(folder / RECORD_NAME).get("inputs", {})
    paired = _record(layout, Stage.CONDITION, inputs)
    packed = _record(layout, Stage.PACK, paired.get("inputs", {}))
    trained = _record(layout, Stage.TRAIN, inputs).get("settings", {})
    return Run(
        place=_short(folder),
        recipe=str(trained.get("recipe", "")),
        step=int(content["step"]),
        seed=int(trained.get("seed", content["seed"])),
        facts=_facts(paired, packed),
        drawing=_drawing(paired.get("settings", {})),
        training=trained,
        scores=_rows(content),
        pictures=folder / PER_SAMPLE,
    )


def _of_folder(path: UPath, content: Told) -> Run:
    asked, drawing = content["asked"], content["drawing"]
    pictures = PurePath(asked["pictures"] or asked["lines"]).name
    return Run(
        place=_short(path.parent),
        recipe=str(content["recipe"]),
        step=int(content["step"]),
        seed=int(content["seed"]),
        facts={
            "dataset": f"folder {pictures}",
            "px": str(content["size_px"]),
            "edges": str(drawing["edges"]["detector"]),
            "hints": str(drawing["hints"]["kind"]),
        },
        drawing=_drawing(drawing),
        training={},
        scores=_rows(content),
        pictures=path.parent / PER_PICTURE,
    )


def _rows(told: Told) -> tuple[Numbers, ...]:
    """Give the rows of a run: in words whose answer to what it is, and numbers beside."""
    for row in told["test"]:
        is_told = row.keys() >= {"condition", "answer"} and isinstance(row["num_pictures"], int)
        is_sound = is_told and all(
            isinstance(value, str if name in WORDS else (int, float, NoneType))
            for name, value in row.items()
        )
        if not is_sound:
            raise ValueError(row)
    return tuple(told["test"])


def _facts(paired: Told, packed: Told) -> dict[str, str]:
    settings = paired.get("settings", {})
    return {
        "dataset": str(paired.get("key", ""))[:SHORT_DIGITS],
        "px": str(packed.get("settings", {}).get("size_px", "")),
        "edges": str(settings.get("edges", {}).get("detector", "")),
        "hints": str(settings.get("hints", {}).get("kind", "")),
    }


def _drawing(settings: Told) -> Told:
    return flat({name: settings[name] for name in ("edges", "hints") if name in settings})


def _record(layout: DataLayout, stage: Stage, inputs: Told) -> Told:
    key = inputs.get(stage, "")
    return files.facts_if_any(layout.record(stage, key)) if key else {}


def _key(stages: Told, label: str) -> str:
    return str(stages.get(label, {}).get("key", "lost"))


def _short(folder: UPath) -> str:
    """Name a folder by what tells it from others: its own name and its parent's."""
    return f"{folder.parent.name}/{folder.name}"
