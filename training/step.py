"""One step of training: the critic's updates, then the generator's.

The fakes of the critic's last update are those that the generator is then updated by: the
generator has not changed in between, so one forward serves both.
"""

import torch
from torch import Tensor

from training import losses, penalty, perceptual
from training.arithmetic import Arithmetic
from training.critic import Critic
from training.data import Batch, Batches
from training.players import Players

Facts = dict[str, Tensor]
"""What a step found, each a number still on the device: nothing waits for it here."""


def train_step(players: Players, batches: Batches, step: int, how: Arithmetic) -> Facts:
    """Do one step, counted from 0: each update of the critic sees a batch of its own."""
    facts: Facts = {}
    turns = players.recipe.n_critic if players.critic else 1
    for turn in range(turns):
        batch = batches.draw(step * turns + turn)
        is_last = turn == turns - 1
        with how.networks(), torch.set_grad_enabled(is_last):
            fake = players.generator(batch.edge, batch.hint, _noise(players, batch)).float()
        if players.critic:
            facts = critic_update(players, batch, fake.detach(), how)
    return facts | generator_update(players, batch, fake, how)


def critic_update(players: Players, batch: Batch, fake: Tensor, how: Arithmetic) -> Facts:
    """Teach the critic to tell real from fake, at slope 1 between the two."""
    critic, adam = players.critic, players.critic_adam
    assert critic is not None
    assert adam is not None
    real, given = batch.color, batch.given
    share = torch.rand(len(real), generator=batch.chance).to(real)

    with how.networks():
        # No picture sees another in the critic, so real and fake go through it in one pass.
        scores = critic(torch.cat([real, fake]), torch.cat([given, given]))
        slope_penalty = _penalty(critic, penalty.mix(real, fake, share), given, how)
    distance = losses.wasserstein(*scores.chunk(2))
    loss = players.recipe.penalty_weight * slope_penalty - distance

    adam.zero_grad()
    torch.autograd.backward(loss)
    adam.step()
    return {
        "wasserstein": distance.detach(),
        "wasserstein_penalised": -loss.detach(),
        "penalty": slope_penalty.detach(),
    }


def generator_update(players: Players, batch: Batch, fake: Tensor, how: Arithmetic) -> Facts:
    """Teach the generator to please the critic and to come near the true picture."""
    recipe, real = players.recipe, batch.color
    facts: Facts = {"l1": losses.l1(fake, real), "l2": losses.l2(fake, real)}
    loss = recipe.l1_weight * facts["l1"] + recipe.l2_weight * facts["l2"]
    if recipe.tv_weight > 0:
        facts["tv"] = losses.total_variation(fake)
        loss = loss + recipe.tv_weight * facts["tv"]
    with how.networks():
        if players.features:
            facts["features"] = perceptual.distance(players.features, fake, real)
            loss = loss + recipe.feature_weight * facts["features"]
        if players.critic:
            facts["adversarial"] = -players.critic(fake, batch.given).float().mean()
            factor = losses.size_factor(real.shape[-1])
            loss = loss + recipe.adversarial_weight * factor * facts["adversarial"]

    players.generator_adam.zero_grad()
    # Only the generator learns here: the critic judges, but gathers no gradients.
    torch.autograd.backward(loss, inputs=list(players.generator.parameters()))
    players.generator_adam.step()
    return {"loss": loss.detach()} | {name: fact.detach() for name, fact in facts.items()}


def _penalty(critic: Critic, mixed: Tensor, given: Tensor, how: Arithmetic) -> Tensor:
    if how.penalty_form == "autograd":
        return penalty.by_autograd(critic, mixed, given)
    return penalty.analytic(critic, mixed, given)


def _noise(players: Players, batch: Batch) -> Tensor | None:
    if not players.generator.z_size:
        return None
    shape = (len(batch.color), players.generator.z_size)
    return torch.randn(shape, generator=batch.chance).to(batch.color)
