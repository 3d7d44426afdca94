"""A classical floor without any training: spread the hint's colours where the line art is alike.

Source: Levin, Lischinski, Weiss, "Colorization using Optimization" (2004). Two neighbours of like
luminance should have like colour, so every pixel without a hint takes the mean of its neighbours'
chroma, weighted by how near their luminance is to its own. Here the line art is the luminance: the
answer keeps it, and only U and V are solved for.

Our reading: the numbers that the paper leaves open are those of the authors' public code, which
also asks for the equation of a pixel only where there is no hint. That leaves one sparse linear
system with as many unknowns as pixels without a hint, solved exactly.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

WHITE = 255
NEIGHBOURS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]

VARIANCE_SHARE = 0.6
"""Of the window's variance, by which differences are measured; smaller is stricter."""

LEAST_WEIGHT = 0.01
"""Of a pixel's most alike neighbour, before normalising: no pixel stands alone."""

LEAST_VARIANCE = 2e-6

GRAY_CHROMA = 0.5
"""How OpenCV stores a U or V of zero in a picture of floats."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def levin(
    edge_HW: NDArray[np.uint8], hint_HWC: NDArray[np.uint8], given_HW: Flags
) -> NDArray[np.uint8]:
    """Colour some line art.

    Args:
        edge_HW: line art, dark on white.
        hint_HWC: colours, RGB; only their chroma is used.
        given_HW: where the hint counts; with no such pixel the answer is the line art.

    Returns:
        A picture, RGB, clipped where no screen shows the chroma at the line art's luminance.
    """
    hint_yuv = cv2.cvtColor(hint_HWC.astype(np.float32) / WHITE, cv2.COLOR_RGB2YUV)
    luma_HW = edge_HW.astype(np.float64) / WHITE
    chroma_HW2 = np.zeros((*edge_HW.shape, 2))
    if given_HW.any():
        chroma_HW2[given_HW] = hint_yuv[given_HW, 1:] - GRAY_CHROMA
        chroma_HW2[~given_HW] = _spread(chroma_HW2, given_HW, likeness(luma_HW))
    yuv = np.dstack([luma_HW, chroma_HW2 + GRAY_CHROMA]).astype(np.float32)
    color = cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB)
    return np.rint(color * WHITE).clip(0, WHITE).astype(np.uint8)


def likeness(luma_HW: Floats) -> sparse.csr_array:
    """Give each pixel's weights of its eight neighbours, (pixels, pixels); every row sums to 1."""
    differences = list(_differences(luma_HW))
    squares = np.stack([difference**2 for difference, _ in differences])
    inside = np.stack([is_inside for _, is_inside in differences])
    window = 1 + inside.sum(axis=0)
    mean = sum(difference for difference, _ in differences) / window
    variance = squares.sum(axis=0) / window - mean**2
    nearest = np.where(inside, squares, np.inf).min(axis=0)
    scale = np.maximum.reduce([
        VARIANCE_SHARE * variance,
        nearest / -np.log(LEAST_WEIGHT),
        np.full_like(variance, LEAST_VARIANCE),
    ])  # fmt: skip
    weights = np.exp(-squares / scale) * inside
    weights /= weights.sum(axis=0)
    return _matrix(weights, inside)


def _spread(chroma_HW2: Floats, given_HW: Flags, weights: sparse.csr_array) -> Floats:
    """Solve for the chroma of the pixels without a hint (pixels, 2)."""
    known, unknown = np.flatnonzero(given_HW), np.flatnonzero(~given_HW)
    if not len(unknown):
        return np.empty((0, 2))
    rows = weights[unknown]
    pull = rows[:, known] @ chroma_HW2[given_HW]
    among_unknown = sparse.eye_array(len(unknown)) - rows[:, unknown]
    # No row outweighs its diagonal, so it needs no pivots: a third faster than SuperLU's default.
    factors = splu(
        among_unknown.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0,
        options={"SymmetricMode": True},
    )
    solved: Floats = factors.solve(pull)
    return solved


def _differences(luma_HW: Floats) -> Iterator[tuple[Floats, Flags]]:
    """Give, for each neighbour, how much lighter it is, and where it lies inside the picture."""
    padded = np.pad(luma_HW, 1, constant_values=np.nan)
    height, width = luma_HW.shape
    for y, x in NEIGHBOURS:
        difference = padded[1 + y : 1 + y + height, 1 + x : 1 + x + width] - luma_HW
        is_inside = ~np.isnan(difference)
        yield np.where(is_inside, difference, 0), is_inside


def _matrix(weights_8HW: Floats, inside_8HW: Flags) -> sparse.csr_array:
    """Put the weights in the row of their pixel and the column of their neighbour."""
    _, height, width = weights_8HW.shape
    pixel_HW = np.arange(height * width, dtype=np.int32).reshape(height, width)
    shifts = np.array([y * width + x for y, x in NEIGHBOURS], dtype=np.int32)
    rows = np.broadcast_to(pixel_HW, weights_8HW.shape)[inside_8HW]
    columns = (pixel_HW + shifts[:, None, None])[inside_8HW]
    size = height * width
    return sparse.csr_array((weights_8HW[inside_8HW], (rows, columns)), shape=(size, size))
