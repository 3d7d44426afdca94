"""Which pictures a person is shown. Chosen from the truth alone, before any is coloured."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evaluation.pairs import Pair

CANDIDATES_FOR_EACH = 8
THUMB_PX = 8


def choose_varied(pairs: Iterable[Pair], number: int) -> list[str]:
    """Choose pictures that differ much from each other, one a family.

    Among the first candidates (those with true line art, if there are enough), each next one is
    the candidate farthest in colour and layout from all chosen before.

    Returns:
        Their md5s, in the order of choice.
    """
    candidates = _candidates(pairs, number * CANDIDATES_FOR_EACH)
    lined = {md5: thumb for md5, (thumb, has_line) in candidates.items() if has_line}
    thumbs = (
        lined if len(lined) >= number else {md5: thumb for md5, (thumb, _) in candidates.items()}
    )
    chosen: list[str] = []
    while thumbs and len(chosen) < min(number, len(thumbs)):
        chosen.append(_farthest(thumbs, chosen))
    return chosen


def _candidates(pairs: Iterable[Pair], number: int) -> dict[str, tuple[NDArray[np.float64], bool]]:
    found: dict[str, tuple[NDArray[np.float64], bool]] = {}
    families: set[str] = set()
    for pair in pairs:
        if pair.family in families:
            continue
        families.add(pair.family)
        small = Image.fromarray(pair.color_HWC).resize((THUMB_PX, THUMB_PX), Image.Resampling.BOX)
        found[pair.md5] = (np.asarray(small, dtype=np.float64), pair.line_HW is not None)
        if len(found) == number:
            break
    return found


def _farthest(thumbs: dict[str, NDArray[np.float64]], chosen: list[str]) -> str:
    def distance(md5: str) -> float:
        return min((float(np.abs(thumbs[md5] - thumbs[one]).mean()) for one in chosen), default=0)

    return max((md5 for md5 in thumbs if md5 not in chosen), key=lambda md5: (distance(md5), md5))
