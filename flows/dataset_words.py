"""The words after `irodori dataset` -> what is asked of which datasets, or one clear line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from flows.parser import Parser, nearest
from storage.errors import BadInput

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
    )
    parser.add_argument("verb", metavar="VERB", nargs="?", default="", help="one of these")
    parser.add_argument("keys", metavar="KEY", nargs="*", help="which dataset; diff wants two")
    parser.add_root("where they are kept")
    parser.add_argument("--json", action="store_true", help="for machines (all verbs but card)")
    parser.add_argument(
        "--originals", action="store_true", help="verify: also read every original (slow)"
    )
    parser.add_argument("-o", "--output", default="", metavar="FILE", help="card: write it there")
    asked = parser.understand(words)
    command = DatasetCommand(
        asked.verb, asked.root, tuple(asked.keys), asked.json, asked.originals, asked.output
    )
    _refuse_what_makes_no_sense(command)
    return command


def _refuse_what_makes_no_sense(command: DatasetCommand) -> None:
    verb, number = command.verb, len(command.keys)
    if not verb:
        raise BadInput(f"irodori dataset {'|'.join(VERBS)}: say which; see --help")
    if verb not in VERBS:
        raise BadInput(f"there is no dataset command {verb!r}{nearest(verb, VERBS)}; see --help")
    wanted = KEYS.get(verb, 1)
    if number > wanted or (verb == "diff" and number != wanted):
        raise BadInput(f"dataset {verb}: {number} keys are given, wanted {wanted}")
    strange = {
        "--originals": command.originals and verb != "verify",
        "--output": command.output and verb != "card",
        "--json": command.as_json and verb == "card",
    }
    for flag, is_strange in strange.items():
        if is_strange:
            raise BadInput(f"dataset {verb}: {flag} means nothing here; see --help")
