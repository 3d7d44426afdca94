from dataclasses import replace
from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from training.networks.build import build_generator
from training.networks.unet import UNet
from training.recipes import RECIPES, ConvOrder, Layout, Recipe


def unet(size_px: int = 32, **overrides: Any) -> UNet:
    facts = {"width": 4, "z_size": 100, "z_form": "lowres"}
    return UNet(Recipe(source="", **(facts | overrides)), size_px)


def given(size_px: int, batch: int = 2) -> tuple[Tensor, Tensor]:
    return torch.randn(batch, 1, size_px, size_px), torch.randn(batch, 3, size_px, size_px)


def num_of(network: nn.Module, kind: type[nn.Module]) -> int:
    return sum(type(part) is kind for part in network.modules())


def num_parameters(network: nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())


@pytest.mark.parametrize("layout", get_args(Layout))
def test_has_18_convolutions_and_5_transposed_ones(layout: str) -> None:
    network = unet(layout=layout)
    assert num_of(network, nn.Conv2d) == 18
    assert num_of(network, nn.ConvTranspose2d) == 5


def test_the_papers_generator_has_31_million_parameters_and_its_noise_7() -> None:
    with torch.device("meta"):
        without = num_parameters(UNet(RECIPES["unet-l2"], 256))
        with_noise = num_parameters(UNet(RECIPES["paper"], 256))
    assert round(without / 1e6, 2) == 31.05
    assert round((with_noise - without) / 1e6, 2) == 6.62


@pytest.mark.parametrize(("layout", "pools", "gflop"), [("A", 4, 96.5), ("B", 5, 54.6)])
def test_a_layout_costs_what_its_plan_says(layout: Layout, pools: int, gflop: float) -> None:
    with torch.device("meta"):
        network = unet(256, width=64, layout=layout, z_form="literal")
        counted = FlopCounterMode(display=False)
        with counted:
            network(*given(256, batch=1), torch.randn(1, 100))
    assert len(network.levels) == pools
    assert counted.get_total_flops() / 1e9 == pytest.approx(gflop, abs=0.05)


@pytest.mark.parametrize("order", get_args(ConvOrder))
def test_a_convolution_is_followed_in_the_order_asked_for(order: str) -> None:
    kinds = {nn.Conv2d: "conv", nn.ReLU: "relu", nn.BatchNorm2d: "bn"}
    first = unet(order=order).levels[0]
    assert "-".join(kinds[type(part)] for part in list(first.children())[:3]) == order


@pytest.mark.parametrize("layout", get_args(Layout))
def test_colours_pictures_of_other_sizes_than_it_was_made_for(layout: str) -> None:
    network = unet(32, layout=layout).eval()
    color = network(*given(64), torch.randn(2, 100))
    assert color.shape == (2, 3, 64, 64)
    assert color.abs().max() <= 1


def test_literal_noise_ties_it_to_one_size_and_says_so() -> None:
    network = unet(32, z_form="literal")
    assert network(*given(32), torch.randn(2, 100)).shape == (2, 3, 32, 32)
    with pytest.raises(ValueError, match="lowres"):
        network(*given(64), torch.randn(2, 100))


def test_without_noise_given_it_takes_the_noises_mean() -> None:
    # Of some weights so few channels carry nothing.
    torch.manual_seed(0)
    network = unet().eval()
    pictures = given(32)
    assert torch.equal(network(*pictures), network(*pictures, torch.zeros(2, 100)))
    assert not torch.equal(network(*pictures), network(*pictures, torch.ones(2, 100)))


def test_a_generator_without_noise_says_so() -> None:
    network = unet(z_size=0)
    assert network.z_size == 0
    assert network(*given(32)).shape == (2, 3, 32, 32)


def by_hand(network: UNet, edge: Tensor, hint: Tensor, z: Tensor) -> Tensor:
    """The plan written out: pool by the maximum, join levels of one size, end in tanh."""
    assert network.noise is not None
    plane = network.noise.linear(z).view(-1, 1, 8, 8)
    plane = F.interpolate(plane, edge.shape[-2:], mode="bilinear")
    x, seen = torch.cat([edge, hint, plane], dim=1), {}
    for level in network.levels:
        x = level(x)
        seen[x.shape[-1]] = x
        x = x.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2)).amax(dim=(-1, -3))
    x = network.bottom(x)
    for up in network.ups:
        x = up.enlarge(x)
        x = up.convs(torch.cat([x, seen[x.shape[-1]]], dim=1))
    return network.to_rgb(x).tanh()


@pytest.mark.parametrize("layout", get_args(Layout))
def test_a_picture_is_that_of_the_plan_written_out(layout: str) -> None:
    torch.manual_seed(0)
    network = unet(layout=layout)
    given_all = *given(32), torch.randn(2, 100)
    torch.testing.assert_close(network(*given_all), by_hand(network, *given_all))


def test_running_statistics_move_by_the_recipes_momentum() -> None:
    recipe = replace(RECIPES["paper"], width=4, bn_momentum=0.3, z_form="lowres", z_size=0)
    network = build_generator(recipe, 32)
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    means: dict[nn.Module, Tensor] = {}
    for norm in norms:
        norm.register_forward_pre_hook(
            lambda part, seen: means.update({part: seen[0].mean(dim=(0, 2, 3))})
        )
    network(*given(32))
    # After all 18 convolutions and all but the last of the transposed ones.
    assert len(means) == 18 + 4
    for norm in norms:
        torch.testing.assert_close(norm.running_mean, 0.3 * means[norm])
