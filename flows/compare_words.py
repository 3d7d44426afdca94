"""The words after `irodori compare` -> which runs are put side by side, or one clear line."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.parser import Parser
from storage.errors import BadInput


@dataclass(frozen=True, slots=True)
class CompareCommand:
    """Which runs, and how the comparison is told; a run may be the first digits of a key."""

    runs: tuple[str, ...]
    root: str
    as_json: bool = False
    output: str = ""


def parse(words: Sequence[str]) -> CompareCommand:
    """Understand the words after `irodori compare`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(
        prog="irodori compare",
        usage="irodori compare RUN [RUN ...] [--root DIR] [--json] [-o FILE.md]",
        description="Put runs side by side. A RUN is a report/<key> or evaluate/<key> folder, a"
        " metrics.json, what `irodori evaluate --out` has written, the first digits of a key below"
        " --root, or a root (its newest report).",
    )
    parser.add_argument("runs", metavar="RUN", nargs="*", help="as many as you like")
    parser.add_root("where keys are sought")
    parser.add_argument("--json", action="store_true", help="for machines: every number")
    parser.add_argument(
        "-o", "--output", default="", metavar="FILE", help="write it there, as Markdown or JSON"
    )
    said = parser.understand(words)
    if not said.runs:
        raise BadInput("irodori compare RUN [RUN ...]: say which; see --help")
    return CompareCommand(tuple(said.runs), said.root, said.json, said.output)
