import json
import re

import pytest

from dataset import version
from dataset.verify import verify
from dataset.version import Version
from flows import dataset_text, terminal
from preprocessing.config import ConditionConfig
from preprocessing.stage import condition
from storage import files, ledger
from storage.errors import BadInput, CorruptFile, MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord


def test_a_version_knows_all_it_was_made_of(made: Version):
    assert list(made.records) == [Stage.CONDITION, Stage.PACK, Stage.CLEAN, Stage.SCRAPE]
    assert len(made.posts) == len(made.verdicts) == 40
    assert sum(row.samples for row in made.shards()) == len(made.kept)
    assert made.site == "sample booru"


def test_the_newest_version_is_first_and_needs_no_name(broken: Version):
    again = condition(ConditionConfig(), broken.record(Stage.PACK), broken.layout, seed=2)
    found = version.shelf(broken.layout)
    assert [each.key for each in found.versions] == [again.key, broken.key]
    assert version.pick(broken.layout).key == again.key
    assert version.pick(broken.layout, broken.key[:4]).key == broken.key


def test_a_key_may_be_given_in_capitals(broken: Version):
    assert version.pick(broken.layout, broken.key.upper()).key == broken.key


def test_an_unknown_or_ambiguous_key_names_the_candidates(broken: Version):
    with pytest.raises(BadInput, match=rf"dataset xyz: none below .* there are {broken.key}$"):
        version.pick(broken.layout, "xyz")
    # So many that two begin alike, however the keys fall.
    records = {broken.key}
    path = broken.layout.record(Stage.CONDITION, broken.key)
    twin = broken.key[:-1] + ("0" if broken.key[-1] != "0" else "1")
    content = files.read_json(path) | {"key": twin}
    files.write_json(broken.layout.record(Stage.CONDITION, twin), content)
    records.add(twin)
    with pytest.raises(BadInput, match="2 begin so") as error:
        version.pick(broken.layout, broken.key[:6])
    assert all(key in str(error.value) for key in records)


def test_an_empty_root_has_no_dataset_and_says_how_to_make_one(layout: DataLayout):
    assert version.shelf(layout).versions == ()
    with pytest.raises(MissingInput, match="no dataset yet; make one with `irodori run`"):
        version.pick(layout)


def test_what_is_not_finished_is_no_version_and_a_pack_without_pairs_is_named(broken: Version):
    broken.layout.record(Stage.CONDITION, broken.key).unlink()
    found = version.shelf(broken.layout)
    assert found.versions == ()
    assert [pack.key for pack in found.unpaired] == [broken.record(Stage.PACK).key]
    assert "packed without pairs yet" in dataset_text.shelf_text(found)


def test_records_of_another_contract_or_in_pieces_are_named_and_hide_no_other(broken: Version):
    path = broken.layout.record(Stage.CONDITION, broken.key)
    content = files.read_json(path)
    old = broken.layout.record(Stage.CONDITION, "0" * 12)
    files.write_json(old, content | {"contract": "pairs/0"})
    files.write_text(broken.layout.record(Stage.CONDITION, "1" * 12), "{")
    found = version.shelf(broken.layout)
    assert [each.key for each in found.versions] == [broken.key]
    assert len(found.unreadable) == 2
    assert all(re.search("holds pairs/0|no readable", line) for line in found.unreadable)
    text = " ".join(dataset_text.shelf_text(found).split())
    assert text.count("not readable: ") == 2
    assert "holds pairs/0" in text


def test_a_record_that_is_gone_before_it_is_read_hides_no_other(
    broken: Version, monkeypatch: pytest.MonkeyPatch
):
    again = condition(ConditionConfig(), broken.record(Stage.PACK), broken.layout, seed=2)
    read = ledger.read

    def removed_meanwhile(layout: DataLayout, stage: Stage, key: str) -> StageRecord | None:
        return None if key == again.key else read(layout, stage, key)

    monkeypatch.setattr(ledger, "read", removed_meanwhile)
    found = version.shelf(broken.layout)
    assert [each.key for each in found.versions] == [broken.key]
    assert not found.unreadable


def test_where_no_record_can_be_read_the_first_is_named(broken: Version):
    path = broken.layout.record(Stage.CONDITION, broken.key)
    files.write_text(path, "{")
    with pytest.raises(CorruptFile, match=rf"{broken.key}/stage.json: no readable record"):
        version.pick(broken.layout)


def test_a_key_that_none_begins_with_may_be_of_one_that_cannot_be_read(
    broken: Version,
):
    again = condition(ConditionConfig(), broken.record(Stage.PACK), broken.layout, seed=2)
    files.write_text(broken.layout.record(Stage.CONDITION, again.key), "{")
    told = rf"there are {broken.key}; not readable: .*{again.key}/stage.json"
    with pytest.raises(BadInput, match=told):
        version.pick(broken.layout, again.key)


def test_a_version_whose_scrape_is_lost_is_listed_and_says_so_when_it_is_asked_for(broken: Version):
    files.remove(broken.folder(Stage.SCRAPE))
    (left,) = version.shelf(broken.layout).versions
    assert "(lost)" in dataset_text.shelf_text(version.shelf(broken.layout))
    with pytest.raises(MissingInput, match="the scrape it was made of is not below"):
        left.posts  # noqa: B018


@pytest.mark.parametrize(
    ("content", "told_why"),
    [({"contract": "verdicts/0"}, "holds verdicts/0, this Irodori reads"), (None, "no readable")],
)
def test_a_version_made_of_what_cannot_be_read_says_why(
    broken: Version, content: dict[str, str] | None, told_why: str
):
    path = broken.layout.record(Stage.CLEAN, broken.record(Stage.CLEAN).key)
    changed = content and json.dumps(files.read_json(path) | content)
    files.write_text(path, changed or "{")
    text = " ".join(dataset_text.shelf_text(version.shelf(broken.layout)).split())
    assert f"not readable: {broken.name}: " in text
    assert told_why in text
    assert "(not readable)" in text
    assert "(lost)" not in text
    with pytest.raises(MissingInput, match=rf"dataset {broken.name}: .*clean/.*{told_why}"):
        verify(version.pick(broken.layout, broken.key))


def test_of_a_broken_lineage_the_stage_that_is_lost_is_named(broken: Version):
    broken.layout.record(Stage.PACK, broken.record(Stage.PACK).key).unlink()
    with pytest.raises(MissingInput, match="the pack it was made of is not below"):
        verify(version.pick(broken.layout, broken.key))


def test_a_text_fits_a_hundred_columns_and_tells_what_is_not_the_default(made: Version):
    defaults = {stage: made.record(stage).settings for stage in made.records}
    defaults[Stage.PACK] = {"size_px": 256, "samples_per_shard": 16}
    defaults[Stage.SCRAPE] = {**defaults[Stage.SCRAPE], "of_another_source": "x"}
    text = dataset_text.version_text(made, defaults)
    assert "of_another_source" not in text
    assert max(len(line) for line in text.splitlines() if "/" not in line) <= 100
    assert re.search(r"pack +[0-9a-f]{12} +size_px 64\n", text)
    assert re.search(rf"kept +{len(made.kept)}\b", text)
    assert all(row.sha256 in text for row in made.shards())


def test_what_others_wrote_cannot_command_a_terminal(made: Version):
    assert str(terminal.plain("\x1b[31mred[bold]:smile:")) == "?[31mred[bold]:smile:"


def test_the_record_that_is_listed_is_the_one_that_the_ledger_finds(made: Version):
    assert made.record(Stage.CONDITION) == ledger.find(made.layout, Stage.CONDITION, made.key)
    assert json.dumps(made.record(Stage.CONDITION).settings)
