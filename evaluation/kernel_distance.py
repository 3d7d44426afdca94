"""How far two sets of pictures are apart in features: a squared maximum mean discrepancy.

The kernel is KID's, (x.y / d + 1)^3, but the features are EfficientNet-lite0's: no number of this
file can be compared with a published KID. The features are nearly blind to hue, so it says little
about colour and never stands alone.

Each answer belongs to one truth, so a pair of a picture with its own answer says nothing about two
sets: it is left out, as each picture's pair with itself is (the U-statistic of Gretton and others,
A kernel two-sample test, 2012). So the truth itself is at exactly 0; a chance half of a set is at 0
on average, and below it as often as above.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from evaluation.features import Features
from evaluation.resampling import NUM_RESAMPLES, Interval, between
from storage import digest

MIN_PAIRED = 2
MAX_PICTURES = 5_000
"""Of a larger set its first pictures are taken: the work grows with the square."""

RESAMPLES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class KernelDistance:
    """The distance, and the bounds of its bootstrap 95 % interval over pictures."""

    value: float
    low: float
    high: float


def kernel_distance(
    real_NF: Features, generated_NF: Features, seed: int, device: torch.device
) -> KernelDistance | None:
    """Give the distance between truths and the answers to them, row by row.

    Returns:
        None for fewer than two pictures.
    """
    if len(real_NF) < MIN_PAIRED:
        return None
    terms_NN = _terms(_on(real_NF, device), _on(generated_NF, device))
    number = len(terms_NN)
    value = float(terms_NN.sum()) / (number * (number - 1))
    around = _interval(terms_NN, seed)
    return KernelDistance(value, around.low, around.high)


def kernel(x_NF: Tensor, y_MF: Tensor) -> Tensor:
    """Give the cubic polynomial kernel of all pairs (N, M)."""
    return (x_NF @ y_MF.T).div_(x_NF.shape[1]).add_(1).pow_(3)


def _terms(real_NF: Tensor, generated_NF: Tensor) -> Tensor:
    """Give what each pair of places adds (N, N); nothing for a place with itself."""
    terms = kernel(real_NF, real_NF).add_(kernel(generated_NF, generated_NF))
    across = kernel(real_NF, generated_NF)
    return terms.sub_(across).sub_(across.T).fill_diagonal_(0)


def _interval(terms_NN: Tensor, seed: int) -> Interval:
    """Draw pictures anew, truth and answer together.

    A picture that is drawn twice makes no pair with itself, which would pull the distance down.
    """
    number = len(terms_NN)
    rng = np.random.default_rng(digest.seed_of(seed, "bootstrap", "kernel"))
    found = []
    for start in range(0, NUM_RESAMPLES, RESAMPLES_AT_ONCE):
        count = min(RESAMPLES_AT_ONCE, NUM_RESAMPLES - start)
        drawn = rng.multinomial(number, np.full(number, 1 / number), count)
        times_RN = torch.tensor(drawn, dtype=torch.float64, device=terms_NN.device)
        sums = ((times_RN @ terms_NN) * times_RN).sum(dim=1)
        pairs = number**2 - times_RN.square().sum(dim=1)
        # Only a set of a few pictures is ever drawn as one picture alone, which has no pairs.
        found.append((sums[pairs > 0] / pairs[pairs > 0]).cpu().numpy())
    return between(np.concatenate(found))


def _on(features_NF: Features, device: torch.device) -> Tensor:
    return torch.tensor(features_NF[:MAX_PICTURES], dtype=torch.float64, device=device)
