"""Which batch fits, when the wanted one did not."""

import dataclasses
from collections.abc import Callable

import torch

from storage.errors import BadInput
from training.arithmetic import Arithmetic
from training.data import Batches
from training.players import Players
from training.step import train_step
from training.team import ALONE, is_out_of_memory
from training.whole_batch import see_own_share


def minding(work: Callable[[], None], players: Players, batches: Batches, how: Arithmetic) -> None:
    """Do the work; if the memory does not hold a step, say which batch it does hold.

    Raises:
        BadInput: so it is.
    """
    try:
        work()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        # What the failed step holds is freed on the way out of here.
    else:
        return
    raise out_of_memory(players, batches, how)


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

    The step is a real one, with the optimisers' state, so it changes the players. Each process of
    a team tries its share alone, for the others are somewhere in the middle of theirs.
    """
    share, team = batches.batch_size // how.team.size // 2, how.team
    for network in (players.generator, players.critic):
        if network and team.size > 1:
            see_own_share(network)
    how = dataclasses.replace(how, team=ALONE)
    while share and not _fits(share, players, batches, how):
        share //= 2
    return share * team.size


def _fits(size: int, players: Players, batches: Batches, how: Arithmetic) -> bool:
    recipe = dataclasses.replace(players.recipe, batch_size=size)
    smaller = Batches(batches.pairs, batches.hints, recipe, batches.device, batches.seed)
    # What the step before has left in pieces shall not count.
    torch.cuda.empty_cache()
    try:
        # No network is compiled for a batch that is only tried.
        with torch.compiler.set_stance("force_eager"):
            train_step(dataclasses.replace(players, recipe=recipe), smaller, 0, how)
    except ValueError:
        # Normalised over one picture of one pixel, a network has nothing to learn from.
        return False
    except RuntimeError as error:
        if is_out_of_memory(error):
            return False
        raise
    return True
