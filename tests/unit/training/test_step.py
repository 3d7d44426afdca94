from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from upath import UPath

from preprocessing.config import HintConfig
from storage import digest
from tests.thin_vgg16 import thin_vgg16
from training import losses, penalty
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batch, Batches, Pairs
from training.loop import take_step
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
    pairs = Pairs(pictures[:, :3], pictures[:, 3:])
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


def _features_in(folder: Path) -> dict[str, str]:
    """Give the settings by which features are those of a thin VGG16, in a file of its own."""
    path = folder / "vgg16.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    return {
        "feature_source": "file",
        "feature_file": str(path),
        "feature_sha256": digest.of_file(UPath(path)),
    }


def test_the_loss_of_features_has_its_weight(tmp_path: Path) -> None:
    of_file = _features_in(tmp_path)
    _, (facts,) = run(1, recipe="paper", feature_weight=3.0, **of_file)
    rest = facts["loss"] - 100 * facts["l1"] - 5 * facts["tv"]
    rest = rest - 0.1 * losses.size_factor(32) * facts["adversarial"]
    assert facts["features"] > 0
    torch.testing.assert_close(rest, 3 * facts["features"], rtol=1e-3, atol=1e-3)


RULES: list[dict[str, Any]] = [
    {"recipe": "gan"},
    {"recipe": "cgan"},
    {"recipe": "wgan", "n_critic": 1, "clip": 9.0},
    {"recipe": "paper"},
    {"recipe": "paper", "drift_weight": 3.0},
    # Its critic normalises over a batch, which is all real or all fake.
    {"recipe": "deepcolor"},
]


def test_the_critic_wants_gradients_where_it_learns_and_none_where_it_judges() -> None:
    players, batches, how = setting(recipe="paper")
    critic = players.critic
    assert critic is not None
    wanted = []

    def look(*_: object) -> None:
        wanted.append([value.requires_grad for value in critic.parameters()])

    critic.register_forward_hook(look)
    train_step(players, batches, 0, how)
    learning, judging = wanted
    assert all(learning)
    assert not any(judging)
    assert all(value.requires_grad for value in critic.parameters())


@pytest.mark.parametrize("overrides", RULES, ids=str)
def test_both_learn_by_the_gradient_of_their_rules_definition(overrides: dict[str, Any]) -> None:
    players, batches, how = setting(**overrides)
    recipe, critic, batch = players.recipe, players.critic, batches.draw(0)
    assert critic is not None
    assert players.critic_optimizer is not None
    # The generator is to be judged by the critic as it is now.
    players.critic_optimizer.param_groups[0]["lr"] = 0.0

    fake = players.generator(batch.edge, batch.hint, batch.z)
    real_scores, fake_scores = (
        critic(picture, batch.given) for picture in (batch.color, fake.detach())
    )
    if recipe.rule == "bce":
        told = F.binary_cross_entropy_with_logits
        taught = told(real_scores, torch.ones_like(real_scores))
        taught = taught + told(fake_scores, torch.zeros_like(fake_scores))
    else:
        taught = fake_scores.mean() - real_scores.mean()
    if recipe.rule == "wgan-gp":
        assert batch.share is not None
        mixed = penalty.mix(batch.color, fake.detach(), batch.share)
        taught = taught + 10 * penalty.by_autograd(critic, mixed, batch.given)
    taught = taught + recipe.drift_weight * real_scores.square().mean()
    of_critic = torch.autograd.grad(taught, list(critic.parameters()))

    scores = critic(fake, batch.given)
    if recipe.rule == "bce":
        pleasing = told(scores, torch.ones_like(scores))
    else:
        pleasing = -scores.mean() * 256 / 32
    near = recipe.l1_weight * (fake - batch.color).abs().mean()
    near = near + recipe.tv_weight * losses.total_variation(fake)
    learned = near + recipe.adversarial_weight * pleasing
    of_generator = torch.autograd.grad(learned, list(players.generator.parameters()))

    train_step(players, batches, 0, how)

    for network, wanted in ((critic, of_critic), (players.generator, of_generator)):
        for parameter, gradient in zip(network.parameters(), wanted, strict=True):
            rounding = 1e-3 * float(gradient.abs().max()) + 1e-6
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=rounding)


def test_paintschainers_loss_is_of_brightness_and_colour_and_of_lines() -> None:
    players, batches, how = setting(recipe="paintschainer")
    assert players.critic_optimizer is not None
    players.critic_optimizer.param_groups[0]["lr"] = 0.0
    batch = batches.draw(0)
    fake = players.generator(batch.edge, batch.hint, batch.z)
    facts = train_step(players, batches, 0, how)
    near = losses.l1(losses.yuv(fake), losses.yuv(batch.color))
    lines = losses.l1(losses.lines(fake), losses.lines(batch.color))
    torch.testing.assert_close(facts["l1_yuv"], near.detach())
    torch.testing.assert_close(facts["lines"], lines.detach())
    assert facts["l1_yuv"] != facts["l1"]
    wanted = 127.5 * facts["l1_yuv"] + 10 * facts["lines"] + facts["adversarial"]
    torch.testing.assert_close(facts["loss"], wanted)


def test_the_averaged_generator_follows_at_its_own_pace() -> None:
    # At this rate the weights move so far that a wrong pace is no rounding.
    players, batches, how = setting(recipe="paper-plus", ema=0.15, learning_rate=0.01)
    assert players.averaged is not None
    kept = [value.detach().clone() for value in players.averaged.parameters()]
    for step in range(3):
        train_step(players, batches, step, how)
        # Of few steps a longer memory would be that of chance.
        decay = min(0.15, (1 + step) / (10 + step))
        now = players.generator.parameters()
        kept = [decay * old + (1 - decay) * new for old, new in zip(kept, now, strict=True)]
    for found, wanted in zip(players.averaged.parameters(), kept, strict=True):
        torch.testing.assert_close(found, wanted.detach())
    assert players.colorist is players.averaged
    # What normalises in the average belongs to its weights: it is averaged as they are.
    first, newest = players.averaged.state_dict(), players.generator.state_dict()
    statistics = [name for name in first if name.endswith("running_mean")]
    assert statistics
    assert not any(torch.equal(first[name], newest[name]) for name in statistics)
    assert all(first[name].abs().sum() > 0 for name in statistics)


def test_only_clipping_keeps_the_critics_weights_small() -> None:
    for overrides, is_small in (({"recipe": "wgan"}, True), ({"recipe": "paper"}, False)):
        players, _ = run(1, **overrides)
        assert players.critic is not None
        largest = max(float(value.detach().abs().max()) for value in players.critic.parameters())
        assert (largest <= 0.01) == is_small


def test_each_update_of_the_critic_sees_a_batch_of_its_own() -> None:
    players, batches, how = setting(recipe="wgan", n_critic=3)
    seen = [batches.draw(number).color for number in range(6)]
    drawn = list[torch.Tensor]()

    def learn(_: Players, given: Sequence[Batch], *rest: object) -> Facts:
        drawn.extend(batch.color for batch in given)
        return {}

    for step in range(2):
        train_step(players, batches, step, how, learn)
    assert all(torch.equal(one, two) for one, two in zip(drawn, seen, strict=True))


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


def test_what_a_step_drops_follows_from_the_seed_and_the_steps_number() -> None:
    players, first, how = setting(recipe="unet-l2")

    def drop(*_: object) -> Facts:
        return {"kept": F.dropout(torch.ones(64))}

    def kept(seed: int, step: int) -> torch.Tensor:
        batches = Batches(first.pairs, HintConfig(), players.recipe, CPU, seed)
        return take_step(players, batches, step, how, drop)["kept"]

    assert torch.equal(kept(seed=3, step=5), kept(seed=3, step=5))
    assert not torch.equal(kept(seed=3, step=5), kept(seed=3, step=6))
    assert not torch.equal(kept(seed=3, step=5), kept(seed=4, step=5))


def test_the_generator_is_held_against_the_features_of_the_pictures_that_it_is_updated_by(
    tmp_path: Path,
) -> None:
    of_file = _features_in(tmp_path)
    players, batches, how = setting(recipe="paper", n_critic=2, feature_weight=3.0, **of_file)
    assert players.features is not None
    told = list[torch.Tensor]()

    def learn(_: Players, __: object, wanted: torch.Tensor | None, ___: object) -> Facts:
        assert wanted is not None
        told.append(wanted)
        return {}

    train_step(players, batches, 0, how, learn)
    # Batch 0 is the critic's alone; batch 1 is the last that it sees, and the generator's.
    assert torch.equal(told[0], players.features(batches.draw(1).color))


def test_a_picture_that_only_the_critic_learns_from_is_drawn_without_a_gradient() -> None:
    players, batches, how = setting(recipe="paper", n_critic=3)
    wanted = []
    players.generator.register_forward_hook(lambda *told: wanted.append(told[-1].requires_grad))
    train_step(players, batches, 0, how)
    assert wanted == [False, False, True]
