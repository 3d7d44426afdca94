"""`irodori prune`: old versions of the dataset go, with what they alone need."""

import dataclasses
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from dataset.prune import Going, Plan, carry_out, plan
from flows import logs
from flows.parser import Parser
from flows.terminal import size
from storage.errors import BadInput
from storage.layout import DataLayout

DEFAULT_KEEP = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PruneCommand:
    """Which root to prune, how many of its newest versions stay, and whether only to say so."""

    root: str
    keep: int = DEFAULT_KEEP
    dry_run: bool = False
    as_json: bool = False


def parse(words: Sequence[str]) -> PruneCommand:
    """Understand the words after `irodori prune`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(
        prog="irodori prune",
        usage="irodori prune [--keep N] [--dry-run] [--root DIR] [--json]",
        description="Remove all versions of the dataset but the newest, with what was made of them"
        " and what they alone were made of. Whatever a version that stays needs, stays.",
    )
    parser.add_root("where they are kept")
    parser.add_argument(
        "--keep",
        type=int,
        default=DEFAULT_KEEP,
        metavar="N",
        help=f"so many of the newest versions stay (default: {DEFAULT_KEEP})",
    )
    parser.add_argument("--dry-run", action="store_true", help="remove nothing, say what would go")
    parser.add_argument("--json", action="store_true", help="for machines")
    asked = parser.understand(words)
    if asked.keep < 1:
        raise BadInput(f"prune --keep {asked.keep}: wanted 1 or more; the newest version stays")
    return PruneCommand(asked.root, asked.keep, asked.dry_run, asked.json)


def answer(command: PruneCommand) -> tuple[str, int]:
    """Remove what is to go, unless it is only asked for; give what to print, and the exit code.

    Raises:
        BadInput: there is no such root.
        IrodoriError: something cannot be removed.
    """
    layout = DataLayout.at(command.root)
    layout.require()
    if not command.dry_run:
        logs.keep(layout)
    planned = plan(layout, command.keep)
    if not command.dry_run:
        carry_out(planned, _tell)
    told = _as_json if command.as_json else _as_text
    return told(command, planned), 0


def _tell(gone: Going) -> None:
    logger.info("removed %s files=%d freed=%s", gone.where, gone.files, size(gone.bytes))


def _as_text(command: PruneCommand, planned: Plan) -> str:
    lines = [f"stays: {note}" for note in planned.choice.notes]
    if command.dry_run:
        lines += [f"would remove {_line(each)}" for each in planned.going]
    number = len(planned.choice.versions)
    versions = f"{number} version{'' if number == 1 else 's'}"
    freed = f"{size(planned.bytes)} {'would come' if command.dry_run else 'came'} free"
    return "\n".join([*lines, f"{versions} stay{'s' if number == 1 else ''}, {freed}"])


def _line(each: Going) -> str:
    what = f"{each.where} (unfinished)" if each.what == "unfinished" else each.where
    return f"{what}: {each.files:,} file{'' if each.files == 1 else 's'}, {size(each.bytes)}"


def _as_json(command: PruneCommand, planned: Plan) -> str:
    told = {
        "dry_run": command.dry_run,
        "keep": command.keep,
        "versions": planned.choice.versions,
        "removed": [dataclasses.asdict(each) for each in planned.going],
        "left_alone": planned.choice.notes,
        "freed_bytes": planned.bytes,
    }
    return json.dumps(told, indent=2, ensure_ascii=False)
