"""How large a network is and how much it computes: counted from its plan, without computing."""

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

GIGA = 1e9


def num_parameters(network: nn.Module | None) -> int:
    """Count a network's numbers that are learned."""
    return sum(value.numel() for value in network.parameters()) if network else 0


def gflop(network: nn.Module, *shapes: tuple[int, ...]) -> float:
    """Count one forward pass of one picture; a multiplication with its addition counts 2.

    The weights are stood in for by tensors that have a shape and nothing else, so it costs
    milliseconds and no memory, and the network stays as it is, wherever it lives.

    Args:
        network: any network, in the mode in which it is to be counted.
        shapes: the shapes of its inputs for one picture, without the batch: (channels, height,
            width) for planes, (size,) for noise.

    Returns:
        GFLOP of the convolutions and matrix products; what is done by the element counts nothing.
    """
    named = [*network.named_parameters(), *network.named_buffers()]
    weightless = {name: torch.empty_like(value, device="meta") for name, value in named}
    inputs = tuple(torch.empty(1, *shape, device="meta") for shape in shapes)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        functional_call(network, weightless, inputs)
    return counter.get_total_flops() / GIGA
