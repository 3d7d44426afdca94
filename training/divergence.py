"""When a training is beyond hope: it stops, and names the checkpoint that is still good."""

import math

import torch
from upath import UPath

from storage.errors import Diverged
from training import bookmark
from training.journal import Row
from training.players import Players

LEEWAY = 100.0
"""A critic's scores may lie so many times as far as the gradient penalty lets them lie apart."""

LARGEST_ENTROPY = 100.0
"""In nats: a critic whose logits lie so far on the wrong side has lost the game for good."""


def refuse_row(row: Row, players: Players, folder: UPath) -> None:
    """Stop when a mean is no longer finite, or the critic explodes.

    Raises:
        Diverged: so it is.
    """
    lost = [name for name, fact in row.items() if not math.isfinite(fact)]
    if lost:
        raise _diverged(f"{', '.join(lost)} no longer finite", folder, row["step"])
    for name, limit in critic_limits(players).items():
        if abs(row.get(name, 0.0)) > limit:
            what = f"the critic exploded, {name} is {row[name]:.4g}, wanted within {limit:.4g}"
            raise _diverged(what, folder, row["step"])


def critic_limits(players: Players) -> dict[str, float]:
    """Give what tells of an exploding critic by its recipe's rule, and the limits.

    A critic of slope 1 cannot score two pictures further apart than they lie, and in [-1, 1] no
    two lie further apart than 2 sqrt(3 H W). Clipped weights cannot explode.
    """
    match players.recipe.rule:
        case "wgan-gp":
            limit = LEEWAY * 2 * math.sqrt(3) * players.size_px
            return {"wasserstein": limit, "adversarial": limit}
        case "bce":
            return {"critic": LARGEST_ENTROPY}
        case "wgan-clip":
            return {}


def refuse_broken_weights(players: Players, folder: UPath, step: int) -> None:
    """Stop before weights are kept that are no longer finite.

    Raises:
        Diverged: a network holds such weights.
    """
    for network in (players.generator, players.critic):
        if network and not all(torch.isfinite(value).all() for value in network.parameters()):
            what = f"the {type(network).__name__}'s weights no longer finite"
            raise _diverged(what, folder, step)


def _diverged(what: str, folder: UPath, step: float) -> Diverged:
    last = bookmark.newest(folder)
    return Diverged(
        f"training diverged at step {step}: {what}; last good checkpoint"
        f" {last.folder if last else 'none yet'}; lower --training.learning-rate"
    )
