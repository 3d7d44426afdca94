from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from training import penalty
from training.networks.critic import Critic

Penalty = Callable[[Critic, Tensor, Tensor], Tensor]


def scene(size_px: int = 64, batch: int = 3) -> tuple[Critic, Tensor, Tensor]:
    torch.manual_seed(5)
    critic = Critic(width=4, size_px=size_px).double()
    with torch.no_grad():
        # As drawn, the scores hardly move; larger weights make slopes worth penalising.
        for value in critic.parameters():
            value.mul_(3)
    color = torch.randn(batch, 3, size_px, size_px, dtype=torch.float64)
    given = torch.randn(batch, 4, size_px, size_px, dtype=torch.float64)
    return critic, color, given


class Plane(nn.Module):
    """A critic whose gradient is known: its score is the picture times a fixed one."""

    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        self.slope = nn.Parameter(slope)

    def forward(self, color: Tensor, given: Tensor) -> Tensor:
        return (color * self.slope).flatten(1).sum(dim=1) + given.flatten(1).sum(dim=1)


def test_by_definition_it_is_the_squared_distance_of_each_norm_from_one() -> None:
    slope = torch.full((3, 4, 4), 0.5, dtype=torch.float64)
    color = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    value = penalty.by_autograd(Plane(slope), color, torch.zeros(2, 4, 4, 4))
    # The norm runs over channels and pixels together: sqrt(48 * 0.25).
    assert value.item() == pytest.approx((48**0.5 * 0.5 - 1) ** 2, rel=1e-12)


def test_by_definition_it_agrees_with_differences_along_every_pixel() -> None:
    critic, color, given = scene(size_px=32, batch=1)
    step = 1e-6
    numbers = torch.eye(color.numel(), dtype=torch.float64).view(-1, *color.shape[1:]) * step
    with torch.no_grad():
        many = given.expand(len(numbers), -1, -1, -1)
        slopes = (critic(color + numbers, many) - critic(color - numbers, many)) / (2 * step)
    by_hand = (slopes.norm() - 1) ** 2
    assert penalty.by_autograd(critic, color, given).item() == pytest.approx(
        by_hand.item(), rel=1e-5
    )


def test_analytic_and_definition_agree_in_value_and_in_every_gradient() -> None:
    critic, color, given = scene()
    found = {}
    for form in (penalty.by_autograd, penalty.analytic):
        critic.zero_grad()
        value = form(critic, color, given)
        value.backward()
        gradients = {
            name: torch.zeros_like(weight) if weight.grad is None else weight.grad.clone()
            for name, weight in critic.named_parameters()
        }
        found[form.__name__] = (value.detach(), gradients)
    definition, fast = found["by_autograd"], found["analytic"]
    assert definition[0] > 0.01
    torch.testing.assert_close(fast[0], definition[0], rtol=1e-6, atol=0)
    for name, gradient in definition[1].items():
        torch.testing.assert_close(fast[1][name], gradient, rtol=1e-6, atol=1e-9, msg=name)


def test_analytic_computes_two_thirds_of_what_the_definition_does() -> None:
    with torch.device("meta"):
        critic = Critic(width=64, size_px=256)
        color, given = torch.empty(1, 3, 256, 256), torch.empty(1, 4, 256, 256)
    flop = {}
    for form in (penalty.by_autograd, penalty.analytic):
        with FlopCounterMode(display=False) as counter:
            form(critic, color, given).backward()
        flop[form.__name__] = counter.get_total_flops()
    # Four passes through the critic in place of six.
    assert flop["analytic"] / flop["by_autograd"] == pytest.approx(4 / 6, rel=0.05)


@pytest.mark.parametrize("form", [penalty.by_autograd, penalty.analytic])
def test_a_pictures_penalty_does_not_depend_on_its_neighbours(form: Penalty) -> None:
    critic, color, given = scene()
    alone = [form(critic, color[n : n + 1], given[n : n + 1]).item() for n in range(len(color))]
    together = form(critic, color, given).item()
    assert together == pytest.approx(sum(alone) / len(alone), rel=1e-9)
    assert len(set(alone)) == len(alone)


def test_each_picture_is_mixed_by_one_share_of_its_own() -> None:
    real, fake = torch.ones(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    mixed = penalty.mix(real, fake, torch.tensor([0.25, 1.0]))
    assert torch.equal(mixed[0], torch.full((3, 4, 4), 0.25))
    assert torch.equal(mixed[1], real[1])


def test_too_flat_a_slope_is_penalised_as_too_steep_a_one_is() -> None:
    gradient = torch.zeros(3, 3, 2, 2)
    # Norms of one half, one and two.
    gradient[:, 1, 1, 0] = torch.tensor([0.5, 1.0, 2.0])
    assert penalty.of_gradient(gradient).item() == pytest.approx((0.5**2 + 0 + 1) / 3)


def test_the_norm_of_a_bf16_gradient_is_taken_in_fp32() -> None:
    assert penalty.of_gradient(torch.ones(1, 3, 8, 8).bfloat16()).dtype == torch.float32
