"""`irodori takedown`: a picture is removed for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dataset import takedown
from flows import logs
from flows.parser import Parser
from preprocessing.config import CleanConfig
from storage import takedowns
from storage.layout import DataLayout


@dataclass(frozen=True, slots=True)
class TakedownCommand:
    """Which picture, by the id of its post or its md5, and below which root."""

    picture: str
    root: str


def parse(words: Sequence[str]) -> TakedownCommand:
    """Understand the words after `irodori takedown`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(
        prog="irodori takedown",
        usage="irodori takedown POST_ID_OR_MD5 [--root DIR]",
        description="Remove a picture for good: from the store, and from all that is made later.",
    )
    parser.add_argument("picture", metavar="POST_ID_OR_MD5", help="which picture")
    parser.add_root("where it lies")
    asked = parser.understand(words)
    return TakedownCommand(asked.picture, asked.root)


def answer(command: TakedownCommand) -> tuple[str, int]:
    """Remove it; give what to print, and the exit code.

    Raises:
        BadInput: there is no such root, or no such picture.
    """
    layout = DataLayout.at(command.root)
    layout.require()
    logs.keep(layout)
    known = set(takedowns.read(layout).entries)
    today = datetime.now(UTC).date().isoformat()
    taken, deleted = takedown.take_down(layout, command.picture, today)
    did = "had taken down already:" if known.issuperset(taken) else "took down"
    posts = ", ".join(dict.fromkeys(f"post {each.post_id} of {each.site}" for each in taken))
    told = (
        f"{did} {posts} ({deleted} files deleted, noted in {layout.takedowns()});"
        " datasets made from now on lack it, those made before do not"
    )
    if alike := takedown.look_alikes(layout, taken, CleanConfig().duplicate_radius):
        told += f"; still there, and alike: {', '.join(f'post {each}' for each in alike)}"
    return told, 0
