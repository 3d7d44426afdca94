"""Which batch fits, when the wanted one did not."""

import dataclasses

import torch

from storage.errors import BadInput
from training.arithmetic import Arithmetic
from training.data import Batches
from training.players import Players
from training.step import train_step


def out_of_memory(players: Players, batches: Batches, how: Arithmetic) -> BadInput:
    """Say that the batch does not fit, and which one does; the players are spent afterwards."""
    fits = largest_batch(players, batches, how)
    way_out = (
        f"a step with {fits} went through: take --training.batch-size {fits}"
        if fits
        else "nor does one picture: take a smaller --training.width"
    )
    return BadInput(
        f"out of memory on {how.device}: a batch of {batches.batch_size} pictures of"
        f" {players.size_px} px does not fit; {way_out}"
    )


def largest_batch(players: Players, batches: Batches, how: Arithmetic) -> int:
    """Halve the batch until a whole step goes through; 0 if none does.

    The step is a real one, with the optimisers' state, so it changes the players.
    """
    size = batches.batch_size // 2
    while size and not _fits(size, players, batches, how):
        size //= 2
    return size


def _fits(size: int, players: Players, batches: Batches, how: Arithmetic) -> bool:
    recipe = dataclasses.replace(players.recipe, batch_size=size)
    smaller = Batches(batches.pairs, batches.hints, recipe, batches.device, batches.seed)
    # What the step before has left in pieces shall not count.
    torch.cuda.empty_cache()
    try:
        train_step(dataclasses.replace(players, recipe=recipe), smaller, 0, how)
    except torch.OutOfMemoryError:
        return False
    return True
