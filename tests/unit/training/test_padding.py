"""Channels of zeros change what is computed by nothing, and what is kept not at all."""

import copy
import dataclasses
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.side_by_side import PLAIN, Team, noise_pairs, walk
from training import padding
from training.config import TrainingConfig
from training.networks.build import build_critic, build_generator
from training.recipes import RECIPES, RecipeName

SIZE_PX = 64


@pytest.mark.parametrize("recipe", RECIPES)
def test_padded_networks_give_the_same_pictures_scores_and_gradients(recipe: RecipeName) -> None:
    torch.manual_seed(0)
    small = dataclasses.replace(RECIPES[recipe], width=4, critic_width=4, z_form="lowres")
    edge, color = torch.rand(2, 1, SIZE_PX, SIZE_PX), torch.rand(2, 3, SIZE_PX, SIZE_PX)
    hint = torch.rand(2, small.hint_channels, SIZE_PX, SIZE_PX)
    inputs = {build_generator(small, SIZE_PX): (edge, hint)}
    if small.adversarial_weight:
        inputs[build_critic(small, SIZE_PX)] = (color, torch.cat([edge, hint], dim=1))
    for network, seen in inputs.items():
        # In double precision, and awake but for what is dropped.
        plain = network.double().train()
        for part in plain.modules():
            part.train(not isinstance(part, nn.Dropout))
        wider = copy.deepcopy(plain)
        padding.pad_channels(wider)
        wanted, found = (each(*(plane.double() for plane in seen)) for each in (plain, wider))
        torch.testing.assert_close(found, wanted)
        for each in (wanted, found):
            each.square().sum().backward()
        for name, value in plain.named_parameters():
            torch.testing.assert_close(wider.get_parameter(name).grad, value.grad)


def test_what_is_computed_by_has_a_multiple_of_eight_channels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = nn.Sequential(nn.Conv2d(5, 12, 3), nn.ConvTranspose2d(12, 3, 2, stride=2))
    padding.pad_channels(network)
    kernels = []
    for name in ("conv2d", "conv_transpose2d"):
        plain = getattr(F, name)

        def convolve(x: Any, kernel: Any, *rest: Any, plain: Any = plain) -> Any:
            kernels.append((x.shape[1], *kernel.shape[:2]))
            return plain(x, kernel, *rest)

        monkeypatch.setattr(F, name, convolve)
    assert network(torch.rand(1, 5, 8, 8)).shape[1] == 3
    assert kernels == [(8, 16, 8), (16, 16, 8)]


def test_a_gpu_pads_and_a_cpu_does_not() -> None:
    assert [padding.is_wanted(torch.device(name)) for name in ("cuda", "cpu")] == [True, False]


def test_channels_that_are_enough_stay_as_they_are() -> None:
    network = nn.Sequential(nn.Conv2d(8, 16, 3), nn.Conv2d(6, 6, 3, groups=2))
    padding.pad_channels(network)
    assert {type(part) for part in network} == {nn.Conv2d}
    kernel = torch.rand(16, 8, 3, 3)
    assert padding.filled(kernel, 0, 1) is kernel


def test_a_padded_training_is_the_plain_one_and_keeps_the_same_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = PLAIN | {
        "recipe": "paper", "width": 4, "critic_width": 4, "z_form": "lowres", "batch_size": 2,
        "feature_weight": 0, "device": "cpu",
    }  # fmt: skip
    plain = Team.of(TrainingConfig.model_validate(small), noise_pairs(5, 32))
    # From here on this machine computes as a GPU does; autograd's penalty knows no padding.
    monkeypatch.setattr(padding, "is_wanted", lambda device: True)
    small["penalty_form"] = "analytic"
    other = Team.of(TrainingConfig.model_validate(small), noise_pairs(5, 32))
    assert max(walk(plain, other, 10).values()) < 1e-4
    for one, wider in zip(plain.networks, other.networks, strict=True):
        assert any(isinstance(part, padding.PaddedConv2d) for part in wider.modules())
        assert one.state_dict().keys() == wider.state_dict().keys()
