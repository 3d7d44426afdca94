from typing import Any

import pytest
import torch

from preprocessing.config import HintConfig
from training import losses
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches, Pairs
from training.players import Players, gather
from training.step import Facts, train_step

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "width": 4, "critic_width": 4, "z_form": "lowres", "feature_weight": 0, "device": "cpu"
}  # fmt: skip


def setting(**overrides: Any) -> tuple[Players, Batches, Arithmetic]:
    config = TrainingConfig.model_validate(SMALL | overrides)
    chance = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (8, 4, 32, 32), dtype=torch.uint8, generator=chance)
    pairs = Pairs(pictures[:, :3], pictures[:, 3:], None)
    batches = Batches(pairs, HintConfig(), config.resolved(), CPU, 0)
    return gather(config, 32, CPU, 0), batches, Arithmetic.of(config)


def run(steps: int, **overrides: Any) -> tuple[Players, list[Facts]]:
    players, batches, how = setting(**overrides)
    return players, [train_step(players, batches, step, how) for step in range(steps)]


def test_the_baseline_trains_by_l2_alone() -> None:
    players, facts = run(1, recipe="unet-l2")
    assert players.critic is None
    assert facts[0].keys() == {"loss", "l1", "l2"}
    assert facts[0]["loss"] == facts[0]["l2"]


def test_the_papers_loss_is_the_weighted_sum_of_its_parts() -> None:
    _, (facts,) = run(1, recipe="paper")
    wanted = (
        100 * facts["l1"] + 5 * facts["tv"] + 0.1 * losses.size_factor(32) * facts["adversarial"]
    )
    torch.testing.assert_close(facts["loss"], wanted)
    torch.testing.assert_close(
        facts["wasserstein_penalised"], facts["wasserstein"] - 10 * facts["penalty"]
    )


def test_the_generators_update_leaves_the_critic_alone() -> None:
    # A critic that never learns shows what the generator's update does to it.
    players, batches, how = setting(recipe="paper")
    assert players.critic is not None
    assert players.critic_optimizer is not None
    players.critic_optimizer.param_groups[0]["lr"] = 0.0
    before = {name: value.clone() for name, value in players.critic.state_dict().items()}
    for step in range(2):
        train_step(players, batches, step, how)
    after = players.critic.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_critics_update_leaves_the_generators_weights_alone() -> None:
    players, batches, how = setting(recipe="paper")
    players.generator_optimizer.param_groups[0]["lr"] = 0.0
    before = [value.clone() for value in players.generator.parameters()]
    train_step(players, batches, 0, how)
    after = players.generator.parameters()
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_the_critic_learns_to_tell_real_from_fake() -> None:
    players, batches, how = setting(recipe="paper", learning_rate=1e-3)
    players.generator_optimizer.param_groups[0]["lr"] = 0.0
    facts = [train_step(players, batches, step, how) for step in range(30)]
    assert facts[-1]["wasserstein_penalised"] > facts[0]["wasserstein_penalised"] + 0.1


def test_the_critic_is_updated_n_critic_times_for_one_update_of_the_generator() -> None:
    players, batches, how = setting(recipe="paper", n_critic=3)
    train_step(players, batches, 0, how)
    assert players.critic_optimizer is not None
    counts = {int(state["step"]) for state in players.critic_optimizer.state.values()}
    assert counts == {3}
    assert {int(state["step"]) for state in players.generator_optimizer.state.values()} == {1}


@pytest.mark.parametrize("recipe", ["unet-l2", "paper"])
def test_the_same_seed_gives_the_same_training_to_the_bit(recipe: str) -> None:
    (first, _), (second, _) = run(3, recipe=recipe), run(3, recipe=recipe)
    one, two = first.generator.state_dict(), second.generator.state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_both_forms_of_the_penalty_train_alike() -> None:
    _, fast = run(5, recipe="paper")
    _, definition = run(5, recipe="paper", penalty_form="autograd")
    for one, two in zip(fast, definition, strict=True):
        torch.testing.assert_close(one["penalty"], two["penalty"], rtol=1e-3, atol=1e-4)


def test_bf16_trains_as_fp32_does_and_keeps_fp32_weights() -> None:
    exact, fine = run(5, recipe="paper")
    rounded, coarse = run(5, recipe="paper", precision="bf16")
    for fact in ("l1", "tv", "penalty"):
        torch.testing.assert_close(coarse[-1][fact], fine[-1][fact], rtol=0.05, atol=0.02)
    dtypes = [{value.dtype for value in one.generator.parameters()} for one in (exact, rounded)]
    assert dtypes == [{torch.float32}, {torch.float32}]
