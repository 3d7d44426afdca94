"""The two answers that need no model. A model that does not beat both has learned nothing."""

import numpy as np

from evaluation.pixelwise import Pictures


def lines_on_paper(edge_BHW: Pictures) -> Pictures:
    """Answer with white paper and the lines on it (B, H, W, C)."""
    return np.repeat(edge_BHW[..., None], 3, axis=-1)


def hint_itself(hint_BHWC: Pictures) -> Pictures:
    """Answer with the hint as it is given (B, H, W, C)."""
    return hint_BHWC
