"""How networks are asked: no gradients, and on every device in whole single precision."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def exactly() -> Iterator[None]:
    """Ask networks and windows so that a GPU says what a CPU says.

    Left to itself a GPU convolves in TF32: ten bits of mantissa, a thousandth of a feature, and of
    a variance, the small difference of two large numbers, nothing at all.
    """
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield
