"""`irodori dataset`: what there is, what is in it, what differs, and whether it is whole.

These verbs only read, but for a card that is written where one says: a root that cannot be
written to is fine.
"""

import argparse
import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset import told
from dataset.card import card_of
from dataset.contents import contents, funnel
from dataset.diff import diff
from dataset.settings import changes
from dataset.terminal import size
from dataset.verify import Findings, verify
from dataset.version import LINEAGE, Version, pick, shelf
from flows.config import PipelineConfig
from flows.parser import Parser, nearest
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.ledger import Stage

VERBS = {
    "list": "one line a version, newest first",
    "show": "one version: how it was made, what was lost on the way, what is in it",
    "diff": "what was added and removed from one version to another, and why",
    "verify": "read every byte of a version again, and check it",
    "card": "the dataset card, as Markdown",
}
KEYS = {"list": 0, "diff": 2}
"""How many versions a verb wants; the others take one, and the newest if none is named."""


@dataclass(frozen=True, slots=True)
class DatasetCommand:
    """What is asked of the datasets below a root; a key may be the first digits of one."""

    verb: str
    root: str
    keys: tuple[str, ...] = ()
    as_json: bool = False
    originals: bool = False
    output: str = ""


def parse(words: Sequence[str]) -> DatasetCommand:
    """Understand the words after `irodori dataset`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(
        prog="irodori dataset",
        usage="irodori dataset VERB [KEY ...] [--root DIR] [--json]",
        description="\n".join(
            ["A dataset is named by the first digits of its key; the newest needs no name.", ""]
            + [f"  {verb:<8}{purpose}" for verb, purpose in VERBS.items()]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("verb", metavar="VERB", help="one of these")
    parser.add_argument("keys", metavar="KEY", nargs="*", help="which dataset; diff wants two")
    root = PipelineConfig.model_fields["root"].default
    parser.add_argument("--root", default=root, help=f"where they are kept (default: {root})")
    parser.add_argument("--json", action="store_true", help="for machines (all verbs but card)")
    parser.add_argument(
        "--originals", action="store_true", help="verify: also read every original (slow)"
    )
    parser.add_argument("-o", "--output", default="", metavar="FILE", help="card: write it there")
    parser.refuse_unknown_flags(words)
    asked = parser.parse_intermixed_args(list(words))
    command = DatasetCommand(
        asked.verb, asked.root, tuple(asked.keys), asked.json, asked.originals, asked.output
    )
    _refuse_what_makes_no_sense(command)
    return command


def answer(command: DatasetCommand) -> tuple[str, int]:
    """Give what to print, and the exit code.

    Raises:
        BadInput: there is no such root or dataset, or no single one.
    """
    layout = DataLayout.at(command.root)
    if not layout.root.exists():
        raise BadInput(f"--root {layout.root}: there is no such folder; name the one with the data")
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


def _refuse_what_makes_no_sense(command: DatasetCommand) -> None:
    verb, number = command.verb, len(command.keys)
    if verb not in VERBS:
        raise BadInput(f"there is no dataset command {verb!r}{nearest(verb, VERBS)}; see --help")
    wanted = KEYS.get(verb, 1)
    if number > wanted or (verb == "diff" and number != wanted):
        raise BadInput(f"dataset {verb}: {number} keys are given, wanted {wanted}")
    flags = {
        "--originals": command.originals,
        "--output": command.output,
        "--json": command.as_json,
    }
    fitting = {
        "--originals": verb == "verify",
        "--output": verb == "card",
        "--json": verb != "card",
    }
    for flag, value in flags.items():
        if value and not fitting[flag]:
            raise BadInput(f"dataset {verb}: there is no {flag} here; see --help")


def _list(command: DatasetCommand, layout: DataLayout) -> str:
    found = shelf(layout)
    if command.as_json:
        return _json([_summary(version) for version in found.versions])
    return told.shelf_text(found) or f"no dataset below {layout.root} yet; `irodori run` makes one"


def _show(command: DatasetCommand, version: Version) -> str:
    defaults = _defaults()
    if not command.as_json:
        return told.version_text(version, defaults)
    return _json(
        _summary(version)
        | {
            "not_default": [
                change
                for stage in LINEAGE
                for change in changes(stage, defaults[stage], version.record(stage).settings)
            ],
            "funnel": funnel(version),
            "contents": contents(version),
            "shards": version.shards(),
        }
    )


def _diff(command: DatasetCommand, before: Version, after: Version) -> tuple[str, int]:
    difference = diff(before, after)
    text = _json(difference) if command.as_json else told.diff_text(difference)
    # Nobody may overlook a picture that changed its split.
    return text, 1 if difference.moved else 0


def _card(command: DatasetCommand, version: Version) -> str:
    text = card_of(version)
    if not command.output:
        return text.rstrip()
    path = Path(command.output)
    if not path.absolute().parent.is_dir():
        raise BadInput(f"--output {path}: there is no such folder; make it first")
    path.write_text(text)
    return str(path)


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
