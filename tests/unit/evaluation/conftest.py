"""A small finished run: made drawings as pairs, and a real training of a few steps on them."""

import shutil
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from evaluation.conditions import Batch, Condition
from evaluation.pixelwise import Pictures
from evaluation.stage import evaluate
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord
from tests.circle_pairs import make_pairs
from tests.small_evaluation import CONFIG
from training.config import TrainingConfig
from training.recipes import RecipeName
from training.stage import train

SIZE_PX = 32
SEED = 3
SPLITS = {Split.TRAIN: [4], Split.VAL: [3], Split.TEST: [3, 2]}
"""How many pictures each shard of a split holds."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    # Small tensors on a busy machine: a second thread only waits for the first.
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> DataLayout:
    return DataLayout.at(str(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="session")
def paired(layout: DataLayout) -> StageRecord:
    return make_pairs(layout, SPLITS, SIZE_PX, seed=SEED, with_lines=True)


@pytest.fixture(scope="session")
def trained(layout: DataLayout, paired: StageRecord) -> dict[RecipeName, StageRecord]:
    return {recipe: train_briefly(recipe, paired, layout) for recipe in ("unet-l2", "paper")}


@pytest.fixture(scope="session")
def evaluated(
    layout: DataLayout, paired: StageRecord, trained: dict[RecipeName, StageRecord]
) -> dict[RecipeName, StageRecord]:
    return {
        recipe: evaluate(CONFIG, record, paired, layout, SEED) for recipe, record in trained.items()
    }


@pytest.fixture(scope="session")
def unlined(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataLayout, StageRecord]:
    """Pairs of a site that has no true line art, in a root of their own."""
    layout = DataLayout.at(str(tmp_path_factory.mktemp("unlined")))
    return layout, make_pairs(layout, SPLITS, SIZE_PX, seed=SEED)


@pytest.fixture(scope="session")
def evaluated_unlined(
    unlined: tuple[DataLayout, StageRecord],
    layout: DataLayout,
    trained: dict[RecipeName, StageRecord],
) -> StageRecord:
    """The paper's model, judged on pairs without true line art."""
    there, paired = unlined
    source = layout.stage(Stage.TRAIN, trained["paper"].key)
    shutil.copytree(str(source), str(there.stage(Stage.TRAIN, trained["paper"].key)))
    return evaluate(CONFIG, trained["paper"], paired, there, SEED)


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(SEED)


@pytest.fixture
def batch_of() -> Callable[[Pictures], Batch]:
    """Pose some true pictures, with edges and hints made from them."""

    def make(color: Pictures) -> Batch:
        return Batch(
            condition=Condition.DETECTED,
            md5s=tuple(f"{number:032x}" for number in range(len(color))),
            edge_BHW=color.min(axis=-1),
            hint_BHWC=np.stack([cv2.blur(one, (9, 9)) for one in color]),
            mask_BHW=np.full(color.shape[:3], 255, np.uint8),
            color_BHWC=color,
        )

    return make


def train_briefly(recipe: RecipeName, paired: StageRecord, layout: DataLayout) -> StageRecord:
    config = TrainingConfig(
        recipe=recipe,
        steps=4,
        checkpoint_every=2,
        log_every=1,
        batch_size=2,
        width=2,
        critic_width=2,
        z_form="lowres",
        feature_weight=0.0,
        device="cpu",
    )
    return train(config, paired, layout, SEED)
