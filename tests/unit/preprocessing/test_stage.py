"""clean(), pack() and condition() on a few made posts."""

from dataclasses import replace

from dataset import version
from dataset.verify import verify
from preprocessing.config import ConditionConfig
from preprocessing.stage import VERDICTS_NAME, clean, condition, pack
from storage import manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, Split, Verdict
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


def test_a_film_between_two_drawings_makes_them_one_family(layout: DataLayout) -> None:
    posts = posts_of(layout, range(1, 25))
    parent, child = posts[0], posts[1]
    gif = replace(parent, post_id=30, md5="", line_md5="", reason=DropReason.UNWANTED_TYPE)
    posts[1] = replace(child, parent_id=gif.post_id)
    scraped = scrape_of(layout, [*posts, replace(gif, parent_id=parent.post_id)], "1")
    cleaned = clean(CLEAN, scraped, layout)
    path = layout.stage(Stage.CLEAN, cleaned.key) / VERDICTS_NAME
    of = {each.md5: each for each in manifest.read_table(path, Contract.VERDICTS, Verdict)}
    assert of[child.md5].family == of[parent.md5].family == parent.md5
    assert cleaned.counts["judged"] == len(posts)
