"""The words of the command `irodori` -> what is asked, or one clear line on what is unclear.

Every field of the configuration is a flag: `--training.steps 100`. A flag wins over the preset, the
preset over the defaults.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, CliSettingsSource, SettingsError

from flows import evaluate_words
from flows.config import PipelineConfig
from flows.errands import Errand, errand_of
from flows.parser import Parser, nearest
from flows.presets import GRIDS, PRESETS, below
from storage.errors import BadInput

VERBS = {
    "run": "run the whole paper, from the image board to the report",
    "refresh": "look at the site as it is today; make a new dataset if anything is new",
    "scrape": "ask the site for posts and fetch their originals",
    "clean": "decide which originals are fit to train on",
    "pack": "turn kept originals into shards of square pictures",
    "condition": "draw line art and hints",
    "train": "train the recipe --training.recipe",
    "evaluate": "judge the trained recipe; or --pictures DIR: any checkpoint on any folder",
    "report": "put all figures and numbers into one report",
    "experiments": "train a grid of recipes, seeds and changes; compare all in one table",
    "app": "open the page that colours line art by your strokes",
    "colorize": "colour files or folders of line art: colorize LINES... -o DIR",
    "export": "write a model as an ONNX file",
    "compare": "put runs side by side: reports, evaluations, folders that were evaluated",
    "recipes": "list the systems that can be trained, or tell one in full: recipes [NAME]",
    "show": "show the resolved configuration, and what of it is finished",
    "dataset": "list, show, diff and verify what was made: dataset list|show|diff|verify|card",
    "up": "start a Prefect server, the deployments and a worker on this machine",
    "down": "end what `up` started",
    "prune": "remove old versions of the dataset, and what they alone need",
    "takedown": "remove a picture for good, by the id of its post or its md5",
    "sample-booru": "serve the embedded sample booru, to browse or to scrape",
}
_OWN_WORDS = {"experiments": " [--grid NAME]"}
_OTHER_USAGE = {"evaluate": f"\n       {evaluate_words.USAGE}"}
_OTHER_HELP = {
    "evaluate": " The words of the second form are told by irodori evaluate --pictures DIR --help."
}
_SETS_OF_CHANGES = """'{"learning_rate": 0.001}, {"learning_rate": 0.002}', quotes and all"""
MOST_LETTERS = 80
DEFAULT_PRESET = "sample"
DEFAULT_GRID = "comparison"


class _Flags(PipelineConfig, BaseSettings):  # type: ignore[misc]
    """The configuration as the command line sees it."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked: a verb and its configuration.

    A verb with words of its own is an `errand`, which heeds nothing else.
    """

    verb: str
    config: PipelineConfig
    errand: Errand | None = None


def parse(arguments: Sequence[str]) -> Command:
    """Understand the words after `irodori`.

    Raises:
        BadInput: they cannot be understood, or break a bound of the configuration.
        SystemExit: help was asked for, and has been printed.
    """
    verb, rest = _verb_of(arguments)
    if errand := errand_of(verb, rest):
        return Command(verb, PipelineConfig(), errand)
    return _parse_configured(verb, rest)


def _parse_configured(verb: str, rest: Sequence[str]) -> Command:
    parser = Parser(
        prog=f"irodori {verb}",
        usage=f"irodori {verb}{_OWN_WORDS.get(verb, '')}"
        " [--preset NAME] [--root DIR] [--seed N] [--SECTION.FIELD VALUE ...]"
        f"{_OTHER_USAGE.get(verb, '')}",
        description=f"{VERBS[verb][0].upper()}{VERBS[verb][1:]}. The defaults shown are the"
        f" paper's; the preset ({DEFAULT_PRESET}, if none is named) changes some of them, as"
        f" irodori show tells.{_OTHER_HELP.get(verb, '')}",
    )
    parser.add_argument(
        "--preset",
        choices=list(PRESETS),
        default=DEFAULT_PRESET,
        help=f"the values to start from (default: {DEFAULT_PRESET})",
    )
    if verb == "experiments":
        parser.add_argument(
            "--grid",
            choices=list(GRIDS),
            default=DEFAULT_GRID,
            help=f"the values of --experiments to start from (default: {DEFAULT_GRID})",
        )
    flags = CliSettingsSource[argparse.ArgumentParser](
        _Flags,
        cli_parse_args=False,
        root_parser=parser,
        cli_kebab_case=True,
        cli_avoid_json=True,
        cli_hide_none_type=True,
    )
    parser.refuse_unknown_flags(rest)
    asked = parser.parse_args(rest)
    try:
        given: dict[str, Any] = flags(parsed_args=asked)() or {}
    except SettingsError as error:
        raise BadInput(_told_of_list(str(error))) from error
    grid = {"experiments": GRIDS[getattr(asked, "grid", DEFAULT_GRID)]}
    config = _configure(below(asked.preset, given) | grid, given)
    return Command(verb, config)


def _verb_of(arguments: Sequence[str]) -> tuple[str, list[str]]:
    if not arguments or arguments[0] in ("-h", "--help"):
        print_help()
        raise SystemExit(0)
    verb, *rest = arguments
    if verb not in VERBS:
        raise BadInput(f"there is no command {verb!r}{nearest(verb, VERBS)}; see irodori --help")
    return verb, rest


def print_help() -> None:
    """Print what the command can do."""
    lines = [f"  {verb:<14}{purpose}" for verb, purpose in VERBS.items()]
    told = "\n".join(
        [
            "usage: irodori COMMAND [--preset NAME] [--root DIR] [--SECTION.FIELD VALUE ...]",
            "",
            *lines,
            "",
            "irodori COMMAND --help lists every flag.",
        ]
    )
    sys.stdout.write(told + "\n")


def _configure(preset: dict[str, Any], given: dict[str, Any]) -> PipelineConfig:
    try:
        return PipelineConfig.model_validate(_overlay(preset, given))
    except ValidationError as error:
        raise BadInput(_told(error.errors()[0])) from error


def _told_of_list(found: str) -> str:
    """Say which list cannot be read; of some nothing is known but their section."""
    (name,) = re.findall(r"for (?:field )?\"?([a-z_.]+)", found)[:1] or ("SECTION.FIELD",)
    ways = {
        "experiments.overrides": f"sets of changes as {_SETS_OF_CHANGES}",
        "experiments": f"values as a,b and sets of changes as {_SETS_OF_CHANGES}",
    }
    way = ways.get(name, "values as a,b")
    return f"--{name.replace('_', '-')}: a list cannot be read; write {way}"


def _told(found: ErrorDetails) -> str:
    # What follows a number is within the flag's value.
    steps = takewhile(lambda step: isinstance(step, str), found["loc"])
    flag = ".".join(str(step) for step in steps).replace("_", "-")
    known = re.findall("'([^']+)'", found.get("ctx", {}).get("expected", ""))
    said, given = found["msg"].removeprefix("Value error, "), found["input"]
    if found["type"] == "value_error" and not isinstance(given, str | int | float):
        # It says itself which part of all that is meant.
        return f"--{flag}: {said}"
    return f"--{flag}: {said}, not {_shorten(repr(given))}{nearest(str(given), known)}"


def _shorten(text: str) -> str:
    """Cut what somebody wrote to what is needed to know it again."""
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}..."


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        if isinstance(value, dict):
            value = _overlay(merged.get(name, {}), value)
        merged[name] = value
    return merged
