"""One step of training: the critic's updates, then the generator's.

The fakes of the critic's last update are those that the generator is then updated by: the
generator has not changed in between, so one forward serves both.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from training import compiled, losses, penalty, perceptual
from training.arithmetic import Arithmetic
from training.averaging import average
from training.data import Batch, Batches
from training.networks.critic import Critic
from training.players import Players
from training.recipes import Recipe

Facts = dict[str, Tensor]
"""What a step found, each a number still on the device: nothing waits for it here."""

Learn = Callable[[Players, Sequence[Batch], Tensor | None, Arithmetic], Facts]


def train_step(
    players: Players, batches: Batches, step: int, how: Arithmetic, learn: Learn | None = None
) -> Facts:
    """Do one step, counted from 0: each update of the critic sees a batch of its own.

    Args:
        players: who learns; changed in place.
        batches: what they learn from.
        step: steps before this one.
        how: where and how exactly it is computed.
        learn: what stands in for `learn_from`: the same work, recorded.
    """
    turns = players.recipe.n_critic if players.critic else 1
    seen = [batches.draw(step * turns + turn) for turn in range(turns)]
    facts = (learn or learn_from)(players, seen, _wanted(players, seen[-1], how), how)
    if players.averaged:
        average(players.averaged, players.generator, players.recipe.ema, step)
    return facts


def learn_from(
    players: Players, seen: Sequence[Batch], wanted: Tensor | None, how: Arithmetic
) -> Facts:
    """Update the critic on each batch and the generator on the last; a function of tensors alone.

    `wanted` are the features of the last batch's true pictures, where the recipe compares any.
    """
    facts: Facts = {}
    for turn, batch in enumerate(seen, start=1):
        with how.networks(), torch.set_grad_enabled(turn == len(seen)):
            fake = players.generator(batch.edge, batch.hint, batch.z)
            fake = losses.at_least_fp32(fake)
        if players.critic:
            facts = critic_update(players, batch, fake.detach(), how)
    return facts | generator_update(players, batch, fake, wanted, how)


def critic_update(players: Players, batch: Batch, fake: Tensor, how: Arithmetic) -> Facts:
    """Teach the critic to tell real from fake, by the recipe's rule."""
    critic, optimizer, recipe = players.critic, players.critic_optimizer, players.recipe
    assert critic is not None
    assert optimizer is not None
    with how.networks():
        real_scores, fake_scores = _score(critic, batch.color, fake, batch.given)
    if recipe.rule == "bce":
        loss = losses.says_real(real_scores) + losses.says_fake(fake_scores)
        facts = {"critic": loss}
    else:
        distance = losses.wasserstein(real_scores, fake_scores)
        facts, loss = {"wasserstein": distance}, -distance
    if recipe.rule == "wgan-gp":
        assert batch.share is not None
        with how.networks():
            mixed = penalty.mix(batch.color, fake, batch.share)
            facts["penalty"] = _penalty(critic, mixed, batch.given, how)
        loss = loss + recipe.penalty_weight * facts["penalty"]
        facts["wasserstein_penalised"] = -loss
    if recipe.drift_weight > 0:
        loss = loss + recipe.drift_weight * losses.at_least_fp32(real_scores).square().mean()

    optimizer.zero_grad()
    torch.autograd.backward(loss)
    how.team.average(critic)
    optimizer.step()
    if recipe.rule == "wgan-clip":
        _clip(critic, recipe.clip)
    return {name: fact.detach() for name, fact in facts.items()}


def generator_update(
    players: Players, batch: Batch, fake: Tensor, wanted: Tensor | None, how: Arithmetic
) -> Facts:
    """Teach the generator to please the critic and to come near the true picture."""
    recipe, real = players.recipe, batch.color
    facts, loss = _picture_losses(recipe, fake, real)
    with how.networks(), _only_judging(players.critic):
        if players.features and wanted is not None:
            facts["features"] = perceptual.distance(players.features(fake), wanted)
            loss = loss + recipe.feature_weight * facts["features"]
        if players.critic:
            facts["adversarial"] = _adversarial(recipe, players.critic(fake, batch.given))
            factor = 1.0 if recipe.rule == "bce" else losses.size_factor(real.shape[-1])
            loss = loss + recipe.adversarial_weight * factor * facts["adversarial"]

    players.generator_optimizer.zero_grad()
    torch.autograd.backward(loss)
    how.team.average(players.generator)
    players.generator_optimizer.step()
    return {"loss": loss.detach()} | {name: fact.detach() for name, fact in facts.items()}


def _picture_losses(recipe: Recipe, fake: Tensor, real: Tensor) -> tuple[Facts, Tensor]:
    """Give what can be said of two pictures without a network, and the loss so far."""
    facts: Facts = {"l1": losses.l1(fake, real), "l2": losses.l2(fake, real)}
    loss = recipe.l2_weight * facts["l2"]
    if recipe.l1_space == "yuv":
        facts["l1_yuv"] = losses.l1(losses.yuv(fake), losses.yuv(real))
        loss = loss + recipe.l1_weight * facts["l1_yuv"]
    else:
        loss = loss + recipe.l1_weight * facts["l1"]
    if recipe.lines_weight > 0:
        facts["lines"] = losses.l1(losses.lines(fake), losses.lines(real))
        loss = loss + recipe.lines_weight * facts["lines"]
    if recipe.tv_weight > 0:
        facts["tv"] = losses.total_variation(fake)
        loss = loss + recipe.tv_weight * facts["tv"]
    return facts, loss


@contextmanager
def _only_judging(critic: nn.Module | None) -> Iterator[None]:
    """Have the critic pass gradients on to what it judges, and gather none itself.

    To ask the backward pass for the generator's alone is not enough: a compiled critic computes
    all that it once saw wanted.
    """
    if critic is None:
        yield
        return
    critic.requires_grad_(False)
    try:
        yield
    finally:
        critic.requires_grad_(True)


def _adversarial(recipe: Recipe, fake_scores: Tensor) -> Tensor:
    if recipe.rule == "bce":
        return losses.says_real(fake_scores)
    return -losses.at_least_fp32(fake_scores).mean()


def _score(critic: nn.Module, real: Tensor, fake: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    if not isinstance(critic, Critic):
        # It may normalise over its batch, which is to be all real or all fake.
        return critic(real, given), critic(fake, given)
    # No picture sees another here, so real and fake go through in one pass.
    scores_real, scores_fake = critic(torch.cat([real, fake]), torch.cat([given, given])).chunk(2)
    return scores_real, scores_fake


def _penalty(critic: nn.Module, mixed: Tensor, given: Tensor, how: Arithmetic) -> Tensor:
    if isinstance(critic, Critic) and how.penalty_form == "analytic":
        return compiled.faster(penalty.analytic, how)(critic, mixed, given)
    return penalty.by_autograd(critic, mixed, given)


@torch.no_grad()
def _clip(critic: nn.Module, bound: float) -> None:
    values: list[Tensor] = list(critic.parameters())
    torch._foreach_clamp_min_(values, -bound)
    torch._foreach_clamp_max_(values, bound)


def _wanted(players: Players, batch: Batch, how: Arithmetic) -> Tensor | None:
    with how.networks():
        return players.targets.of(batch) if players.targets else None
