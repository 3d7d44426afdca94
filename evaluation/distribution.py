"""Distances between the colours of pictures, wherever they lie: KL(real || generated), in nats.

Histograms see no positions, so these numbers mean something only beside l2.

kl_hist   256 bins a channel, averaged over R, G and B. Brittle: a white ground that is
          off by one level costs about 4 nats.
kl_8      one joint histogram of 8 x 8 x 8 colours. Robust.
kl_set    as kl_hist, between the histograms of two whole sets of pictures.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.pixelwise import PerPicture, Pictures

Counts = NDArray[np.int64]

LEVELS = 256
CELLS = 8
SMOOTHING = 0.5
"""Added to every bin, so that a colour never generated costs much and not infinitely much."""


def kl_hist(real_BHWC: Pictures, generated_BHWC: Pictures) -> PerPicture:
    """Give each picture's divergence between 256-bin histograms, averaged over the channels."""
    per_channel_BC = divergence(channel_counts(real_BHWC), channel_counts(generated_BHWC))
    return np.asarray(per_channel_BC.mean(axis=-1))


def kl_8(real_BHWC: Pictures, generated_BHWC: Pictures) -> PerPicture:
    """Give each picture's divergence between joint 8 x 8 x 8 histograms."""
    return divergence(joint_counts(real_BHWC), joint_counts(generated_BHWC))


def kl_set(real_C256: Counts, generated_C256: Counts) -> float:
    """Give the divergence between two sets, from their channels' counts over all pictures."""
    return float(divergence(real_C256, generated_C256).mean())


def channel_counts(color_BHWC: Pictures) -> Counts:
    """Count the 256 levels of each channel of each picture (B, C, 256)."""
    batch, _, _, channels = color_BHWC.shape
    first_bin = np.arange(batch * channels).reshape(batch, 1, 1, channels) * LEVELS
    bins = (color_BHWC + first_bin).ravel()
    counts = np.bincount(bins, minlength=batch * channels * LEVELS)
    return counts.reshape(batch, channels, LEVELS)


def joint_counts(color_BHWC: Pictures) -> Counts:
    """Count the 8 x 8 x 8 colours of each picture (B, 512)."""
    batch = len(color_BHWC)
    cells = (color_BHWC // (LEVELS // CELLS)).astype(np.int64)
    colors = (cells[..., 0] * CELLS + cells[..., 1]) * CELLS + cells[..., 2]
    first_bin = np.arange(batch).reshape(batch, 1, 1) * CELLS**3
    return np.bincount((colors + first_bin).ravel(), minlength=batch * CELLS**3).reshape(batch, -1)


def divergence(real: Counts, generated: Counts) -> PerPicture:
    """Give KL(real || generated) over the last axis of two arrays of counts, smoothed."""
    p, q = _smoothed(real), _smoothed(generated)
    return np.asarray((p * np.log(p / q)).sum(axis=-1))


def _smoothed(counts: Counts) -> NDArray[np.float64]:
    raised = counts + SMOOTHING
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
