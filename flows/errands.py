"""Verbs with words of their own: each understands its words, and gives what answers them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from flows import (
    app_command,
    app_words,
    colorize_command,
    compare_command,
    compare_words,
    dataset_command,
    dataset_words,
    evaluate_command,
    evaluate_words,
    export_command,
    living_command,
    prune_command,
    recipes_command,
    sample_booru_command,
    takedown_command,
)

Command = TypeVar("Command")

Errand = Callable[[], tuple[str, int]]
"""What a verb does: it gives what to print, and the exit code."""


def errand_of(verb: str, words: Sequence[str]) -> Errand | None:
    """Understand a verb's own words; None if it is one that the whole configuration is for.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    if verb == "evaluate" and not evaluate_words.is_meant(words):
        return None
    understand = _ERRANDS.get(verb)
    return understand(words) if understand else None


def _told(answer: Callable[[Command], str], command: Command) -> Errand:
    return lambda: (answer(command), 0)


_ERRANDS: dict[str, Callable[[Sequence[str]], Errand]] = {
    "app": lambda words: partial(app_command.answer, app_words.parse_app(words)),
    "colorize": lambda words: partial(colorize_command.answer, app_words.parse_colorize(words)),
    "compare": lambda words: partial(compare_command.answer, compare_words.parse(words)),
    "dataset": lambda words: partial(dataset_command.answer, dataset_words.parse(words)),
    "down": lambda words: _told(living_command.answer, living_command.parse("down", words)),
    "evaluate": lambda words: partial(evaluate_command.answer, evaluate_words.parse(words)),
    "export": lambda words: _told(export_command.answer, app_words.parse_export(words)),
    "prune": lambda words: _told(prune_command.answer, prune_command.parse(words)),
    "recipes": lambda words: _told(recipes_command.answer, recipes_command.parse(words)),
    "sample-booru": lambda words: _told(
        sample_booru_command.answer, sample_booru_command.parse(words)
    ),
    "takedown": lambda words: _told(takedown_command.answer, takedown_command.parse(words)),
    "up": lambda words: _told(living_command.answer, living_command.parse("up", words)),
}
