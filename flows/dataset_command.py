"""`irodori dataset`: what there is, what is in it, what differs, and whether it is whole.

These verbs only read, but for a card that is written where one says: a root that cannot be
written to is fine.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from dataset.card import card_of
from dataset.contents import contents, funnel
from dataset.diff import diff
from dataset.settings import departures
from dataset.verify import Findings, verify
from dataset.version import LINEAGE, Version, pick, shelf
from flows import dataset_text
from flows.config import PipelineConfig
from flows.dataset_words import DatasetCommand
from flows.output import written
from flows.terminal import size
from storage.layout import DataLayout
from storage.ledger import Stage


def answer(command: DatasetCommand) -> tuple[str, int]:
    """Give what to print, and the exit code.

    Raises:
        BadInput: there is no such root or dataset, or no single one.
    """
    layout = DataLayout.at(command.root)
    layout.require()
    if command.verb == "list":
        return _list(command, layout), 0
    versions = [pick(layout, key) for key in command.keys or ("",)]
    match command.verb:
        case "show":
            return _show(command, versions[0]), 0
        case "diff":
            return _diff(command, *versions)
        case "card":
            return _card(command, versions[0]), 0
        case _:
            found = verify(versions[0], originals=command.originals)
            return _verified(command, found), 1 if found.damages else 0


def _list(command: DatasetCommand, layout: DataLayout) -> str:
    found = shelf(layout)
    if command.as_json:
        return _json([_summary(version) for version in found.versions])
    return (
        dataset_text.shelf_text(found)
        or f"no dataset below {layout.root} yet; `irodori run` makes one"
    )


def _show(command: DatasetCommand, version: Version) -> str:
    defaults = _defaults()
    if not command.as_json:
        return dataset_text.version_text(version, defaults)
    return _json(
        _summary(version)
        | {
            "not_default": [
                change
                for stage in LINEAGE
                for change in departures(stage, defaults[stage], version.record(stage).settings)
            ],
            "funnel": funnel(version),
            "contents": contents(version),
            "shards": version.shards(),
        }
    )


def _diff(command: DatasetCommand, before: Version, after: Version) -> tuple[str, int]:
    difference = diff(before, after)
    text = _json(difference) if command.as_json else dataset_text.diff_text(difference)
    # Nobody may overlook a picture that changed its split.
    return text, 1 if difference.moved else 0


def _card(command: DatasetCommand, version: Version) -> str:
    text = card_of(version)
    if not command.output:
        return text.rstrip()
    return written(command.output, text)


def _verified(command: DatasetCommand, found: Findings) -> str:
    if command.as_json:
        return _json(found)
    looked_at = (
        f"{found.pictures:,} pictures, {found.samples:,} samples,"
        f" {found.files:,} files, {size(found.bytes)}"
        + (f", {found.originals:,} originals" if found.originals else "")
    )
    if not found.damages:
        return f"dataset {found.version} is whole: {looked_at}"
    number = f"{len(found.damages):,} thing{'s' if len(found.damages) > 1 else ''} wrong"
    lines = [str(damage) for damage in found.damages]
    return "\n".join([*lines, f"dataset {found.version} is damaged: {number} ({looked_at})"])


def _summary(version: Version) -> dict[str, Any]:
    return {"key": version.key, "folder": str(version.folder(Stage.CONDITION))} | {
        "lineage": version.records
    }


def _defaults() -> Mapping[Stage, Mapping[str, Any]]:
    config = PipelineConfig()
    return {
        Stage.SCRAPE: config.scraper.settings(),
        Stage.CLEAN: config.clean.settings(),
        Stage.PACK: config.pack.settings(),
        Stage.CONDITION: config.condition.settings() | {"seed": config.seed},
    }


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
