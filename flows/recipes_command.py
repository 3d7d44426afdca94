"""`irodori recipes`: every system that can be trained, what it is made of and what it costs."""

import dataclasses
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.parser import Parser, nearest
from flows.terminal import width
from storage.errors import BadInput

if TYPE_CHECKING:
    from training.catalogue import Entry


INDENT = 15
MILLION = 1e6


@dataclass(frozen=True, slots=True)
class RecipesCommand:
    """What is asked: all recipes, or one in full."""

    name: str = ""
    as_json: bool = False


def parse(words: Sequence[str]) -> RecipesCommand:
    """Understand the words after `irodori recipes`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(
        prog="irodori recipes",
        usage="irodori recipes [NAME] [--json]",
        description="List the systems that can be trained, their networks at 256 px, and levin.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="one recipe, in full")
    parser.add_argument("--json", action="store_true", help="for machines")
    asked = parser.understand(words)
    return RecipesCommand(asked.name, asked.json)


def answer(command: RecipesCommand) -> tuple[str, int]:
    """Give what to print, and the exit code.

    Raises:
        BadInput: there is no such recipe.
    """
    # The networks are built to be weighed; only this verb needs torch for it.
    from training.catalogue import entries  # noqa: PLC0415

    found = {entry.name: entry for entry in entries()}
    if command.name and command.name not in found:
        raise BadInput(
            f"there is no recipe {command.name!r}{nearest(command.name, found)};"
            " see irodori recipes"
        )
    chosen = [found[command.name]] if command.name else list(found.values())
    if command.as_json:
        return json.dumps([dataclasses.asdict(entry) for entry in chosen], indent=2), 0
    return _in_full(chosen[0]) if command.name else "\n".join(map(_in_short, chosen)), 0


def _in_short(entry: "Entry") -> str:
    lines = [entry.source, *(_made_of(entry) if entry.generator else ())]
    wrapped = [piece for line in lines for piece in textwrap.wrap(line, width() - INDENT)]
    return textwrap.indent("\n".join(wrapped), " " * INDENT).replace(
        " " * INDENT, f"{entry.name:<{INDENT}}", 1
    )


def _in_full(entry: "Entry") -> str:
    settings = [f"  {name:<20}{_value(value)}".rstrip() for name, value in entry.settings.items()]
    differs = textwrap.wrap(f"differs: {entry.differs}", width() - INDENT) if entry.differs else []
    told = textwrap.indent("\n".join(differs), " " * INDENT)
    return "\n".join([_in_short(entry), *filter(None, [told]), "", *settings]).rstrip()


def _made_of(entry: "Entry") -> list[str]:
    settings = entry.settings
    networks = (
        f"{entry.generator} {entry.generator_parameters / MILLION:.1f} M,"
        f" {entry.generator_gflop:.1f} GFLOP a picture"
    )
    if entry.critic:
        turns = f" x{settings['n_critic']}" if settings["n_critic"] > 1 else ""
        networks += f"; {entry.critic} {entry.critic_parameters / MILLION:.1f} M"
        networks += f", {settings['rule']}{turns}"
    where = {"features": f" ({settings.get('feature_layer')})"}
    losses = ", ".join(
        f"{name} {weight:g}{where.get(name, '')}" for name, weight in entry.losses.items()
    )
    return [
        networks,
        f"{losses}; {settings['optimizer']} {settings['learning_rate']:g},"
        f" batch {settings['batch_size']}",
        f"hints: {_value(settings['hints'])}",
    ]


def _value(value: object) -> str:
    if value == {}:
        # The one setting of its kind: fields of the hints, where a recipe has its own.
        return "those of the dataset"
    if isinstance(value, dict):
        return ", ".join(
            f"{name} ({_value(inner)})" if isinstance(inner, dict) else f"{name} {_value(inner)}"
            for name, inner in value.items()
        )
    return f"{value:g}" if isinstance(value, float) else str(value)
