import torch
from torch import nn

from training.networks.critic import Critic


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
