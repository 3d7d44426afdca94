from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from upath import UPath

from app import onnx_file
from evaluation.colorize import open_colorizer
from evaluation.folder_checkpoint import find_checkpoint
from storage.layout import DataLayout
from tests.datasets import dataset_of, posts_of
from tests.documented import block_of
from training.config import TrainingConfig
from training.recipes import RecipeName
from training.stage import train


@pytest.mark.parametrize("recipe", ["paper", "paper-plus"])
def test_onnxruntime_gives_the_same_picture(
    recipe: RecipeName, layout: DataLayout, tmp_path: Path
) -> None:
    paired = dataset_of(layout, posts_of(layout, range(1, 61)))
    config = TrainingConfig(
        recipe=recipe, steps=1, batch_size=2, width=4, critic_width=4, z_form="lowres",
        feature_weight=0, device="cpu",
    )  # fmt: skip
    trained = train(config, paired, layout, 1)
    source = find_checkpoint(trained.key, layout)
    path = UPath(tmp_path / "model.onnx")

    names = onnx_file.write(source, path)

    session = onnxruntime.InferenceSession(str(path))
    colorizer = open_colorizer(source.folder, torch.device("cpu"), source.seed)
    chance = np.random.default_rng(1)
    for batch in (1, 3):
        line = chance.integers(0, 256, (batch, 64, 64), np.uint8)
        hint = chance.integers(0, 256, (batch, 64, 64, 3), np.uint8)
        mask = np.full((batch, 64, 64), 255, np.uint8)
        md5s = [str(number) for number in range(batch)]
        given = {"line": line, "hint": hint, "mask": mask, "z": _noise(colorizer.noise(md5s))}
        (color,) = session.run(None, {name: given[name] for name in names})
        wanted = colorizer.colorize(line, hint, mask, md5s)
        apart = np.abs(color.astype(int) - wanted)
        # Sums in another order: now and then a level lies on the other side of a half.
        assert apart.max() <= 1
        assert (apart > 0).mean() < 1e-3
    # Asked as the docs say.
    told = {"line": np.full((3, 64, 64), 255, np.uint8)}
    exec(block_of("questions.md", "onnxruntime").replace("model.onnx", str(path)), told)
    assert (told["color"].shape, told["color"].dtype) == ((3, 64, 64, 3), np.uint8)
    assert "standard normal noise" in onnx.load(str(path)).doc_string


def _noise(noise: torch.Tensor | None) -> np.ndarray | None:
    return None if noise is None else noise.numpy()
