"""What a model is given: from which lines, with or without a hint."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evaluation.pairs import Pair
from evaluation.pixelwise import WHITE, Pictures


class Condition(StrEnum):
    """The three questions that are asked about every test picture."""

    DETECTED = "detected"
    """Edges detected in the truth, with the picture's hint: what the model was trained for."""
    NO_HINT = "no_hint"
    """Edges detected in the truth, and a white hint."""
    TRUE_LINES = "true_lines"
    """The artist's own line art, with the picture's hint."""


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


def pose(pairs: Sequence[Pair], condition: Condition) -> Batch | None:
    """Put pictures under a condition; None if none of them can be (no true lines)."""
    if condition == Condition.TRUE_LINES:
        lined = [(pair, pair.line_HW) for pair in pairs if pair.line_HW is not None]
    else:
        lined = [(pair, pair.edge_HW) for pair in pairs]
    if not lined:
        return None
    hint_BHWC = np.stack([pair.hint_HWC for pair, _ in lined])
    mask_BHW = np.stack([pair.mask_HW for pair, _ in lined])
    if condition == Condition.NO_HINT:
        hint_BHWC, mask_BHW = np.full_like(hint_BHWC, WHITE), np.zeros_like(mask_BHW)
    return Batch(
        condition=condition,
        md5s=tuple(pair.md5 for pair, _ in lined),
        edge_BHW=np.stack([edge for _, edge in lined]),
        hint_BHWC=hint_BHWC,
        mask_BHW=mask_BHW,
        color_BHWC=np.stack([pair.color_HWC for pair, _ in lined]),
    )
