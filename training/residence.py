"""Where the pictures of a training lie: on the device if there is room, else on the disk."""

import dataclasses
import logging
import os
from collections.abc import Callable
from typing import Literal

import torch

from storage.errors import BadInput
from training.data import Pairs

logger = logging.getLogger(__name__)

SHARE_OF_MEMORY = 0.5
"""Of what is free; the rest is for networks and their batches."""


def settle(
    pairs: Pairs,
    device: torch.device,
    wish: Literal["auto", "resident", "streamed"],
    free: Callable[[torch.device], int] | None = None,
) -> Pairs:
    """Give the pictures where they are to be read from: as they are, or on the device.

    Args:
        pairs: the pictures.
        device: that of the training.
        wish: what is asked for.
        free: tells the free bytes of a device; its own, unless somebody knows better.

    Raises:
        BadInput: they have to be resident and do not fit.
    """
    if wish == "streamed" or (wish == "auto" and device.type == "cpu"):
        # On a CPU the system keeps what is mapped in memory anyway, as long as there is room.
        return pairs
    needed, bound = num_bytes(pairs), int((free or free_bytes)(device) * SHARE_OF_MEMORY)
    if needed > bound:
        if wish == "resident":
            raise BadInput(
                f"--training.pictures resident: they take {needed:,} bytes, and half of the free"
                f" memory of {device} is {bound:,}; take auto or streamed"
            )
        logger.info("streaming pictures bytes=%d room=%d device=%s", needed, bound, device)
        return pairs
    logger.info("resident pictures bytes=%d device=%s", needed, device)
    return dataclasses.replace(
        pairs,
        color=pairs.color.to(device, copy=True),
        edge=pairs.edge.to(device, copy=True),
    )


def num_bytes(pairs: Pairs) -> int:
    """Count what colours and line art take; training reads no stored hints."""
    return pairs.color.nbytes + pairs.edge.nbytes


def free_bytes(device: torch.device) -> int:
    """Tell how much memory of a device, or of this machine, nobody uses now."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
