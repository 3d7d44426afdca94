from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from upath import UPath

from evaluation.colorize import Colorizer, device_of, open_colorizer, to_model, to_picture
from evaluation.conditions import Batch
from evaluation.wasserstein import critic_gap
from storage.errors import BadInput
from training import checkpoint
from training.config import TrainingConfig
from training.players import gather
from training.recipes import RecipeName

CPU = torch.device("cpu")


class HintReturned(nn.Module):
    """Answers with the hint."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        assert z is None
        assert edge.shape == hint[:, :1].shape
        return hint


class NoiseShown(nn.Module):
    """Answers with a flat colour, the first three numbers of its noise."""

    z_size = 5

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor) -> Tensor:
        return z[:, :3, None, None].expand_as(hint)


class Brightness(nn.Module):
    """Scores a picture by its mean in [-1, 1], plus a bonus that all of one input share."""

    def forward(self, color: Tensor, given: Tensor) -> Tensor:
        return color.mean(dim=(1, 2, 3)) + 10 * given.mean(dim=(1, 2, 3))


@pytest.fixture
def batch(batch_of: Callable[[np.ndarray], Batch], chance: np.random.Generator) -> Batch:
    return batch_of(chance.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8))


def test_every_level_survives_the_way_into_the_model_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=-1)

    seen = to_model(levels, CPU)

    assert (seen.min(), seen.max()) == (-1, 1)
    assert (to_picture(seen) == levels).all()


def test_what_a_model_gives_outside_its_range_is_cut_not_wrapped() -> None:
    wild = torch.tensor([-3.0, 3.0, 0.0]).view(1, 3, 1, 1)

    assert to_picture(wild).ravel().tolist() == [0, 255, 128]


def test_a_generator_that_returns_its_hint_gives_the_very_hint(batch: Batch) -> None:
    colorizer = Colorizer(HintReturned(), None, CPU, seed=1)

    found = colorizer.colorize(batch.edge_BHW, batch.hint_BHWC, batch.mask_BHW, batch.md5s)

    assert found.dtype == np.uint8
    assert (found == batch.hint_BHWC).all()


def test_a_pictures_noise_depends_on_its_name_and_the_seed_not_on_its_batch(batch: Batch) -> None:
    colorizer = Colorizer(NoiseShown(), None, CPU, seed=1)

    together = colorizer.colorize(batch.edge_BHW, batch.hint_BHWC, batch.mask_BHW, batch.md5s)
    alone = colorizer.colorize(
        batch.edge_BHW[1:2], batch.hint_BHWC[1:2], batch.mask_BHW[1:2], batch.md5s[1:2]
    )
    other_seed = Colorizer(NoiseShown(), None, CPU, seed=2).colorize(
        batch.edge_BHW, batch.hint_BHWC, batch.mask_BHW, batch.md5s
    )

    assert (together[1] == alone[0]).all()
    assert len({tuple(picture[0, 0]) for picture in together}) == len(together)
    assert (together != other_seed).any()


def test_the_critics_gap_is_real_minus_generated(batch: Batch) -> None:
    black = np.zeros_like(batch.color_BHWC)
    hint = to_model(batch.hint_BHWC, CPU)

    gaps = critic_gap(Brightness(), batch, hint, black)

    expected = batch.color_BHWC.mean(axis=(1, 2, 3)) / 127.5
    np.testing.assert_allclose(gaps, expected, atol=1e-5)
    assert critic_gap(Brightness(), batch, hint, batch.color_BHWC).tolist() == [0, 0, 0]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused_with_a_way_out() -> None:
    with pytest.raises(BadInput, match="use auto or cpu"):
        device_of("cuda")


def test_auto_takes_what_there_is() -> None:
    assert device_of("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize(
    ("recipe", "is_distance"),
    [("paper", True), ("wgan", True), ("cgan", False), ("pix2pix", False), ("unet-l2", False)],
)
def test_only_a_wasserstein_critic_is_asked_for_a_distance(
    recipe: RecipeName, is_distance: bool, tmp_path: Path
) -> None:
    small = {"width": 4, "critic_width": 4, "feature_weight": 0, "device": "cpu"}
    config = TrainingConfig.model_validate(small | {"recipe": recipe})
    saved = checkpoint.save(UPath(tmp_path), gather(config, 64, CPU, 0), 1)
    assert (open_colorizer(saved.folder, CPU, 0).critic is not None) == is_distance
