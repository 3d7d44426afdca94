"""How an answer heeds point hints: colours compared as people see them, in CIE Lab.

No standard exists for these; what each number means is said where it is computed.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from evaluation.pixelwise import WHITE, Pictures
from evaluation.point_hints import ON_A_LINE, Labels, PointHint

Lab = NDArray[np.float64]


def to_lab(color_HWC: Pictures) -> Lab:
    """Turn uint8 RGB into CIE Lab (D65): lightness in 0 to 100, and two axes of chroma."""
    return np.asarray(rgb2lab(color_HWC), dtype=np.float64)


def hint_delta_e(lab_HWC: Lab, hint: PointHint) -> float | None:
    """Give the mean CIEDE2000 difference between an answer and the hint, where the hint lies."""
    differences = _differences(lab_HWC, hint, hint.mask_HW == WHITE)
    return float(differences.mean()) if len(differences) else None


def hint_region_delta_e(lab_HWC: Lab, hint: PointHint, regions_HW: Labels) -> float | None:
    """Give the same over the regions that hints lie in, each region counting alike.

    A pixel is held against the nearest hint of its region. A hint on a line has no region.
    """
    is_told = (hint.told_HW >= 0) & (regions_HW != ON_A_LINE)
    differences = _differences(lab_HWC, hint, is_told)
    if not len(differences):
        return None
    _, places = np.unique(regions_HW[is_told], return_inverse=True)
    return float((np.bincount(places, weights=differences) / np.bincount(places)).mean())


def bleed(with_hint_HWC: Lab, without_hint_HWC: Lab, region_HW: NDArray[np.bool_]) -> float | None:
    """Give the share of the change of chroma by one hint that falls outside its region.

    None if the hint changes no chroma at all.
    """
    change_HW = np.hypot(*np.moveaxis(with_hint_HWC - without_hint_HWC, -1, 0)[1:])
    total = float(change_HW.sum())
    return float(change_HW[~region_HW].sum()) / total if total else None


def saturation(lab_HWC: Lab) -> float:
    """Give the mean chroma of a picture in CIE Lab; 0 is gray."""
    return float(np.hypot(lab_HWC[..., 1], lab_HWC[..., 2]).mean())


def _differences(lab_HWC: Lab, hint: PointHint, where_HW: NDArray[np.bool_]) -> Lab:
    told_N3 = to_lab(hint.colors_N3)[hint.told_HW[where_HW]]
    differences = deltaE_ciede2000(told_N3, lab_HWC[where_HW])  # type: ignore[no-untyped-call]
    return np.asarray(differences, dtype=np.float64)
