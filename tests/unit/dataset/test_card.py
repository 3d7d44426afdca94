import re
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from dataset import version
from dataset.card import card_of
from dataset.markdown import code, table
from dataset.version import Version
from preprocessing.config import ConditionConfig
from storage import ledger
from storage.ledger import Stage
from storage.records import Split
from tests.verdicts import verdict_of


def test_the_front_matter_is_what_hugging_face_reads(made: Version):
    _, matter, _ = card_of(made).split("---\n", 2)
    told = yaml.safe_load(matter)
    assert told["license"] == "other"
    assert told["task_categories"] == ["image-to-image"]
    assert told["size_categories"] == ["n<1K"]


def test_the_card_tells_counts_splits_fields_digests_and_the_way_to_take_a_picture_down(
    made: Version,
):
    text = card_of(made)
    for split in Split:
        number = sum(row.split is split for row in made.kept.values())
        assert re.search(rf"\| {split} \| {number} \|", text)
    assert all(row.sha256 in text for row in made.shards())
    assert all(record.key in text for record in made.records.values())
    for ending in ("color.png", "edge.png", "hint.png", "mask.png", "line.png", "json"):
        assert f"<md5>.{ending}" in text
    assert "`source`" in text
    assert "irodori takedown" in text
    assert "| `artist.example` |" in text


def test_the_same_dataset_has_the_same_card_whenever_and_wherever_it_was_made(
    made: Version, broken: Version
):
    later = {
        stage: replace(record, code_version="9", started_at="2030", ended_at="2031")
        for stage, record in broken.records.items()
    }
    assert card_of(Version(broken.key, later, broken.layout)) == card_of(made)


def test_the_card_can_be_written_before_the_pairs_are_sealed(broken: Version):
    packed, paired = broken.record(Stage.PACK), broken.record(Stage.CONDITION)
    broken.layout.record(Stage.CONDITION, broken.key).unlink()
    opened = ledger.open_stage(
        Stage.CONDITION, ConditionConfig(), inputs={"pack": packed}, layout=broken.layout, seed=1
    )
    assert opened.finished is None
    assert card_of(version.unsealed(opened, paired.counts)) == card_of(broken)


def test_the_code_on_the_card_reads_the_shards(made: Version):
    (code,) = re.findall(r"```python\n(.*?)```", card_of(made), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", f"{code}    print(key, color.shape, edge.dtype)"],
        cwd=str(made.folder(Stage.CONDITION)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    train = sorted(row.md5 for row in made.kept.values() if row.split is Split.TRAIN)
    assert sorted(line.split()[0] for line in lines) == train
    assert all(line.endswith("(64, 64, 3) uint8") for line in lines)


def test_a_folders_path_stays_private(made: Version):
    scraped = made.record(Stage.SCRAPE)
    mine = replace(scraped, settings=scraped.settings | {"folder": "/home/someone/drawings"})
    text = card_of(Version(made.key, {**made.records, Stage.SCRAPE: mine}, made.layout))
    assert "/home/someone" not in text
    assert "folder drawings" in text


def test_sources_beyond_the_first_are_summed_up_as_others(made: Version):
    other = Version(made.key, made.records, made.layout)
    other.__dict__["kept"] = {
        str(number): verdict_of(number, source=f"https://{number}.example") for number in range(30)
    }
    assert "| 10 others | 10 | 33.3 % |" in card_of(other)


@pytest.mark.parametrize(("number", "size"), [(999, "n<1K"), (1000, "1K<n<10K")])
def test_the_size_category_is_that_of_the_number(made: Version, number: int, size: str):
    other = Version(made.key, made.records, made.layout)
    other.__dict__["kept"] = {str(each): verdict_of(each) for each in range(number)}
    assert f"size_categories:\n- {size}\n" in card_of(other)


def test_what_others_wrote_is_no_markup():
    assert table(("a", "b"), [("x|y", 1_000)]) == "| a | b |\n| --- | --: |\n| x\\|y | 1,000 |"
    assert code("a`b\n<script>") == "`a?b?<script>`"
