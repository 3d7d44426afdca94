"""`irodori up` and `irodori down`: the words, and what is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows import living
from flows.parser import Parser

PURPOSE = {
    "up": "Start a Prefect server, the deployments and a worker, on this machine alone.",
    "down": "End them; a training that goes on leaves a bookmark first.",
}


@dataclass(frozen=True, slots=True)
class LivingCommand:
    """What is asked: `up` or `down`, and the port of the server."""

    verb: str
    port: int


def parse(verb: str, words: Sequence[str]) -> LivingCommand:
    """Understand the words after `irodori up` or `irodori down`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(prog=f"irodori {verb}", description=PURPOSE[verb])
    if verb == "up":
        parser.add_port(living.DEFAULT_PORT, "of the server")
    asked = parser.understand(words)
    return LivingCommand(verb, getattr(asked, "port", living.DEFAULT_PORT))


def answer(command: LivingCommand) -> tuple[str, int]:
    """Do it; give what to print, and the exit code.

    Raises:
        BadInput: this is not the project's folder, or the port is taken.
        IrodoriError: a part did not start.
    """
    house = living.house_at(Path.cwd(), command.port)
    return (living.up(house) if command.verb == "up" else living.down(house)), 0
