"""Is every sample of a shard complete, of the right size, and the one that clean decided on?"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataset.damage import REPORT, Damage, again
from dataset.version import Version
from storage import shards
from storage.errors import CorruptFile, IrodoriError
from storage.ledger import Stage
from storage.pictures import MODES, decode_png
from storage.progress import Advance
from storage.records import ShardRow, Split
from storage.shards import Sample


@dataclass(frozen=True, slots=True)
class ReadShard:
    """A shard that was read to its end: which pictures it holds, and what is wrong with it."""

    stage: Stage
    split: Split
    file: str
    keys: tuple[str, ...]
    damages: tuple[Damage, ...]


def read_shard(version: Version, stage: Stage, row: ShardRow, advance: Advance) -> ReadShard:
    """Read a shard and look at every sample of it."""
    path = version.folder(stage) / row.name
    file = f"{stage}/{version.record(stage).key}/{row.name}"
    size_px = version.record(Stage.PACK).settings["size_px"]
    keys, damages = [], []
    try:
        for sample in shards.read(path, row.samples):
            keys.append(sample.key)
            wrong = list(_wrong(sample, stage, row.split, size_px))
            if wrong:
                found = f"{sample.key}: {', '.join(wrong)}"
                damages.append(Damage(file, found, again(stage)))
            advance()
    except IrodoriError as error:
        found = str(error).removeprefix(f"{path}: ").partition(";")[0]
        damages.append(Damage(file, found, again(stage)))
    return ReadShard(stage, row.split, file, tuple(keys), tuple(damages))


def compare_keys(
    version: Version, read: Sequence[ReadShard], *, all_read: bool
) -> Iterator[Damage]:
    """Compare what a stage's shards hold with what clean kept: all of it, once, in its split."""
    seen: dict[str, str] = {}
    for shard in read:
        for md5 in shard.keys:
            verdict = version.kept.get(md5)
            if md5 in seen:
                yield Damage(shard.file, f"{md5} is in {seen[md5]} too", REPORT)
            elif verdict is None:
                yield Damage(shard.file, f"{md5} was not kept by clean", REPORT)
            elif verdict.split is not shard.split:
                found = f"{md5} is of {verdict.split}, and lies in {shard.split}"
                yield Damage(shard.file, found, REPORT)
            seen[md5] = shard.file
    # A shard that cannot be read to its end says so itself, and is not said to lack the rest.
    if all_read and read and not any(shard.damages for shard in read):
        folder = read[0].file.rpartition("/")[0]
        for md5 in sorted(version.kept.keys() - seen.keys()):
            yield Damage(folder, f"{md5} was kept by clean, and is in no shard", REPORT)


def _wrong(sample: Sample, stage: Stage, split: Split, size_px: int) -> Iterator[str]:
    lacking = sorted(_wanted(stage, split) - sample.files.keys())
    if lacking:
        yield f"lacks {' and '.join(lacking)}"
    for ending in sorted(MODES.keys() & sample.files.keys()):
        try:
            height, width = decode_png(sample.files[ending], MODES[ending], ending).shape[:2]
        except CorruptFile:
            yield f"its {ending} does not decode"
            continue
        if (height, width) != (size_px, size_px):
            yield f"its {ending} is {width}x{height} px, wanted {size_px}"
    if "json" in sample.files and _md5_of(sample.files["json"]) != sample.key:
        yield "its json is not its own"


def _wanted(stage: Stage, split: Split) -> set[str]:
    wanted = {"color.png", "json"}
    if stage is Stage.CONDITION:
        wanted |= {"edge.png"} if split is Split.TRAIN else {"edge.png", "hint.png", "mask.png"}
    return wanted


def _md5_of(content: bytes) -> str | None:
    try:
        return str(json.loads(content)["md5"])
    except (ValueError, KeyError, TypeError):
        return None
