"""The Wasserstein distance as the critic sees it: E D(real) - E D(generated), without penalty."""

import numpy as np
import torch
from torch import nn

from evaluation.colorize import to_model
from evaluation.conditions import Batch
from evaluation.pixelwise import PerPicture, Pictures


def critic_gap(
    critic: nn.Module, batch: Batch, generated_BHWC: Pictures, device: torch.device
) -> PerPicture:
    """Give how much higher the critic scores each true picture than the generated one.

    The mean over a set is the W-distance. Both are scored as uint8 pictures, so rounding is no
    tell-tale.
    """
    with torch.inference_mode():
        given_B4HW = torch.cat(
            [to_model(batch.edge_BHW[..., None], device), to_model(batch.hint_BHWC, device)], dim=1
        )
        real_B = critic(to_model(batch.color_BHWC, device), given_B4HW)
        generated_B = critic(to_model(generated_BHWC, device), given_B4HW)
    gap_B = (real_B - generated_B).double().reshape(-1).cpu().numpy()
    return np.asarray(gap_B, dtype=np.float64)
