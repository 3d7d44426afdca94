"""Verbs with words of their own: each understands its words, and gives what answers them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

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
    if verb not in _ERRANDS:
        return None
    understand, answer = _ERRANDS[verb]
    return partial(answer, understand(words))


_ERRANDS: dict[str, tuple[Callable[[Sequence[str]], Any], Callable[[Any], tuple[str, int]]]] = {
    "app": (app_words.parse_app, app_command.answer),
    "colorize": (app_words.parse_colorize, colorize_command.answer),
    "compare": (compare_words.parse, compare_command.answer),
    "dataset": (dataset_words.parse, dataset_command.answer),
    "down": (partial(living_command.parse, "down"), living_command.answer),
    "evaluate": (evaluate_words.parse, evaluate_command.answer),
    "export": (app_words.parse_export, export_command.answer),
    "prune": (prune_command.parse, prune_command.answer),
    "recipes": (recipes_command.parse, recipes_command.answer),
    "sample-booru": (sample_booru_command.parse, sample_booru_command.answer),
    "takedown": (takedown_command.parse, takedown_command.answer),
    "up": (partial(living_command.parse, "up"), living_command.answer),
}
"""How the words after each verb are understood, and what answers them."""
