"""What a model is given: from which lines, with or without a hint, and which."""

from dataclasses import dataclass
from enum import StrEnum

from evaluation.pixelwise import Pictures


class Condition(StrEnum):
    """The questions that are asked about every test picture."""

    DETECTED = "detected"
    """Edges detected in the truth, with the picture's hint: what the model was trained for."""
    NO_HINT = "no_hint"
    """Edges detected in the truth, and a white hint."""
    TRUE_LINES = "true_lines"
    """The artist's own line art, with the picture's hint."""
    STROKES = "strokes"
    """Edges detected in the truth, with strokes as a user draws them."""
    TRUE_STROKES = "true_strokes"
    """The artist's own line art, with the same strokes: what a user of the model gives it."""


LINED = frozenset({Condition.TRUE_LINES, Condition.TRUE_STROKES})
"""Those that want the artist's own line art."""

STROKED = frozenset({Condition.STROKES, Condition.TRUE_STROKES})
"""Those whose hint is strokes, whatever hints the dataset has."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pictures under one condition: what is given, and the truth (uint8).

    The mask is 255 where the hint gives the truth, and 0 on blank paper.
    """

    condition: Condition
    md5s: tuple[str, ...]
    edge_BHW: Pictures
    hint_BHWC: Pictures
    mask_BHW: Pictures
    color_BHWC: Pictures
