import json
import shutil

import pytest
from pydantic import Field

from storage import files, ledger
from storage.errors import BadInput, CorruptFile, MissingInput
from storage.layout import BEGUN_NAME, LEASE_NAME, DataLayout
from storage.ledger import OpenStage, Stage
from storage.records import StageRecord
from storage.section import OPERATIONAL, Section


class Knobs(Section):
    size_px: int = 8
    pace: float = Field(1.0, json_schema_extra=OPERATIONAL)


def _make(layout: DataLayout, knobs: Knobs, content: str = "content"):
    opened = ledger.open_stage(Stage.CLEAN, knobs, inputs={}, layout=layout)
    files.write_text(opened.folder / "deep" / "a.txt", content)
    return opened.seal({"kept": 1})


def test_a_stage_is_finished_once_it_is_sealed(layout: DataLayout):
    before = ledger.open_stage(Stage.CLEAN, Knobs(), inputs={}, layout=layout)
    sealed = _make(layout, Knobs())
    after = ledger.open_stage(Stage.CLEAN, Knobs(), inputs={}, layout=layout)
    assert before.finished is None
    assert after.finished == sealed
    assert [output.name for output in sealed.outputs] == ["deep/a.txt"]


def test_the_key_follows_what_decides_the_output_and_nothing_else():
    key = ledger.key_of(Stage.CLEAN, Knobs(), {"scrape": "1"}, seed=1)
    assert key == ledger.key_of(Stage.CLEAN, Knobs(pace=9.0), {"scrape": "1"}, seed=1)
    others = {
        ledger.key_of(Stage.PACK, Knobs(), {"scrape": "1"}, seed=1),
        ledger.key_of(Stage.CLEAN, Knobs(size_px=9), {"scrape": "1"}, seed=1),
        ledger.key_of(Stage.CLEAN, Knobs(), {"scrape": "2"}, seed=1),
        ledger.key_of(Stage.CLEAN, Knobs(), {"scrape": "1"}, seed=2),
    }
    assert len(others | {key}) == 5


def test_a_stage_that_lost_an_output_is_made_again(layout: DataLayout):
    sealed = _make(layout, Knobs())
    (layout.stage(Stage.CLEAN, sealed.key) / "deep" / "a.txt").unlink()
    assert ledger.find(layout, Stage.CLEAN, sealed.key) is None


def test_a_stage_whose_output_was_cut_is_made_again(layout: DataLayout):
    sealed = _make(layout, Knobs())
    (layout.stage(Stage.CLEAN, sealed.key) / "deep" / "a.txt").write_text("cont")
    assert ledger.find(layout, Stage.CLEAN, sealed.key) is None


def test_a_stage_that_lost_a_dated_output_is_made_again(layout: DataLayout):
    opened = ledger.open_stage(Stage.CLEAN, Knobs(), inputs={}, layout=layout)
    files.write_text(opened.folder / "times.txt", "when it was made")
    sealed = opened.seal({}, dated=["times.txt"])
    assert ledger.find(layout, Stage.CLEAN, sealed.key) == sealed
    (opened.folder / "times.txt").unlink()
    assert ledger.find(layout, Stage.CLEAN, sealed.key) is None


def test_a_record_that_cannot_be_read_is_named(layout: DataLayout):
    sealed = _make(layout, Knobs())
    files.write_text(layout.record(Stage.CLEAN, sealed.key), "{")
    with pytest.raises(CorruptFile, match=rf"clean/{sealed.key}/stage.json: no readable record"):
        ledger.find(layout, Stage.CLEAN, sealed.key)


def test_a_record_of_what_it_was_not_made_of_is_named(layout: DataLayout):
    sealed = _make(layout, Knobs())
    record = files.read_json(layout.record(Stage.CLEAN, sealed.key))
    files.write_json(layout.record(Stage.CLEAN, sealed.key), record | {"made_of": {"scrap": "1"}})
    with pytest.raises(CorruptFile, match=r"stage\.json: no readable record"):
        ledger.read(layout, Stage.CLEAN, sealed.key)


def test_runs_are_listed_newest_first_without_copies_and_what_cannot_be_read_is_told(
    layout: DataLayout,
):
    older, newer = (_make(layout, Knobs(size_px=size)) for size in (1, 2))
    place = layout.stage(Stage.CLEAN, newer.key)
    shutil.copytree(str(place), f"{place}.bak")
    spoiled = layout.record(Stage.CLEAN, "bad" * 4)
    files.write_text(spoiled, "{")
    listed = ledger.listed(layout, Stage.CLEAN)
    assert listed.records == (newer, older)
    (line,) = listed.unreadable
    assert line.startswith(f"{spoiled}: no readable record")


def test_a_damaged_file_is_told_once_when_its_stage_is_made_again(
    layout: DataLayout, caplog: pytest.LogCaptureFixture
):
    sealed = _make(layout, Knobs())
    (layout.stage(Stage.CLEAN, sealed.key) / "deep" / "a.txt").unlink()
    assert ledger.find(layout, Stage.CLEAN, sealed.key) is None
    assert not ledger.open_stage(Stage.CLEAN, Knobs(), inputs={}, layout=layout).finished
    assert caplog.text.count("damaged file=") == 1


def test_a_stage_whose_input_was_made_again_of_something_else_is_found_with_a_warning(
    layout: DataLayout, caplog: pytest.LogCaptureFixture
):
    def packed(cleaned: StageRecord) -> OpenStage:
        return ledger.open_stage(Stage.PACK, Knobs(), inputs={"clean": cleaned}, layout=layout)

    cleaned = _make(layout, Knobs())
    packed(cleaned).seal({})
    place = layout.stage(Stage.CLEAN, cleaned.key) / "deep" / "a.txt"
    place.unlink()
    same = _make(layout, Knobs())
    assert packed(same).finished
    assert "of something else" not in caplog.text
    place.unlink()
    other = _make(layout, Knobs(), "other")
    assert other.key == cleaned.key
    assert packed(other).finished
    assert "was made before its clean was made again, of something else" in caplog.text


def test_what_was_begun_from_something_else_is_not_gone_on_with(layout: DataLayout):
    def begin(cleaned: StageRecord) -> OpenStage:
        opened = ledger.open_stage(Stage.TRAIN, Knobs(), inputs={"clean": cleaned}, layout=layout)
        opened.go_on()
        return opened

    cleaned = _make(layout, Knobs())
    begin(cleaned)
    place = layout.stage(Stage.CLEAN, cleaned.key) / "deep" / "a.txt"
    place.unlink()
    other = _make(layout, Knobs(), "other")
    # So far there was nothing to go on with.
    opened = begin(other)
    (opened.folder / "checkpoint").write_text("half of it")
    begin(other)
    place.unlink()
    again = _make(layout, Knobs())
    told = rf"{opened.folder}: begun before its clean was made again, .*; delete this folder"
    for _ in range(2):
        with pytest.raises(BadInput, match=told):
            begin(again)
    for broken in ("", "[]"):
        (opened.folder / BEGUN_NAME).write_text(broken)
        with pytest.raises(CorruptFile, match=r"\.begun\.json: no readable JSON; delete "):
            begin(again)
    files.remove(opened.folder)
    sealed = begin(again).seal({})
    assert not [each.name for each in sealed.outputs]

    # A copy without hidden files has the record alone, which says as much.
    (opened.folder / BEGUN_NAME).unlink()
    (opened.folder / "checkpoint").write_text("whole")
    begin(again).seal({})
    (opened.folder / BEGUN_NAME).unlink()
    (opened.folder / "checkpoint").write_text("cut")
    place.unlink()
    with pytest.raises(BadInput, match=told):
        begin(_make(layout, Knobs(), "third"))


def test_a_stage_made_again_of_the_same_names_what_it_holds_no_more(
    layout: DataLayout, caplog: pytest.LogCaptureFixture
):
    def packed(cleaned: StageRecord, *names: str, dated: tuple[str, ...] = ()) -> StageRecord:
        opened = ledger.open_stage(Stage.PACK, Knobs(), inputs={"clean": cleaned}, layout=layout)
        for name in (*names, *dated):
            (opened.folder / name).write_text(name)
        return opened.seal({}, dated=dated)

    cleaned = _make(layout, Knobs())
    folder = layout.stage(Stage.PACK, packed(cleaned, "a", "b", dated=("page",)).key)
    (folder / "a").unlink()
    packed(cleaned, "a", dated=("page",))
    assert "not made again" not in caplog.text
    for name in ("a", "page"):
        (folder / name).unlink()
    packed(cleaned)
    lost = [line for line in caplog.text.splitlines() if "not made again" in line]
    assert [line.split("file=")[1].split(";")[0] for line in lost] == [
        str(folder / name) for name in ("a", "page")
    ]
    # Made of something else, it may hold other files.
    caplog.clear()
    (layout.stage(Stage.CLEAN, cleaned.key) / "deep" / "a.txt").unlink()
    other = _make(layout, Knobs(), "other")
    (folder / "b").unlink()
    packed(other, "c")
    assert "not made again" not in caplog.text


def test_what_a_killed_writer_left_is_swept_away(layout: DataLayout):
    opened = ledger.open_stage(Stage.CLEAN, Knobs(), inputs={}, layout=layout)
    (opened.folder / ".a.txt.1234.part").write_text("half")
    ledger.open_stage(Stage.CLEAN, Knobs(), inputs={}, layout=layout)
    assert [path.name for path in opened.folder.iterdir()] == [LEASE_NAME]


def test_an_unfinished_input_names_the_command_that_makes_it(layout: DataLayout):
    with pytest.raises(MissingInput, match="run `irodori pack` with the same settings first"):
        ledger.require(layout, Stage.PACK, "0123")


def test_the_record_is_plain_json(layout: DataLayout):
    sealed = _make(layout, Knobs())
    content = json.loads(layout.record(Stage.CLEAN, sealed.key).read_text())
    assert content["contract"] == "verdicts/7"
    assert content["settings"] == {"size_px": 8}


@pytest.mark.parametrize("name", ["stage", "key", "settings", "inputs", "counts", "made_of"])
@pytest.mark.parametrize("strange", [None, [1], "abc", 7, {"x": None}])
def test_a_record_with_a_field_of_another_shape_is_named(
    layout: DataLayout, name: str, strange: object
):
    # Settings may be anything, by name.
    strange = [] if name == "settings" and isinstance(strange, dict) else strange
    sealed = _make(layout, Knobs())
    path = layout.record(Stage.CLEAN, sealed.key)
    files.write_json(path, files.read_json(path) | {name: strange})
    with pytest.raises(CorruptFile, match=r"stage\.json: no readable record; delete it"):
        ledger.read(layout, Stage.CLEAN, sealed.key)


def test_a_folder_where_a_record_belongs_is_named(layout: DataLayout):
    sealed = _make(layout, Knobs())
    path = layout.record(Stage.CLEAN, sealed.key)
    path.unlink()
    path.mkdir()
    with pytest.raises(CorruptFile, match=r"stage\.json: is a folder where a file belongs"):
        ledger.read(layout, Stage.CLEAN, sealed.key)
    assert len(ledger.listed(layout, Stage.CLEAN).unreadable) == 1
