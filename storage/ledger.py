"""A stage's key, whether it is finished, and how it is sealed.

The key is a digest of all that decides the output: the contract, the settings, the seed and the
inputs' keys. So nothing is overwritten, two settings live side by side, and "is it done?" is "is
`stage.json` there?". Keys follow from keys, so a whole plan is known before anything has run.
"""

import dataclasses
import functools
import importlib.metadata
import logging
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from upath import UPath

from storage import digest, files, lease
from storage.errors import BadInput, ContractError, CorruptFile, MissingInput
from storage.layout import BEGUN_NAME, RECORD_NAME, DataLayout
from storage.lease import Lease
from storage.records import Contract, Output, StageRecord
from storage.section import Section

logger = logging.getLogger(__name__)


class Stage(StrEnum):
    """The verbs of the pipeline, in the order in which the data travels."""

    SCRAPE = "scrape"
    CLEAN = "clean"
    PACK = "pack"
    CONDITION = "condition"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REPORT = "report"
    EXPERIMENTS = "experiments"


CONTRACTS = {
    Stage.SCRAPE: Contract.POSTS,
    Stage.CLEAN: Contract.VERDICTS,
    Stage.PACK: Contract.SHARDS,
    Stage.CONDITION: Contract.PAIRS,
    Stage.TRAIN: Contract.CHECKPOINT,
    Stage.EVALUATE: Contract.EVALUATION,
    Stage.REPORT: Contract.REPORT,
    Stage.EXPERIMENTS: Contract.EXPERIMENTS,
}


@dataclass(frozen=True, slots=True)
class OpenStage:
    """One run of a stage: where it writes, and what it made if it is finished already."""

    stage: Stage
    key: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    layout: DataLayout
    started_at: str
    finished: StageRecord | None
    made_of: dict[str, str] = field(default_factory=dict)
    """By label: what each input holds, as `content_of` tells."""
    lease: Lease | None = field(default=None, repr=False, compare=False)
    """What keeps other processes from writing it too, until it is sealed or has failed."""

    @property
    def folder(self) -> UPath:
        """Where this run writes."""
        return self.layout.stage(self.stage, self.key)

    def go_on(self) -> None:
        """Note what this run is made of, or hold it against what was noted when it was begun.

        For a stage whose unfinished work does not tell: a checkpoint fits any pictures.

        Raises:
            BadInput: an input was made again meanwhile, of something else.
            CorruptFile: what was noted cannot be read.
        """
        path = self.folder / BEGUN_NAME
        begun = self._begun(path)
        others = [label for label, held in begun.items() if self.made_of.get(label) != held]
        names = (place.rpartition("/")[2] for place in files.below(self.folder))
        if others and not all(name.startswith(".") for name in names):
            raise BadInput(
                f"{self.folder}: begun before its {' and '.join(others)} was made again, of"
                " something else; delete this folder to begin anew"
            )
        files.write_json(path, self.made_of)

    def _begun(self, path: UPath) -> dict[str, str]:
        """Give what was noted, or else what the record says that has lost one of its files."""
        try:
            return {str(label): str(held) for label, held in files.read_json(path).items()}
        except FileNotFoundError:
            record = read(self.layout, self.stage, self.key)
            return record.made_of if record else {}
        except (ValueError, AttributeError) as error:
            raise CorruptFile(
                f"{path}: no readable JSON; delete {self.folder} to begin anew"
            ) from error

    def seal(
        self,
        counts: Mapping[str, int],
        *,
        apart_from: Collection[str] = (),
        dated: Collection[str] = (),
        digests: Mapping[str, str] | None = None,
    ) -> StageRecord:
        """Digest every file of the folder and write the stage record.

        Args:
            counts: what the stage has to tell.
            apart_from: files that are no outputs.
            dated: outputs that tell when they were made: they have to be there, but equal runs
                do not make them equal, so they have no digest.
            digests: the sha256 of some files, by name, which need not be read again.
        """
        record = StageRecord(
            stage=self.stage,
            key=self.key,
            contract=CONTRACTS[self.stage],
            settings=self.settings,
            inputs=self.inputs,
            counts=dict(counts),
            outputs=tuple(_outputs(self.folder, {RECORD_NAME, *apart_from, *dated}, digests or {})),
            dated=tuple(sorted(dated)),
            made_of=self.made_of,
            code_version=code_version(),
            started_at=self.started_at,
            ended_at=_now(),
        )
        for name in sorted(self._lost(record)):
            path = self.folder / name
            logger.warning("not made again file=%s; the stage is sealed without it", path)
        files.write_json(self.folder / RECORD_NAME, dataclasses.asdict(record))
        logger.info("sealed stage=%s key=%s outputs=%d", self.stage, self.key, len(record.outputs))
        if self.lease:
            self.lease.finish()
        return record

    def _lost(self, record: StageRecord) -> set[str]:
        """Name what this stage held when it was sealed before, of the same, and holds no more."""
        before = read(self.layout, self.stage, self.key)
        if not before or before.made_of != record.made_of:
            return set()
        made = {*(output.name for output in record.outputs), *record.dated}
        return {*(output.name for output in before.outputs), *before.dated} - made


def key_of(
    stage: Stage, section: Section, inputs: Mapping[str, str], seed: int | None = None
) -> str:
    """Give a stage's key, from its section, its inputs' keys and, where chance plays, the seed."""
    return digest.of_settings(
        {
            "contract": CONTRACTS[stage].value,
            "settings": _settings_of(section, seed),
            "inputs": dict(inputs),
        }
    )


def open_stage(
    stage: Stage,
    section: Section,
    *,
    inputs: Mapping[str, StageRecord],
    layout: DataLayout,
    seed: int | None = None,
    also: Mapping[str, str] | None = None,
) -> OpenStage:
    """Open a stage for writing; `finished` holds its record if all of it is there already.

    What another process is writing is waited for: then it is finished, or goes on here. What is
    read besides other stages' outputs is named in `also`, by a digest of its content.
    """
    keys = {label: record.key for label, record in inputs.items()} | dict(also or {})
    made_of = {label: content_of(record) for label, record in inputs.items()}
    key = key_of(stage, section, keys, seed)
    finished, held = find(layout, stage, key), None
    if not finished:
        held = lease.take(layout.stage(stage, key), keys, f"stage={stage} key={key}")
        # Who held it before may have finished it.
        finished = find(layout, stage, key) if held else None
    if finished:
        logger.info("found finished stage=%s key=%s", stage, key)
        warn_of_changed_inputs(finished, layout)
        if held:
            held.finish()
    else:
        # Whoever only looks makes nothing again, and says nothing.
        for path in _damaged(read(layout, stage, key), layout):
            logger.warning("damaged file=%s; the stage is made again", path)
        logger.info("started stage=%s key=%s", stage, key)
        files.sweep(layout.stage(stage, key))
    settings = _settings_of(section, seed)
    return OpenStage(stage, key, settings, keys, layout, _now(), finished, made_of, held)


def content_of(record: StageRecord) -> str:
    """Digest what a finished stage holds: names and bytes of its outputs, without dated ones."""
    return digest.of_settings({output.name: output.sha256 for output in record.outputs})


def changed_inputs(record: StageRecord, layout: DataLayout) -> list[str]:
    """Give the labels of inputs that hold something else than when the stage was made.

    What is gone, and a record of before this was written down, say nothing of it.
    """
    found = []
    for label, held in record.made_of.items():
        made = read(layout, Stage(label.partition("-")[0]), record.inputs[label])
        if made and content_of(made) != held:
            found.append(label)
    return found


def warn_of_changed_inputs(record: StageRecord, layout: DataLayout) -> None:
    """Say that a finished stage was made of something else than what its inputs hold now."""
    for label in changed_inputs(record, layout):
        logger.warning(
            "stage=%s key=%s was made before its %s was made again, of something else; delete its"
            " folder to make it anew",
            *(record.stage, record.key, label),
        )


def find(layout: DataLayout, stage: Stage, key: str) -> StageRecord | None:
    """Give the record of a finished stage; None if it is unfinished or lost one of its files."""
    record = read(layout, stage, key)
    return None if next(_damaged(record, layout), None) else record


def read(layout: DataLayout, stage: Stage, key: str) -> StageRecord | None:
    """Give the record of a finished stage, whatever became of its files; None if unfinished.

    Raises:
        ContractError: another version of Irodori made it.
        CorruptFile: it cannot be read.
    """
    path = layout.record(stage, key)
    try:
        content = files.read_json(path)
        held, wanted = content["contract"], CONTRACTS[stage]
        if held != wanted:
            raise ContractError(f"{path}: holds {held}, this Irodori reads {wanted}; make it anew")
        _refuse_strange(content, stage, key)
        content["contract"] = wanted
        content["outputs"] = tuple(Output(**output) for output in content["outputs"])
        content["dated"] = tuple(content.get("dated", ()))
        return StageRecord(**content)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptFile(f"{path}: no readable record; delete it and run again") from error


def _refuse_strange(content: Mapping[str, Any], stage: Stage, key: str) -> None:
    """Refuse what is no record, is another run's, or has a field of another shape."""
    if (content["stage"], content["key"]) != (stage, key):
        raise ValueError("the record of another run")
    inputs, made_of = content["inputs"], content.get("made_of", {})
    told = [*inputs.values(), *made_of.values(), content["ended_at"], content["started_at"]]
    is_sound = (
        isinstance(content["settings"], dict)
        and all(isinstance(each, str) for each in told)
        and all(isinstance(number, int) for number in content["counts"].values())
        and made_of.keys() <= inputs.keys()
    )
    if not is_sound:
        raise TypeError("a field of another shape")


@dataclass(frozen=True, slots=True)
class Listed:
    """The finished runs of a stage, the newest first, and a line on each that cannot be read."""

    records: tuple[StageRecord, ...]
    unreadable: tuple[str, ...]


def listed(layout: DataLayout, stage: Stage) -> Listed:
    """List the finished runs of a stage below a root, whatever became of their files."""
    found, unreadable = [], []
    for path in layout.records(stage):
        try:
            record = read(layout, stage, path.parent.name)
        except (ContractError, CorruptFile) as error:
            unreadable.append(str(error))
            continue
        if record:
            # Two may be sealed within the second that a record tells.
            found.append(((record.ended_at, path.stat().st_mtime, record.key), record))
    newest_first = sorted(found, key=lambda one: one[0], reverse=True)
    return Listed(tuple(record for _, record in newest_first), tuple(unreadable))


def _damaged(record: StageRecord | None, layout: DataLayout) -> Iterator[UPath]:
    """Give the files of a finished stage that are lost or cut."""
    if record is None:
        return
    folder = layout.stage(record.stage, record.key)
    for output in record.outputs:
        path = folder / output.name
        if not path.exists() or path.stat().st_size != output.bytes:
            yield path
    yield from (folder / name for name in record.dated if not (folder / name).exists())


def require(layout: DataLayout, stage: Stage, key: str) -> StageRecord:
    """Give the record of a stage that has to be finished.

    Raises:
        MissingInput: it is not.
    """
    record = find(layout, stage, key)
    if record is None:
        raise MissingInput(
            f"{layout.stage(stage, key)}: not finished;"
            f" run `irodori {stage}` with the same settings first"
        )
    return record


@functools.cache
def code_version() -> str:
    """Give the version of Irodori, with the commit where the code is a checkout."""
    version = importlib.metadata.version("irodori")
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return version
    return f"{version}+{commit}"


def _settings_of(section: Section, seed: int | None) -> dict[str, Any]:
    return section.settings() | ({} if seed is None else {"seed": seed})


def _outputs(folder: UPath, apart_from: set[str], digests: Mapping[str, str]) -> list[Output]:
    outputs = []
    for path in sorted(folder.rglob("*"), key=str):
        name = str(path)[len(str(folder)) :].lstrip("/")
        if path.is_file() and name not in apart_from and not path.name.startswith("."):
            sha256 = digests.get(name) or digest.of_file(path)
            outputs.append(Output(name, path.stat().st_size, sha256))
    return outputs


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
