"""The Wasserstein distance as the critic sees it: E D(real) - E D(generated), without penalty."""

import numpy as np
import torch
from torch import Tensor, nn

from evaluation.colorize import to_model
from evaluation.conditions import Batch
from evaluation.exactly import exactly
from evaluation.pixelwise import PerPicture, Pictures


def critic_gap(
    critic: nn.Module, batch: Batch, hint_BCHW: Tensor, generated_BHWC: Pictures
) -> PerPicture:
    """Give how much higher the critic scores each true picture than the generated one.

    The mean over a set is the W-distance. Both are scored as uint8 pictures, so rounding is no
    tell-tale. A critic that scores patches scores a picture by their mean.
    """
    with exactly():
        device = hint_BCHW.device
        given_BGHW = torch.cat([to_model(batch.edge_BHW[..., None], device), hint_BCHW], dim=1)
        real = critic(to_model(batch.color_BHWC, device), given_BGHW)
        generated = critic(to_model(generated_BHWC, device), given_BGHW)
    gap_B = (real - generated).double().reshape(len(real), -1).mean(dim=1).cpu().numpy()
    return np.asarray(gap_B, dtype=np.float64)
