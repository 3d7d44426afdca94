"""The losses between pictures, and the critic's: tensors in, one number out.

Pictures are float in [-1, 1]; every mean is taken in fp32 at least, whatever the networks
compute in.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.networks.paintschainer import to_yuv

REFERENCE_PX = 256
"""The size at which the recipes' weights hold."""

TV_EPSILON = 1e-8


def at_least_fp32(values: Tensor) -> Tensor:
    """Give values in fp32, or as they are if they are finer."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def l1(fake_BCHW: Tensor, real_BCHW: Tensor) -> Tensor:
    """Give the mean absolute difference."""
    return (at_least_fp32(fake_BCHW) - at_least_fp32(real_BCHW)).abs().mean()


def l2(fake_BCHW: Tensor, real_BCHW: Tensor) -> Tensor:
    """Give the mean squared difference."""
    return (at_least_fp32(fake_BCHW) - at_least_fp32(real_BCHW)).square().mean()


def total_variation(picture_BCHW: Tensor) -> Tensor:
    """Give the mean length of the colour's gradient.

    At each pixel the squared differences to the right and the lower neighbour are summed over the
    channels, inside the root.
    """
    picture = at_least_fp32(picture_BCHW)
    down = picture[..., 1:, :-1] - picture[..., :-1, :-1]
    right = picture[..., :-1, 1:] - picture[..., :-1, :-1]
    return torch.sqrt((down.square() + right.square()).sum(dim=1) + TV_EPSILON).mean()


def wasserstein(scores_real: Tensor, scores_fake: Tensor) -> Tensor:
    """Give the critic's estimate of the distance between real and fake: E D(real) - E D(fake)."""
    return at_least_fp32(scores_real).mean() - at_least_fp32(scores_fake).mean()


def yuv(picture_B3HW: Tensor) -> Tensor:
    """Give a picture in YUV, each channel on the scale of [-1, 1]."""
    return to_yuv(at_least_fp32(picture_B3HW))


def lines(picture_B3HW: Tensor) -> Tensor:
    """Give the lines of a picture, softly: how much darker each pixel is than the brightest near.

    The extraction is dilate-and-difference, which a gradient passes.
    """
    gray_B1HW = at_least_fp32(picture_B3HW).mean(dim=1, keepdim=True)
    return F.max_pool2d(gray_B1HW, 3, stride=1, padding=1) - gray_B1HW


def says_real(logits: Tensor) -> Tensor:
    """Give the cross entropy of a critic's logits, if all of them should say "real"."""
    return F.softplus(-at_least_fp32(logits)).mean()


def says_fake(logits: Tensor) -> Tensor:
    """Give the cross entropy of a critic's logits, if all of them should say "fake"."""
    return F.softplus(at_least_fp32(logits)).mean()


def size_factor(size_px: int) -> float:
    """Scale the adversarial weight to another size than 256 px.

    The penalty holds the norm of the critic's gradient over the whole picture at 1, while the norm
    of the mean absolute difference's gradient falls as the picture grows.
    """
    return REFERENCE_PX / size_px
