"""One checkpoint judged on any folder, from what is asked to the files that are left behind.

`per_picture.parquet` has a row for each picture, condition and answer, `metrics.json` all numbers
and settings and every file that was skipped, `page.html` the numbers and some pictures, `colored/`
the line art that belongs to no picture. `metrics.json` is written last.
"""

import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from upath import UPath

from evaluation import folder_page
from evaluation.colorize import Colorizer, device_of, open_colorizer
from evaluation.config import EvaluationConfig
from evaluation.contact_sheet import contact_sheet
from evaluation.folder import Asked, Folder, list_folder
from evaluation.folder_checkpoint import Source, find_checkpoint
from evaluation.folder_exam import COLORED, COLUMNS, Exam, Found, takes, without_critic
from evaluation.folder_pictures import ConditionConfig, Reader
from evaluation.instruments import Instruments, open_instruments
from evaluation.measuring import Measured, summarise
from evaluation.scores import METRICS, PER_PICTURE, Answer, PictureScore, SetScore
from evaluation.template import data_address
from storage import files, ledger, manifest
from storage.errors import BadInput, told_of_place
from storage.layout import DataLayout
from storage.records import Contract, DropReason, Split

PAGE = "page.html"
MARK = ".irodori"
"""Written first: what lies beside it is ours to clear."""
SHOWN_PX = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedScore(PictureScore):
    """One answer to one picture of a folder, which is known by its file's name too."""

    file: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found: where it lies, all that is known of it, and the scores of the set."""

    place: UPath
    metrics: Mapping[str, Any]
    scores: tuple[SetScore, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of what were looked at, coloured and skipped."""
        counts: Mapping[str, int] = self.metrics["counts"]
        return counts

    @property
    def is_whole(self) -> bool:
        """Whether every picture could be read; the same picture twice is no damage."""
        return all(each["reason"] == DropReason.EXACT_DUPLICATE for each in self.metrics["skipped"])


def judge(asked: Asked, layout: DataLayout) -> Judged:
    """Judge a checkpoint on a folder, and write down what was found.

    Raises:
        BadInput: there is no such folder, picture or checkpoint, the network does not take the
            size, or something else lies where the result should go.
    """
    place = UPath(asked.out).expanduser().absolute()
    folder = list_folder(asked.pictures, asked.lines, Path(str(place)))
    source = find_checkpoint(asked.checkpoint, layout)
    _refuse_strange(place)
    size_px = asked.size_px or source.size_px
    device = device_of(asked.device)
    colorizer = _colorizer(source, size_px, device)
    reader = Reader(size_px, _drawing(source, asked.hints), source.hint_seed)
    is_hinted = reader.config.hints.kind != "none"
    instruments = open_instruments(device, EvaluationConfig())
    # An older result stays until nothing can be refused any more.
    _make_room(place)
    exam = Exam(colorizer, instruments, EvaluationConfig().batch_size, place, is_hinted)

    found = exam.take(folder, reader)

    scores = [_summed_up(one, source, instruments) for _, one in sorted(found.measured.items())]
    metrics = _metrics(asked, source, reader, found, scores) | {
        "counts": _counts(folder, reader, found),
        "device": _device_name(device),
    }
    rows = sorted(_named(found), key=lambda row: (row.md5, row.condition, row.answer))
    manifest.write_table(place / PER_PICTURE, Contract.EVALUATION, rows, NamedScore)
    files.write_text(place / PAGE, folder_page.render(metrics, _sheet(found)))
    files.write_json(place / METRICS, metrics)
    return Judged(place, metrics, tuple(scores))


def _refuse_strange(place: UPath) -> None:
    """Refuse to write among anything but what an earlier judgement has left."""
    if not place.exists():
        return
    if not place.is_dir():
        raise BadInput(f"--out {place}: is a file; name a folder")
    there = sorted(below.name for below in place.iterdir())
    # A name may be anybody's: only what lies beside our mark is ours.
    ours = {MARK, METRICS, PER_PICTURE, PAGE, COLORED} if MARK in there else set[str]()
    strange = [name for name in there if name not in ours]
    if strange:
        raise BadInput(f"--out {place}: holds {strange[0]}, which is not ours; name a new folder")


def _make_room(place: UPath) -> None:
    """Clear what an earlier judgement has left, so that no result is half one, half another."""
    with told_of_place(f"--out {place}"):
        place.mkdir(parents=True, exist_ok=True)
        files.write_text(
            place / MARK, "What lies here was written by irodori evaluate --pictures.\n"
        )
    (place / METRICS).unlink(missing_ok=True)
    files.remove(place / COLORED)


def _colorizer(source: Source, size_px: int, device: torch.device) -> Colorizer:
    colorizer = open_colorizer(source.folder, device, source.seed)
    if size_px == source.size_px:
        return colorizer
    if not takes(colorizer, size_px):
        raise BadInput(
            f"--size-px {size_px}: the network of {source.folder} takes no such size; leave it out"
            f" to colour at {source.size_px} px, or try a multiple of it"
        )
    return without_critic(colorizer)


def _drawing(source: Source, hints: str) -> ConditionConfig:
    """Give how edges and hints are drawn: as its dataset says, or else by the defaults."""
    try:
        known = ConditionConfig.model_validate(source.drawing)
    except ValidationError:
        # A dataset of another version, with settings that are none any more.
        known = ConditionConfig()
    if not hints:
        return known
    told = known.model_dump()
    return ConditionConfig.model_validate(told | {"hints": told["hints"] | {"kind": hints}})


def _summed_up(measured: Measured, source: Source, instruments: Instruments) -> SetScore:
    step = source.step if measured.answer == Answer.MODEL else 0
    return summarise(measured, Split.TEST, step, source.seed, instruments)


def _named(found: Found) -> list[NamedScore]:
    fields = [field.name for field in dataclasses.fields(PictureScore)]
    return [
        NamedScore(**{name: getattr(score, name) for name in fields}, file=found.names[score.md5])
        for measured in found.measured.values()
        for score in measured.scores
    ]


def _metrics(
    asked: Asked, source: Source, reader: Reader, found: Found, scores: Sequence[SetScore]
) -> dict[str, Any]:
    return {
        "asked": dataclasses.asdict(asked),
        "checkpoint": str(source.folder),
        "which": source.which,
        "step": source.step,
        "recipe": source.recipe,
        "train": source.train,
        "dataset": source.dataset,
        "seed": source.seed,
        "size_px": reader.size_px,
        "drawing": reader.config.settings(),
        "drawing_is_known": bool(source.drawing),
        "code_version": ledger.code_version(),
        "skipped": [dataclasses.asdict(each) for each in reader.skipped],
        "colored": found.num_colored,
        "test": [dataclasses.asdict(score) for score in scores],
    }


def _counts(folder: Folder, reader: Reader, found: Found) -> dict[str, int]:
    twice = sum(each.reason is DropReason.EXACT_DUPLICATE for each in reader.skipped)
    return {
        "pictures": len(found.names),
        "colored": found.num_colored,
        "skipped": len(reader.skipped) - twice,
        "twice": twice,
        "others": folder.others,
    }


def _sheet(found: Found) -> str:
    """Lay out the pictures that are shown, as a data address; empty without any."""
    columns = [what for what in COLUMNS if any(what in shown for shown in found.shown.values())]
    if not columns:
        return ""
    rows = [[shown.get(what) for what in columns] for shown in found.shown.values()]
    out = io.BytesIO()
    headings = [COLUMNS[what] for what in columns]
    contact_sheet(headings, rows, SHOWN_PX).save(out, "PNG", optimize=True)
    return data_address("image/png", out.getvalue())


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
