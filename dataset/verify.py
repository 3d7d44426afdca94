"""Is a version what its records say? Every byte, every sample, every promise of the splits."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from dataset.contents import UNEXPLAINED, funnel
from dataset.damage import ANEW, MIXED, REPORT, Damage, again
from dataset.originals import check_original
from dataset.samples import compare_keys, read_shard
from dataset.version import LINEAGE, Version
from storage import digest, files, ledger, takedowns
from storage.errors import CorruptFile
from storage.layout import RECORD_NAME
from storage.ledger import Stage
from storage.progress import Advance, watch
from storage.records import Output, Split, StageRecord, Verdict
from storage.shards import SHARDS_NAME

SHARD_STAGES = (Stage.PACK, Stage.CONDITION)
MAX_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check looked at, and what is wrong."""

    version: str
    pictures: int
    samples: int
    files: int
    bytes: int
    originals: int
    damages: tuple[Damage, ...]


def verify(version: Version, *, originals: bool = False) -> Findings:
    """Read all files of a version's lineage again, and hold them against what is recorded.

    Raises:
        MissingInput: a part of the lineage is gone.
    """
    records = [version.record(stage) for stage in LINEAGE]
    outputs = [(record, output) for record in records for output in record.outputs]
    workers = min(MAX_WORKERS, os.cpu_count() or 1)
    samples, looked_at = 0, list[Verdict]()
    with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
        with watch("verify files", len(outputs)) as advance:
            check = partial(_check_output, version, advance)
            damages = [damage for damage in pool.map(check, outputs) if damage]
        damages += [damage for record in records for damage in _check_record(version, record)]
        # Tables tell what the rest has to be; without them there is nothing to hold it against.
        spoiled = {damage.file for damage in damages}
        if not any(file.endswith(".parquet") for file in spoiled):
            damages += [*_check_splits(version), *_check_takedowns(version)]
            damages += [*_check_counts(version)]
            for stage in SHARD_STAGES:
                read, wrong = _check_shards(version, stage, spoiled, pool)
                samples, damages = samples + read, damages + wrong
            if originals:
                looked_at = _originals(version)
                damages += _check_originals(version, looked_at, pool)
    return Findings(
        version=version.key,
        pictures=version.record(Stage.CLEAN).counts["kept"],
        samples=samples,
        files=len(outputs),
        bytes=sum(output.bytes for _, output in outputs),
        originals=len(looked_at),
        damages=tuple(sorted(set(damages))),
    )


def _check_output(
    version: Version, advance: Advance, made: tuple[StageRecord, Output]
) -> Damage | None:
    record, output = made
    path = version.layout.stage(record.stage, record.key) / output.name
    is_gone = False
    try:
        if (size := path.stat().st_size) != output.bytes:
            found = f"has {size:,} bytes, its record says {output.bytes:,}"
        elif digest.of_file(path) != output.sha256:
            found = "its sha256 is not that of its record"
        else:
            return None
    except FileNotFoundError:
        found, is_gone = "is gone", True
    except OSError as error:
        found = f"cannot be read ({error.strerror or error})"
    finally:
        advance()
    return Damage(_file(record, output.name), found, again(Stage(record.stage), is_gone=is_gone))


def _check_record(version: Version, record: StageRecord) -> Iterator[Damage]:
    """Compare a record with its own key, and its folder with what it names."""
    told = {
        "contract": record.contract.value,
        "settings": record.settings,
        "inputs": record.inputs,
    }
    if digest.of_settings(told) != record.key:
        found = "its settings and inputs are not those that its key was made of"
        yield Damage(_file(record, RECORD_NAME), found, "put it back from a copy")
    for label in ledger.changed_inputs(record, version.layout):
        found = f"was made when {label}/{record.inputs[label]} held something else"
        yield Damage(f"{record.stage}/{record.key}", found, MIXED)
    stage, folder = Stage(record.stage), version.layout.stage(record.stage, record.key)
    for name in record.dated:
        # It says when it was made, so no digest holds it; whether it says anything is seen.
        try:
            files.read_facts(folder / name)
        except FileNotFoundError:
            yield Damage(_file(record, name), "is gone", again(stage, is_gone=True))
        except (CorruptFile, OSError):
            yield Damage(_file(record, name), "cannot be read", again(stage))
    names = {output.name for output in record.outputs}
    for path in folder.glob("*.tar"):
        if path.name not in names:
            yield Damage(_file(record, path.name), "is in no record", "delete it")


def _check_splits(version: Version) -> Iterator[Damage]:
    """No md5 and no family may be in two splits."""
    splits_of: dict[tuple[str, str], set[Split]] = defaultdict(set)
    for row in version.verdicts:
        if row.keep:
            splits_of["picture", row.md5].add(row.split)
            splits_of["family", row.family].add(row.split)
    file = f"{Stage.CLEAN}/{version.record(Stage.CLEAN).key}"
    for (what, md5), splits in splits_of.items():
        if len(splits) > 1:
            yield Damage(file, f"{what} {md5} is in {' and '.join(sorted(splits))}", REPORT)


def _check_counts(version: Version) -> Iterator[Damage]:
    """A stage that was made again of other pictures than the next one saw does not add up."""
    for step in funnel(version):
        if gap := step.lost.get(UNEXPLAINED):
            found = (
                f"{step.name} {step.number}, which is {abs(gap)} too {'few' if gap > 0 else 'many'}"
            )
            yield Damage(f"{Stage.CONDITION}/{version.key}", found, MIXED)
    cleaned = version.record(Stage.CLEAN)
    kept = Counter(row.split for row in version.verdicts if row.keep)
    for split in Split:
        if cleaned.counts.get(split) != kept[split]:
            found = f"it counts {cleaned.counts.get(split)} of {split}, its table {kept[split]}"
            yield Damage(_file(cleaned, RECORD_NAME), found, again(Stage.CLEAN))


def _check_takedowns(version: Version) -> Iterator[Damage]:
    removed = takedowns.read(version.layout)
    for row in version.kept.values():
        if removed.has(row.md5) or removed.has(row.line_md5):
            found = f"{row.md5} (post {row.post_id}) was taken down since"
            yield Damage(f"{Stage.CONDITION}/{version.key}", found, ANEW)


def _check_shards(
    version: Version, stage: Stage, spoiled: set[str], pool: ThreadPoolExecutor
) -> tuple[int, list[Damage]]:
    """Read the shards of a stage whose bytes are right; give how many samples, and the damages."""
    record, rows = version.record(stage), version.shards(stage)
    told = {output.name: output.sha256 for output in record.outputs}
    damages = [
        Damage(_file(record, row.name), f"its sha256 in {SHARDS_NAME} is not its record's", REPORT)
        for row in rows
        if told.get(row.name) != row.sha256
    ]
    sound = [row for row in rows if _file(record, row.name) not in spoiled]
    with watch(f"verify {stage}", sum(row.samples for row in sound)) as advance:
        read = list(pool.map(lambda row: read_shard(version, stage, row, advance), sound))
    damages += [damage for shard in read for damage in shard.damages]
    damages += compare_keys(version, read, all_read=len(sound) == len(rows))
    return sum(len(shard.keys) for shard in read), damages


def _originals(version: Version) -> list[Verdict]:
    """Give what has to be in the store: what was taken down is gone from it on purpose."""
    removed = takedowns.read(version.layout)
    rows = [row for row in version.kept.values() if not removed.has(row.md5)]
    return [replace(row, line_md5="") if removed.has(row.line_md5) else row for row in rows]


def _check_originals(
    version: Version, rows: list[Verdict], pool: ThreadPoolExecutor
) -> list[Damage]:
    with watch("verify originals", len(rows)) as advance:
        found = pool.map(partial(check_original, version.layout, advance), rows)
        return [damage for damages in found for damage in damages]


def _file(record: StageRecord, name: str) -> str:
    return f"{record.stage}/{record.key}/{name}"
