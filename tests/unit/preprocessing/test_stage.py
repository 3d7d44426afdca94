"""clean(), pack() and condition() on a few made posts."""

from dataset import version
from dataset.verify import verify
from preprocessing.config import ConditionConfig
from preprocessing.stage import clean, condition, pack
from storage import shards
from storage.layout import DataLayout
from storage.records import Contract, Split
from tests.datasets import CLEAN, PACK, posts_of, scrape_of


def test_pictures_that_move_to_another_split_are_what_that_split_has(layout: DataLayout) -> None:
    scraped = scrape_of(layout, posts_of(layout, range(1, 25)), "1")
    alone = PACK.model_copy(update={"samples_per_shard": 1})
    for config in (CLEAN, CLEAN.model_copy(update={"num_val": CLEAN.num_train})):
        cleaned = clean(config, scraped, layout)
        paired = condition(ConditionConfig(), pack(alone, cleaned, layout), layout, seed=1)
        assert all(paired.counts[split] == cleaned.counts[split] for split in Split)
        assert not verify(version.of(paired, layout)).damages
    folder = layout.stage(paired.stage, paired.key)
    for row in shards.rows_in(folder, Contract.PAIRS):
        (sample,) = shards.read(folder / row.name)
        assert ("hint.png" in sample.files) == (row.split is not Split.TRAIN)
