"""The averaged generator: what many steps agree on colours better than the last step alone."""

import torch
from torch import nn


@torch.no_grad()
def average(averaged: nn.Module, newest: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the newest weights.

    In the first steps it follows faster, or it would long remember where the weights were drawn.

    Args:
        averaged: changed in place; statistics of normalisation are averaged too.
        newest: the generator after the step.
        decay: how much of the average stays, 0 to 1.
        step: updates before this one.
    """
    share = 1 - min(decay, (1 + step) / (10 + step))
    # One call for all floats; what counts something is the newest.
    old, new = averaged.state_dict(), newest.state_dict()
    floats = [name for name, value in old.items() if value.is_floating_point()]
    torch._foreach_lerp_([old[name] for name in floats], [new[name] for name in floats], share)
    for name in old.keys() - set(floats):
        old[name].copy_(new[name])
