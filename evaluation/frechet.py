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
    fewest = min(len(real_NF), len(generated_NF))
    if fewest < 2:
        return None
    if fewest > real_NF.shape[1]:
        return between(*_moments(real_NF), *_moments(generated_NF))
    return _between_few(real_NF.astype(np.float64), generated_NF.astype(np.float64))


def between(mean1_F: Matrix, cov1_FF: Matrix, mean2_F: Matrix, cov2_FF: Matrix) -> float:
    """Give |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two Gaussians."""
    # C1 C2 has the eigenvalues of S C2 S with S = C1^(1/2), which is symmetric: no complex roots.
    values, vectors = np.linalg.eigh(cov1_FF)
    half = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    roots = np.sqrt(np.linalg.eigvalsh(half @ cov2_FF @ half).clip(min=0))
    apart = float(np.square(mean1_F - mean2_F).sum())
    return apart + float(np.trace(cov1_FF) + np.trace(cov2_FF) - 2 * roots.sum())


def _between_few(real_NF: Matrix, generated_MF: Matrix) -> float:
    """Give the same, without any matrix of features by features.

    With C = A A^T, the roots of C1 C2 are the singular values of A1^T A2, which is as small as the
    sets are.
    """
    mean1_F, mean2_F = real_NF.mean(axis=0), generated_MF.mean(axis=0)
    root1_NF = (real_NF - mean1_F) / np.sqrt(len(real_NF) - 1)
    root2_MF = (generated_MF - mean2_F) / np.sqrt(len(generated_MF) - 1)
    roots = np.linalg.svd(root1_NF @ root2_MF.T, compute_uv=False)
    apart = float(np.square(mean1_F - mean2_F).sum())
    spread = float(np.square(root1_NF).sum() + np.square(root2_MF).sum())
    return apart + spread - 2 * float(roots.sum())


def _moments(features_NF: Features) -> tuple[Matrix, Matrix]:
    wide = features_NF.astype(np.float64)
    return wide.mean(axis=0), np.cov(wide, rowvar=False)
