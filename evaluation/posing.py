"""Pictures put under a condition: which lines and which hint a model is given."""

from collections.abc import Sequence

import numpy as np

from evaluation.conditions import LINED, STROKED, Batch, Condition
from evaluation.drawing import draw_strokes
from evaluation.pairs import Pair
from evaluation.pixelwise import WHITE, Pictures


def pose(
    pairs: Sequence[Pair], condition: Condition, seed: int, stroke_set: int = 1
) -> Batch | None:
    """Put pictures under a condition; None if none of them can be (no true lines).

    The seed decides the strokes, together with each picture's name and the number of the set.
    """
    if condition in LINED:
        lined = [(pair, pair.line_HW) for pair in pairs if pair.line_HW is not None]
    else:
        lined = [(pair, pair.edge_HW) for pair in pairs]
    if not lined:
        return None
    color_BHWC = np.stack([pair.color_HWC for pair, _ in lined])
    md5s = tuple(pair.md5 for pair, _ in lined)
    if condition in STROKED:
        hint_BHWC, mask_BHW = draw_strokes(color_BHWC, md5s, seed, stroke_set)
    else:
        hint_BHWC, mask_BHW = _stored(lined, condition)
    return Batch(
        condition=condition,
        md5s=md5s,
        edge_BHW=np.stack([edge for _, edge in lined]),
        hint_BHWC=hint_BHWC,
        mask_BHW=mask_BHW,
        color_BHWC=color_BHWC,
    )


def _stored(
    lined: Sequence[tuple[Pair, Pictures]], condition: Condition
) -> tuple[Pictures, Pictures]:
    hint_BHWC = np.stack([pair.hint_HWC for pair, _ in lined])
    mask_BHW = np.stack([pair.mask_HW for pair, _ in lined])
    if condition == Condition.NO_HINT:
        return np.full_like(hint_BHWC, WHITE), np.zeros_like(mask_BHW)
    return hint_BHWC, mask_BHW
