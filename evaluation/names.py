"""What conditions and answers are called in front of people."""

from collections.abc import Mapping

from evaluation.conditions import Condition
from evaluation.scores import Answer

CONDITIONS: Mapping[str, str] = {
    Condition.DETECTED: "From detected edges, with a hint",
    Condition.NO_HINT: "From detected edges, without a hint",
    Condition.TRUE_LINES: "From the artist's own lines, with a hint",
    Condition.STROKES: "From detected edges, with a user's strokes",
    Condition.TRUE_STROKES: "From the artist's own lines, with a user's strokes",
}

GIVEN: Mapping[str, str] = {
    Condition.DETECTED: "hint, detected edges",
    Condition.STROKES: "strokes, detected edges",
    Condition.NO_HINT: "no hint, detected edges",
    Condition.TRUE_LINES: "hint, artist's lines",
    Condition.TRUE_STROKES: "strokes, artist's lines",
}
"""The same in few words: what a model was given."""


HINTS: Mapping[str, str] = {
    "paper": "the truth whited out, blurred, and pasted with a few true blocks",
    "strokes": "strokes of true colours, as a user draws them",
    "dots": "dots of true colours",
    "none": "white paper",
    "mix": "of one kind or another, as chance has it",
}
"""What a hint is, by its kind."""


def of_untrained(condition: Condition, answer: Answer) -> str:
    """Say in words what an untrained answer is."""
    if answer == Answer.LINES:
        return "White paper with the lines"
    if answer == Answer.LEVIN:
        return "The spread hint (Levin)"
    return "White paper" if condition == Condition.NO_HINT else "The hint itself"
