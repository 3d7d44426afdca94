"""What a model was given, in few words: one name a condition."""

from collections.abc import Mapping

GIVEN: Mapping[str, str] = {
    "detected": "paper's hint, detected edges",
    "strokes": "strokes, detected edges",
    "no_hint": "no hint, detected edges",
    "true_lines": "paper's hint, artist's lines",
    "true_strokes": "strokes, artist's lines",
}
