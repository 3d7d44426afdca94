"""clean(), pack() and condition() on a few made posts."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from dataset import version
from dataset.takedown import take_down
from dataset.verify import verify
from preprocessing.config import ConditionConfig
from preprocessing.stage import VERDICTS_NAME, clean, condition, pack
from storage import digest, files, manifest, shards
from storage.errors import BadInput, CorruptFile, IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.parts import Each, serially
from storage.records import Contract, DropReason, Output, Split, Verdict
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


def test_what_is_taken_down_while_it_is_looked_at_or_packed_is_in_no_later_dataset(
    layout: DataLayout,
) -> None:
    posts = posts_of(layout, range(1, 41))
    scraped = scrape_of(layout, posts, "1")

    def but_first(md5: str) -> Each:
        def each(
            name: str, work: Callable[[Any], Any], parts: Sequence[Any], done: Callable[[Any], None]
        ) -> list[Any]:
            found = serially(name, work, parts, done)
            # The request comes when the picture has been looked at, or is packed.
            take_down(layout, md5, "2026-01-02")
            return found

        return each

    first, second = posts[3].md5, posts[5].md5
    with pytest.raises(IrodoriError, match="taken down meanwhile; run the same command again"):
        clean(CLEAN, scraped, layout, but_first(first))
    assert not layout.squares(first)
    cleaned = clean(CLEAN, scraped, layout)
    with pytest.raises(IrodoriError, match="taken down meanwhile; run the same command again"):
        pack(PACK, cleaned, layout, but_first(second))
    packed = pack(PACK, clean(CLEAN, scraped, layout), layout)
    md5s = {
        sample.key
        for path in layout.stage(Stage.PACK, packed.key).glob("*.tar")
        for sample in shards.read(path)
    }
    assert not {first, second} & md5s
    assert len(md5s) == cleaned.counts["kept"] - 1


def test_a_shard_that_a_killed_run_left_of_another_input_is_not_taken_for_its_own(
    layout: DataLayout,
) -> None:
    cleaned = clean(CLEAN, scrape_of(layout, posts_of(layout, range(1, 41)), "1"), layout)
    packed = pack(PACK, cleaned, layout)
    # As a run leaves it that was killed before its record was written.
    layout.record(Stage.PACK, packed.key).unlink()
    table = layout.stage(Stage.CLEAN, cleaned.key) / cleaned.outputs[0].name
    rows = manifest.read_table(table, Contract.VERDICTS, Verdict)
    manifest.write_table(table, Contract.VERDICTS, rows[:-1], Verdict)
    held = Output(table.name, table.stat().st_size, digest.of_file(table))
    again = replace(cleaned, outputs=(held,))
    files.write_json(layout.record(Stage.CLEAN, cleaned.key), asdict(again))
    with pytest.raises(BadInput, match="begun before its clean was made again, of something else"):
        pack(PACK, again, layout)


def test_a_packed_shard_whose_bytes_have_changed_is_drawn_from_no_more(layout: DataLayout) -> None:
    cleaned = clean(CLEAN, scrape_of(layout, posts_of(layout, range(1, 41)), "1"), layout)
    packed = pack(PACK, cleaned, layout)
    place = layout.stage(Stage.PACK, packed.key) / "train-000000.tar"
    content = place.read_bytes()
    source = content.index(b'"source": "') + 12
    place.write_bytes(content[:source] + bytes([content[source] ^ 1]) + content[source + 1 :])
    with pytest.raises(CorruptFile, match="its bytes have changed since it was packed; delete it"):
        condition(ConditionConfig(), packed, layout, seed=1)
    place.unlink()
    assert pack(PACK, cleaned, layout).outputs == packed.outputs
