"""A model that heeds hints, trained in seconds on drawings of the sample booru's kind."""

from storage.layout import DataLayout
from storage.records import StageRecord
from tests.datasets import dataset_of, posts_of
from training.config import TrainingConfig
from training.stage import train

HEEDS_HINTS = TrainingConfig(
    recipe="unet-l2",
    steps=100,
    checkpoint_every=100,
    batch_size=4,
    width=8,
    learning_rate=3e-3,
    device="cpu",
)


def train_for_app(layout: DataLayout) -> StageRecord:
    """Make a dataset of 60 drawings and train on it."""
    paired = dataset_of(layout, posts_of(layout, range(1, 61)))
    return train(HEEDS_HINTS, paired, layout, 1)
