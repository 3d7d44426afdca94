"""Likeness of structure: SSIM and MS-SSIM of each picture, 1 where nothing differs.

Both are taken a channel at a time with Gaussian windows of 11 pixels (sigma 1.5) and averaged over
R, G and B; higher is better. They are right to three digits: in single precision, which is forty
times as fast here, the variance of a flat bright place is mostly rounding. SSIM is the mean over
all windows that lie wholly in the picture, as its authors and scikit-image take it; MS-SSIM is
torchmetrics'.

Sources: Wang and others, Image quality assessment: from error visibility to structural similarity
(2004), and Multiscale structural similarity for image quality assessment (2003).
"""

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

from evaluation.exactly import exactly

SIGMA = 1.5
WINDOW_PX = 11
BORDER_PX = WINDOW_PX // 2

NUM_SCALES = 5
MIN_MULTISCALE_PX = WINDOW_PX * 2 ** (NUM_SCALES - 1)
"""A smaller picture has no room for a window at the fifth scale, so it has no MS-SSIM."""


def ssim(real_BCHW: Tensor, generated_BCHW: Tensor) -> Tensor:
    """Give the SSIM of each picture (B), from pictures in [-1, 1] of at least 11 px a side."""
    with exactly():
        _, map_BCHW = structural_similarity_index_measure(
            _levels(generated_BCHW),
            _levels(real_BCHW),
            sigma=SIGMA,
            reduction="none",
            data_range=1.0,
            return_full_image=True,
        )
    inner = map_BCHW[..., BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
    return inner.double().mean(dim=(1, 2, 3))


def ms_ssim(real_BCHW: Tensor, generated_BCHW: Tensor) -> Tensor | None:
    """Give the MS-SSIM of each picture (B), from pictures in [-1, 1]; None if they are too small.

    A scale at which two pictures vary against each other counts as 0.
    """
    if min(real_BCHW.shape[-2:]) < MIN_MULTISCALE_PX:
        return None
    with exactly():
        found = multiscale_structural_similarity_index_measure(
            _levels(generated_BCHW),
            _levels(real_BCHW),
            sigma=SIGMA,
            kernel_size=WINDOW_PX,
            reduction="none",
            data_range=1.0,
            normalize="relu",
        )
    # Pictures as uniform as paper round to a hair above 1.
    return found.double().clamp(max=1)


def _levels(picture_BCHW: Tensor) -> Tensor:
    # With their channels last, the convolutions of three channels take half the time on a CPU.
    levels = picture_BCHW.add(1).div_(2)
    return levels.contiguous(memory_format=torch.channels_last)
