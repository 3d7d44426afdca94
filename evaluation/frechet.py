"""The Fréchet distance between two sets of features, each taken for a Gaussian.

On EfficientNet-lite0's features it is no FID and cannot be compared with one. A covariance of 1,280
features wants more pictures than features; with fewer than `MIN_FRECHET_PICTURES` the distance
says more about their number than about them, and is not given.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.features import Features
from evaluation.scores import MIN_FRECHET_PICTURES

Matrix = NDArray[np.float64]


def frechet_distance(real_NF: Features, generated_NF: Features) -> float | None:
    """Give the squared Fréchet distance; None for fewer than 2,000 pictures."""
    if min(len(real_NF), len(generated_NF)) < MIN_FRECHET_PICTURES:
        return None
    return between(*_moments(real_NF), *_moments(generated_NF))


def fid(real_NF: Features, generated_NF: Features) -> float | None:
    """Give the Fréchet distance between Inception's features; None for fewer than two pictures.

    Given for few pictures too, since it is only taken where it is asked for; who tells it tells
    their number.
    """
    if min(len(real_NF), len(generated_NF)) < 2:
        return None
    return between(*_moments(real_NF), *_moments(generated_NF))


def between(mean1_F: Matrix, cov1_FF: Matrix, mean2_F: Matrix, cov2_FF: Matrix) -> float:
    """Give |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two Gaussians."""
    # C1 C2 has the eigenvalues of S C2 S with S = C1^(1/2), which is symmetric: no complex roots.
    values, vectors = np.linalg.eigh(cov1_FF)
    half = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    roots = np.sqrt(np.linalg.eigvalsh(half @ cov2_FF @ half).clip(min=0))
    apart = float(np.square(mean1_F - mean2_F).sum())
    return apart + float(np.trace(cov1_FF) + np.trace(cov2_FF) - 2 * roots.sum())


def _moments(features_NF: Features) -> tuple[Matrix, Matrix]:
    wide = features_NF.astype(np.float64)
    return wide.mean(axis=0), np.cov(wide, rowvar=False)
