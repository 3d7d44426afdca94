import dataclasses

import pytest
import torch
from torch import nn

from training.networks.build import build_critic, build_generator
from training.networks.critic import Critic
from training.recipes import RECIPES


def test_the_papers_critic_has_7_million_parameters_and_no_normalisation() -> None:
    with torch.device("meta"):
        critic = Critic(width=64, size_px=256)
    assert round(sum(value.numel() for value in critic.parameters()) / 1e6, 2) == 6.99
    assert {type(part) for part in critic.modules()} == {
        Critic, nn.ModuleList, nn.Conv2d, nn.Linear
    }  # fmt: skip


def test_no_picture_changes_the_score_of_another() -> None:
    critic = Critic(width=4, size_px=32).double()
    color = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    given = torch.randn(4, 4, 32, 32, dtype=torch.float64)
    alone = torch.cat([critic(color[n : n + 1], given[n : n + 1]) for n in range(4)])
    torch.testing.assert_close(critic(color, given), alone)


def test_the_score_depends_on_what_is_given() -> None:
    critic = Critic(width=4, size_px=32)
    color, given = torch.randn(2, 3, 32, 32), torch.randn(2, 4, 32, 32)
    assert not torch.allclose(critic(color, given), critic(color, given.flip(1)))


def test_the_score_is_that_of_five_convolutions_and_a_leaky_slope_of_a_fifth() -> None:
    critic = Critic(width=4, size_px=64)
    color, given = torch.rand(2, 3, 64, 64) * 2 - 1, torch.rand(2, 4, 64, 64) * 2 - 1
    x = torch.cat([color, given], dim=1)
    for conv in critic.convs:
        x = torch.nn.functional.conv2d(x, conv.weight, conv.bias, stride=2, padding=1)
        x = torch.where(x > 0, x, 0.2 * x)
    wanted = x.flatten(1) @ critic.linear.weight.T + critic.linear.bias
    assert len(critic.convs) == 5
    torch.testing.assert_close(critic(color, given), wanted.squeeze(1))


def test_what_is_told_nothing_scores_the_picture_alone() -> None:
    alone = build_critic(dataclasses.replace(RECIPES["gan"], critic_width=4), 64)
    told = build_critic(dataclasses.replace(RECIPES["cgan"], critic_width=4), 64)
    color, given = torch.rand(2, 3, 64, 64), torch.rand(2, 4, 64, 64)
    assert torch.equal(alone(color, given), alone(color, -given))
    assert not torch.equal(told(color, given), told(color, -given))


def test_pix2pix_is_built_of_the_parts_of_its_source() -> None:
    generator = build_generator(dataclasses.replace(RECIPES["pix2pix"], width=16), 256)
    parts = list(generator.modules())
    assert [part.p for part in parts if isinstance(part, nn.Dropout)] == [0.5] * 3
    slopes = [part.negative_slope for part in parts if isinstance(part, nn.LeakyReLU)]
    assert set(slopes) == {0.2}
    # One before each doubling.
    assert sum(isinstance(part, nn.ReLU) for part in parts) == 8
    kernels = [part.weight for part in parts if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)]
    assert all(kernel.std().item() == pytest.approx(0.02, rel=0.1) for kernel in kernels)
