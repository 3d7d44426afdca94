"""What every network of every system promises, at a width that a test can afford."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from training.networks.alacgan import AlacGanCritic, AlacGanGenerator
from training.networks.auto_painter import AutoPainterCritic, AutoPainterUNet
from training.networks.deepcolor import DeepcolorCritic, DeepcolorUNet
from training.networks.paintschainer import PaintsChainerCritic, PaintsChainerUNet
from training.networks.pix2pix import PatchCritic, Pix2pixUNet

SIZE_PX = 64
BATCH = 2

GENERATORS: dict[str, Callable[..., nn.Module]] = {
    "deepcolor": partial(DeepcolorUNet, width=8),
    "pix2pix": partial(Pix2pixUNet, width=8, size_px=SIZE_PX),
    "auto-painter": partial(AutoPainterUNet, width=8, size_px=SIZE_PX),
    "paintschainer": partial(PaintsChainerUNet, width=8),
    "alacgan": partial(AlacGanGenerator, width=8),
}
CRITICS: dict[str, tuple[Callable[..., nn.Module], int]] = {
    "deepcolor": (partial(DeepcolorCritic, width=8, size_px=SIZE_PX), 1),
    "pix2pix": (partial(PatchCritic, width=8), 6 * 6),
    "auto-painter": (partial(AutoPainterCritic, width=8), 8 * 8),
    "paintschainer": (partial(PaintsChainerCritic, width=8, size_px=SIZE_PX), 1),
    "alacgan": (partial(AlacGanCritic, width=8, size_px=SIZE_PX), 1),
}


@pytest.fixture(autouse=True)
def same_weights() -> None:
    torch.manual_seed(0)


def planes(channels: int, size_px: int = SIZE_PX) -> Tensor:
    return torch.rand(BATCH, channels, size_px, size_px) * 2 - 1


def without_gradient(network: nn.Module) -> list[str]:
    return [
        name
        for name, value in network.named_parameters()
        if value.grad is None or not value.grad.any()
    ]


@pytest.mark.parametrize("hint_channels", [3, 4])
@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_gives_pictures_in_range_and_every_weight_takes_part(
    name: str, hint_channels: int
) -> None:
    network = GENERATORS[name](hint_channels=hint_channels)
    color = network(planes(1), planes(hint_channels))
    assert color.shape == (BATCH, 3, SIZE_PX, SIZE_PX)
    assert color.abs().max() <= 1
    (color * torch.randn_like(color)).sum().backward()
    assert without_gradient(network) == []


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("deepcolor", "to_rgb"),
        ("pix2pix", "to_rgb"),
        ("auto-painter", "to_rgb"),
        ("alacgan", "exit"),
    ],
)
def test_a_picture_is_tanh_of_what_its_last_layer_says(name: str, last: str) -> None:
    network, said = GENERATORS[name](), list[Tensor]()
    layer = network.get_submodule(last)
    layer.register_forward_hook(lambda _, given, found: said.append(found))
    with torch.no_grad():
        # Far from zero, where tanh would do next to nothing.
        for value in layer.parameters():
            value.mul_(100)
        color = network(planes(1), planes(3))
    assert said[0].abs().max() > 1
    torch.testing.assert_close(color, said[0].tanh())


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_colours_any_side_that_its_halvings_divide(name: str) -> None:
    network = GENERATORS[name]().eval()
    assert SIZE_PX % network.multiple == 0
    side = 3 * network.multiple
    assert network(planes(1, side), planes(3, side)).shape == (BATCH, 3, side, side)


@pytest.mark.parametrize("name", GENERATORS)
def test_without_noise_the_same_input_has_the_same_answer(name: str) -> None:
    network = GENERATORS[name]().eval()
    given = planes(1), planes(3)
    assert network.z_size == 0
    assert torch.equal(network(*given, None), network(*given))


@pytest.mark.parametrize("name", CRITICS)
def test_a_critic_gives_logits_and_every_weight_takes_part(name: str) -> None:
    make, num_logits = CRITICS[name]
    critic = make()
    logits = critic(planes(3), planes(4))
    assert SIZE_PX % critic.multiple == 0
    assert logits.shape == (BATCH, num_logits)
    (logits * torch.randn_like(logits)).sum().backward()
    assert without_gradient(critic) == []


@pytest.mark.parametrize("name", ["deepcolor", "pix2pix", "auto-painter"])
def test_a_conditional_critic_sees_line_art_hint_and_mask(name: str) -> None:
    critic = CRITICS[name][0](hint_channels=4).eval()
    color, given = planes(3), planes(5).requires_grad_(True)
    critic(color, given).sum().backward()
    assert given.grad is not None
    assert given.grad.abs().sum(dim=(0, 2, 3)).gt(0).all()


def test_paintschainers_critic_does_not_look_at_what_was_given() -> None:
    critic = CRITICS["paintschainer"][0]().eval()
    color = planes(3)
    assert torch.equal(critic(color, planes(4)), critic(color, planes(4)))


def test_alacgans_critic_looks_at_the_line_art_alone() -> None:
    critic = CRITICS["alacgan"][0]()
    color, given = planes(3), planes(4)
    other_hint = torch.cat([given[:, :1], planes(3)], dim=1)
    other_lines = torch.cat([planes(1), given[:, 1:]], dim=1)
    assert torch.equal(critic(color, given), critic(color, other_hint))
    assert not torch.allclose(critic(color, given), critic(color, other_lines))


def test_no_picture_changes_the_score_of_another_in_alacgans_critic() -> None:
    critic = CRITICS["alacgan"][0]().double()
    color, given = planes(3).double(), planes(4).double()
    alone = torch.cat([critic(color[n : n + 1], given[n : n + 1]) for n in range(BATCH)])
    torch.testing.assert_close(critic(color, given), alone)
