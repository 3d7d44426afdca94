"""Likeness of structure: SSIM and MS-SSIM of each picture, 1 where nothing differs.

Both are taken a channel at a time with Gaussian windows of 11 pixels (sigma 1.5) and averaged over
R, G and B; higher is better. They are right to three digits: in single precision, which is forty
times as fast here, the variance of a flat bright place is mostly rounding. SSIM is the mean over
all windows that lie wholly in the picture, as its authors and scikit-image take it; MS-SSIM is
torchmetrics', which lets the windows of the last scale reach over the rim.

Half of an evaluation was spent in torchmetrics' windows of 11 x 11. A Gaussian is a row times a
column, and the first scale of MS-SSIM is that of SSIM: so both together cost what SSIM alone did.
torchmetrics stays in the tests, to be compared with.

Sources: Wang and others, Image quality assessment: from error visibility to structural similarity
(2004), and Multiscale structural similarity for image quality assessment (2003).
"""

from contextlib import AbstractContextManager

import torch
import torch.nn.functional as F
from torch import Tensor

SIGMA = 1.5
WINDOW_PX = 11
BORDER_PX = WINDOW_PX // 2
STEADY_LUMINANCE, STEADY_CONTRAST = 0.01**2, 0.03**2
"""What keeps a dark and a flat place from dividing by nothing."""

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the five scales of MS-SSIM."""
MIN_MULTISCALE_PX = WINDOW_PX * 2 ** (len(WEIGHTS) - 1)
"""A smaller picture has no room for a window at the fifth scale, so it has no MS-SSIM."""


def both(real_BCHW: Tensor, generated_BCHW: Tensor) -> tuple[Tensor, Tensor | None]:
    """Give SSIM and MS-SSIM of each picture (B), from pictures in [-1, 1] of at least 11 px a side.

    MS-SSIM is None if they are too small. A scale at which two pictures vary against each other
    counts as 0.
    """
    real, generated = _levels(real_BCHW), _levels(generated_BCHW)
    with _exact():
        luminance, contrast = _terms(real, generated)
        ssim_B = _mean(luminance * contrast)
        if min(real.shape[-2:]) < MIN_MULTISCALE_PX:
            return ssim_B, None
        scales = [_mean(contrast)]
        for _ in WEIGHTS[1:-1]:
            real, generated = _halved(real), _halved(generated)
            scales.append(_mean(_terms(real, generated)[1]))
        # The luminance counts at the last scale only.
        real, generated = _over_the_rim(_halved(real)), _over_the_rim(_halved(generated))
        luminance, contrast = _terms(real, generated)
        scales.append(_mean(luminance * contrast))
    weighed = [scale.clamp(min=0) ** weight for scale, weight in zip(scales, WEIGHTS, strict=True)]
    # Pictures as uniform as paper round to a hair above 1.
    return ssim_B, torch.stack(weighed).prod(dim=0).clamp(max=1)


def _terms(real_BCHW: Tensor, generated_BCHW: Tensor) -> tuple[Tensor, Tensor]:
    """Give the terms of luminance and of contrast and structure, of every window."""
    squares = (real_BCHW.square(), generated_BCHW.square(), real_BCHW * generated_BCHW)
    blurred = _blurred(torch.cat([real_BCHW, generated_BCHW, *squares]))
    mean_x, mean_y, square_x, square_y, product = blurred.chunk(5)
    mean_xx, mean_yy, mean_xy = mean_x.square(), mean_y.square(), mean_x * mean_y
    variances = (square_x - mean_xx).clamp(min=0) + (square_y - mean_yy).clamp(min=0)
    luminance = (2 * mean_xy + STEADY_LUMINANCE) / (mean_xx + mean_yy + STEADY_LUMINANCE)
    contrast = (2 * (product - mean_xy) + STEADY_CONTRAST) / (variances + STEADY_CONTRAST)
    return luminance, contrast


def _blurred(levels_NCHW: Tensor) -> Tensor:
    """Weigh each window: rows, then columns; 10 px are lost on both sides together."""
    channels = levels_NCHW.shape[1]
    places = torch.arange(WINDOW_PX, device=levels_NCHW.device) - float(BORDER_PX)
    weights = torch.exp(-places.square() / (2 * SIGMA**2))
    weights = (weights / weights.sum()).to(levels_NCHW).expand(channels, 1, WINDOW_PX)
    rows = F.conv2d(levels_NCHW, weights.unsqueeze(2), groups=channels)
    return F.conv2d(rows, weights.unsqueeze(3), groups=channels)


def _halved(levels_BCHW: Tensor) -> Tensor:
    return F.avg_pool2d(levels_BCHW, 2)


def _over_the_rim(levels_BCHW: Tensor) -> Tensor:
    return F.pad(levels_BCHW, [BORDER_PX] * 4, mode="reflect")


def _mean(map_BCHW: Tensor) -> Tensor:
    return map_BCHW.double().mean(dim=(1, 2, 3))


def _levels(picture_BCHW: Tensor) -> Tensor:
    # With their channels last, the convolutions of three channels take half the time on a CPU.
    levels = picture_BCHW.add(1).div_(2)
    return levels.contiguous(memory_format=torch.channels_last)


def _exact() -> AbstractContextManager[None]:
    # A variance is the small difference of two large numbers: TF32 would leave nothing of it.
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
