"""What is removed and what stays, of made records and of real small datasets."""

import contextlib
import errno
import os
import random
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from upath import UPath

from dataset import prune, version
from dataset.prune import Going, carry_out, plan
from dataset.prune_graph import Name
from dataset.takedown import take_down
from dataset.verify import verify
from preprocessing.config import ConditionConfig
from preprocessing.stage import condition
from storage import files, lease, ledger
from storage.errors import CorruptFile, IrodoriError, MissingInput
from storage.layout import DataLayout
from storage.ledger import CONTRACTS, Stage
from storage.section import Section
from tests.datasets import dataset_of, posts_of, scrape_of

DAYS = 24 * 3600.0


class Killed(BaseException):
    """Stands for a kill: nobody catches it."""


class Shelf:
    """Made records, each a folder with one file and a record, a second younger than the last."""

    def __init__(self, layout: DataLayout) -> None:
        self.layout, self.number = layout, 0

    def add(self, stage: Stage, key: str, base: str | None = None, **inputs: str) -> Name:
        self.number += 1
        name, folder = (stage, _key(key)), self.layout.stage(stage, _key(key))
        keys = {label.replace("_", "-"): _key(each) for label, each in inputs.items()}
        if stage is Stage.SCRAPE:
            files.write_json(folder / "look.json", {"base": _key(base) if base else ""})
        files.write_bytes(folder / "content", b"x" * 1000)
        record = {
            "stage": stage,
            "key": _key(key),
            "contract": CONTRACTS[stage],
            "settings": {},
            "inputs": keys,
            "counts": {},
            "outputs": [],
            "code_version": "",
            "started_at": "",
            "ended_at": f"2026-01-01T00:{self.number:02d}:00+00:00",
        }
        files.write_json(self.layout.record(*name), record)
        return name

    def version(self, key: str, scrape: str = "", base: str | None = None) -> Name:
        """Add a whole version, of a snapshot of its own if none is named."""
        if not scrape:
            scrape = self.add(Stage.SCRAPE, f"a{key}", base)[1]
        self.add(Stage.CLEAN, f"b{key}", scrape=scrape)
        self.add(Stage.PACK, f"c{key}", clean=f"b{key}")
        return self.add(Stage.CONDITION, f"d{key}", pack=f"c{key}")

    def left(self) -> set[str]:
        """What is there, as `stage/key` without the zeros behind."""
        return {
            f"{stage}/{folder.name.rstrip('0')}"
            for stage in Stage
            for folder in (self.layout.root / stage).glob("*")
        }


def _key(key: str) -> str:
    return key.ljust(12, "0")


@pytest.fixture
def made_up(layout: DataLayout) -> Shelf:
    return Shelf(layout)


def _prune(layout: DataLayout, keep: int) -> list[Going]:
    gone: list[Going] = []
    carry_out(plan(layout, keep), gone.append)
    return gone


def _aged(folder: UPath, days: float) -> None:
    then = time.time() - days * DAYS
    for path in [*Path(str(folder)).rglob("*"), Path(str(folder))]:
        os.utime(path, (then, then))


def test_an_old_version_goes_with_all_that_was_made_of_it_and_all_that_it_was_made_of(
    made_up: Shelf,
):
    for key in ("1", "2"):
        made_up.version(key)
        made_up.add(Stage.TRAIN, f"e{key}", condition=f"d{key}")
        made_up.add(Stage.EVALUATE, f"f{key}", train=f"e{key}", condition=f"d{key}")
        labels = {"train_paper": f"e{key}", "evaluate_paper": f"f{key}"}
        made_up.add(Stage.REPORT, f"9{key}", scrape=f"a{key}", condition=f"d{key}", **labels)
    newer = {name for name in made_up.left() if name.endswith("2")}
    gone = [each.where.rstrip("0") for each in _prune(made_up.layout, 1)]
    assert made_up.left() == newer
    # What depends comes before what it depends on.
    assert gone == [
        *("report/91", "evaluate/f1", "train/e1"),
        *("condition/d1", "pack/c1", "clean/b1", "scrape/a1"),
    ]
    assert not made_up.layout.pruning().exists()


def test_what_a_version_that_stays_shares_with_an_old_one_stays(made_up: Shelf):
    made_up.version("1")
    made_up.add(Stage.CONDITION, "d2", pack="c1")
    _prune(made_up.layout, 1)
    assert made_up.left() == {"scrape/a1", "clean/b1", "pack/c1", "condition/d2"}


def test_snapshots_that_one_builds_on_stay_with_it_and_go_after_it(made_up: Shelf):
    made_up.version("1")
    made_up.version("2", base="a1")
    made_up.version("3", base="a2")
    made_up.version("4")
    gone = [each.where.rstrip("0") for each in _prune(made_up.layout, 2)]
    assert {"scrape/a1", "scrape/a2", "scrape/a3"} <= made_up.left()
    assert gone == ["condition/d2", "condition/d1", "pack/c2", "pack/c1", "clean/b2", "clean/b1"]
    gone = [each.where.rstrip("0") for each in _prune(made_up.layout, 1)]
    assert gone[-3:] == ["scrape/a3", "scrape/a2", "scrape/a1"]


def test_the_last_look_that_found_nothing_new_stays_with_what_it_builds_on(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    made_up.add(Stage.SCRAPE, "a9", base="a1")
    _prune(made_up.layout, 1)
    assert {"scrape/a9", "scrape/a1"} <= made_up.left()
    assert "condition/d1" not in made_up.left()


def test_an_experiment_that_stays_keeps_every_version_that_it_compares(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    made_up.version("3")
    made_up.add(Stage.TRAIN, "e3", condition="d3")
    made_up.add(Stage.EVALUATE, "f3", train="e3", condition="d1")
    inputs = {"condition_white": "d1", "train_paper_1": "e3", "evaluate_paper_1_white": "f3"}
    made_up.add(Stage.EXPERIMENTS, "93", **inputs)
    before = made_up.left()
    planned = plan(made_up.layout, 1)
    assert planned.choice.versions == (_key("d3"), _key("d1"))
    carry_out(planned, lambda _: None)
    assert before - made_up.left() == {"scrape/a2", "clean/b2", "pack/c2", "condition/d2"}


def test_a_report_of_an_old_version_does_not_stay_for_a_snapshot_that_both_share(made_up: Shelf):
    made_up.version("1")
    made_up.add(Stage.REPORT, "91", scrape="a1", clean="b1", pack="c1", condition="d1")
    made_up.add(Stage.CONDITION, "d2", pack="c1")
    _prune(made_up.layout, 1)
    assert made_up.left() == {"scrape/a1", "clean/b1", "pack/c1", "condition/d2"}


def test_what_is_no_versions_stays(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    for stage, key, origin in ((Stage.CLEAN, "b8", "a8"), (Stage.PACK, "c8", "b8")):
        made_up.add(stage, key, **{"scrape" if stage is Stage.CLEAN else "clean": origin})
    made_up.add(Stage.SCRAPE, "a8")
    made_up.add(Stage.TRAIN, "e7", condition="d7")
    (made_up.layout.root / "condition" / "notes of mine").mkdir()
    _prune(made_up.layout, 1)
    assert {"scrape/a8", "clean/b8", "pack/c8", "train/e7", "condition/notes of mine"} <= (
        made_up.left()
    )
    assert "condition/d1" not in made_up.left()


def test_what_is_no_versions_and_was_made_after_a_prune_was_stopped_stays(made_up: Shelf):
    made_up.version("1")
    layout, name = made_up.layout, made_up.add(Stage.TRAIN, "e7", condition="d7")
    files.write_json(layout.pruning(), {"stages": [list(name)]})
    then = time.time() - 60
    os.utime(str(layout.pruning()), (then, then))
    assert _prune(layout, 1) == []
    files.write_json(layout.pruning(), {"stages": [list(name)]})
    assert [going.where for going in _prune(layout, 1)] == ["/".join(name)]


def test_pairs_whose_record_names_no_pack_hinder_nobody(made_up: Shelf):
    odd, whole = made_up.version("1"), made_up.version("2")
    path = made_up.layout.record(*odd)
    files.write_json(path, files.read_json(path) | {"inputs": {"paci": "c1"}})
    found = version.shelf(made_up.layout)
    assert {each.key for each in found.versions} == {odd[1], whole[1]}
    with pytest.raises(MissingInput, match="the pack it was made of is not below"):
        version.pick(made_up.layout, odd[1]).record(Stage.PACK)


def test_a_copy_of_a_folder_is_no_version_and_stays(made_up: Shelf):
    versions = [made_up.version(key) for key in "123"]
    newest = made_up.layout.stage(*versions[-1])
    shutil.copytree(str(newest), f"{newest}.bak")
    _prune(made_up.layout, 2)
    assert {"condition/d2", "condition/d3", f"condition/{newest.name}.bak"} <= made_up.left()
    assert "condition/d1" not in made_up.left()
    assert version.pick(made_up.layout, newest.name).key == newest.name


def test_pairs_that_this_irodori_cannot_read_stay_and_are_told(made_up: Shelf):
    strange, spoiled = made_up.version("1"), made_up.version("2")
    made_up.version("3")
    path = made_up.layout.record(*strange)
    files.write_json(path, files.read_json(path) | {"contract": "pairs/0"})
    files.write_text(made_up.layout.record(*spoiled), "{")
    planned = plan(made_up.layout, 1)
    carry_out(planned, lambda _: None)
    assert {"condition/d1", "pack/c1", "scrape/a1", "condition/d2"} <= made_up.left()
    assert planned.choice.notes[:2] == (
        f"condition/{_key('d2')}: its record is in pieces",
        f"condition/{_key('d1')}: not readable by this version of Irodori",
    )


def test_an_unfinished_stage_stays_for_a_day_with_what_it_is_made_from(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    also = {"condition": _key("d1")}
    layout = made_up.layout
    opened = ledger.open_stage(Stage.TRAIN, Section(), inputs={}, layout=layout, also=also)
    files.write_text(opened.folder / "checkpoint", "half")
    folder = opened.folder
    # Being written, however long ago the last file was.
    _aged(folder, 2)
    assert _prune(layout, 1) == []
    del opened
    # Not being written, but touched of late.
    files.write_text(folder / "checkpoint", "more")
    assert _prune(layout, 1) == []
    _aged(folder, 0.95)
    assert _prune(layout, 1) == []
    _aged(folder, 1.05)
    assert _prune(layout, 1)[0].what == "unfinished"
    assert made_up.left() == {"scrape/a2", "clean/b2", "pack/c2", "condition/d2"}


def test_what_a_stopped_prune_had_begun_to_remove_stays_if_it_was_begun_anew_since(made_up: Shelf):
    made_up.version("1")
    layout, also = made_up.layout, {"condition": _key("d1")}
    opened = ledger.open_stage(Stage.TRAIN, Section(), inputs={}, layout=layout, also=also)
    files.write_text(opened.folder / "checkpoint", "half")
    begun = {"stages": [[Stage.TRAIN, opened.key]]}
    del opened
    files.write_json(layout.pruning(), begun)
    then = time.time() - 60
    os.utime(str(layout.pruning()), (then, then))
    assert _prune(layout, 1) == []
    files.write_json(layout.pruning(), begun)
    assert [going.what for going in _prune(layout, 1)] == ["unfinished"]


def test_a_finished_stage_that_is_being_made_again_stays(made_up: Shelf):
    layout, section = made_up.layout, Section()
    also = {"pack": _key("c9")}
    opened = ledger.open_stage(Stage.CONDITION, section, inputs={}, layout=layout, also=also)
    opened.seal({})
    record = files.read_json(layout.record(Stage.CONDITION, opened.key))
    lost = {"name": "lost/shard", "bytes": 1, "sha256": ""}
    files.write_json(
        layout.record(Stage.CONDITION, opened.key),
        record | {"outputs": [lost], "ended_at": "2025-01-01T00:00:00+00:00"},
    )
    again = ledger.open_stage(Stage.CONDITION, section, inputs={}, layout=layout, also=also)
    made_up.version("2")
    assert again.finished is None
    assert _prune(layout, 1) == []
    assert again.lease
    again.lease.release()
    assert [each.what for each in _prune(layout, 1)] == ["condition"]


def test_a_cache_goes_with_its_pairs_and_one_that_was_left_behind_too(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    for name in (_key("d1"), _key("d2"), _key("d8"), "something else"):
        files.write_text(UPath(str(made_up.layout.cache(name))) / "train" / "color.npy", "pixels")
    gone = [each.where for each in _prune(made_up.layout, 1)]
    assert gone[:2] == [f"cache/{_key('d1')}", f"cache/{_key('d8')}"]
    assert [path.name for path in made_up.layout.caches()] == [_key("d2"), "something else"]


def test_a_cache_stays_with_pairs_whose_record_is_in_pieces(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    files.write_text(made_up.layout.record(Stage.CONDITION, _key("d2")), "{")
    cache = UPath(str(made_up.layout.cache(_key("d2"))))
    files.write_text(cache / "train" / "color.npy", "pixels")
    _prune(made_up.layout, 1)
    assert (cache / "train" / "color.npy").exists()


def test_on_a_full_disk_caches_make_room_for_the_list(
    made_up: Shelf, monkeypatch: pytest.MonkeyPatch
):
    made_up.version("1")
    made_up.version("2")
    cache = made_up.layout.cache(_key("d1"))
    cache.mkdir(parents=True)
    (cache / "train.npy").write_bytes(b"much")
    planned = plan(made_up.layout, 1)
    assert planned.stages

    def full(path: UPath, _: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(files, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        carry_out(planned, lambda _: None)
    assert not cache.exists()


@pytest.mark.parametrize("damaged", ["", "{}", "[1]", '{"stages": [["nothing", "a"]]}'])
def test_a_damaged_list_of_a_stopped_prune_is_one_line(made_up: Shelf, damaged: str):
    files.write_text(made_up.layout.pruning(), damaged)
    with pytest.raises(CorruptFile, match=r"prune\.json: no readable list .* delete it"):
        plan(made_up.layout, 1)


def test_a_cache_on_another_disk_that_cannot_be_removed_is_not_said_to_be_gone(
    made_up: Shelf, tmp_path: Path
):
    made_up.version("1")
    made_up.version("2")
    (tmp_path / "other disk").mkdir()
    (tmp_path / "other disk" / "color.npy").touch()
    link = made_up.layout.cache(_key("d1"))
    link.parent.mkdir()
    link.symlink_to(tmp_path / "other disk")
    told: list[Going] = []
    with pytest.raises(IrodoriError, match=rf"cache/{_key('d1')}: cannot be removed"):
        carry_out(plan(made_up.layout, 1), told.append)
    assert told == []


def test_of_unfinished_stages_what_was_made_from_others_goes_first(made_up: Shelf):
    for stage in (Stage.TRAIN, Stage.CLEAN, Stage.CONDITION):
        folder = made_up.layout.stage(stage, _key("f"))
        files.write_text(folder / "half", "half")
        _aged(folder, 2)
    gone = [each.where.partition("/")[0] for each in _prune(made_up.layout, 1)]
    assert gone == ["train", "condition", "clean"]


def test_what_comes_free_counts_a_shard_of_two_versions_once(made_up: Shelf):
    layout = made_up.layout
    for key in ("1", "2", "3"):
        made_up.version(key, scrape="a1" if key != "1" else "")
    source = layout.stage(Stage.CONDITION, _key("d1")) / "shard"
    files.write_bytes(source, b"y" * 5000)
    files.give_name(source, layout.stage(Stage.CONDITION, _key("d2")) / "shard")
    files.give_name(source, layout.stage(Stage.CONDITION, _key("d3")) / "shard")
    before = _on_disk(layout)
    planned = plan(layout, 2)
    carry_out(planned, lambda _: None)
    assert planned.bytes == before - _on_disk(layout)
    assert planned.bytes < 5000
    planned = plan(layout, 1)
    carry_out(planned, lambda _: None)
    files.remove(layout.stage(Stage.CONDITION, _key("d3")))
    assert planned.bytes < 5000


def test_a_shard_of_two_versions_that_both_go_comes_free(made_up: Shelf):
    layout = made_up.layout
    for key in ("1", "2", "3"):
        made_up.version(key)
    source = layout.stage(Stage.CONDITION, _key("d1")) / "shard"
    files.write_bytes(source, b"y" * 5000)
    files.give_name(source, layout.stage(Stage.CONDITION, _key("d2")) / "shard")
    before = _on_disk(layout)
    planned = plan(layout, 1)
    carry_out(planned, lambda _: None)
    assert planned.bytes == before - _on_disk(layout) > 5000


def _on_disk(layout: DataLayout) -> int:
    found = {}
    for path in Path(str(layout.root)).rglob("*"):
        if path.is_file():
            found[path.stat().st_ino] = path.stat().st_size
    return sum(found.values())


def test_it_works_below_an_address_as_on_a_disk():
    made_up = Shelf(DataLayout(UPath("memory://bucket/prune")))
    made_up.version("1")
    made_up.version("2")
    gone = [each.where.rstrip("0") for each in _prune(made_up.layout, 1)]
    assert gone == ["condition/d1", "pack/c1", "clean/b1", "scrape/a1"]
    assert made_up.left() == {"scrape/a2", "clean/b2", "pack/c2", "condition/d2"}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_records_nothing_that_stays_lacks_what_it_needs(made_up: Shelf, seed: int):
    chance = random.Random(seed)
    names = _any_records(made_up, chance)
    # Killed again and again, at any step, and run again with any number of versions to keep.
    for _ in range(4):
        steps, keep = chance.randrange(1, 12), chance.randrange(1, 4)
        newest = [each.key for each in version.shelf(made_up.layout).versions[:keep]]
        with contextlib.suppress(Killed):
            carry_out(plan(made_up.layout, keep), lambda _: None, _killed_after(steps))
        _nothing_lacks(made_up, names, newest)
    newest = [each.key for each in version.shelf(made_up.layout).versions[:1]]
    _prune(made_up.layout, 1)
    _nothing_lacks(made_up, names, newest)
    # All is done: nothing is half there, and another run finds nothing to do.
    assert _prune(made_up.layout, 1) == []
    for stage in Stage:
        for folder in made_up.layout.folders(stage):
            assert (folder / "stage.json").exists()


def _any_records(made_up: Shelf, chance: random.Random) -> dict[Name, set[Name]]:
    """Make records that depend on each other at random; give what each needs."""
    needs: dict[Name, set[Name]] = {}
    stages = [stage for stage in Stage if stage not in (Stage.REPORT, Stage.EXPERIMENTS)]
    of: dict[Stage, list[str]] = {stage: [] for stage in Stage}

    def add(stage: Stage, base: str | None = None, **inputs: str) -> None:
        key = _key(f"{len(needs):02x}f")
        name = made_up.add(stage, key, base, **inputs)
        labels = {label.replace("_", "-").partition("-")[0]: each for label, each in inputs.items()}
        needs[name] = {(Stage(label), each) for label, each in labels.items()}
        needs[name] |= {(Stage.SCRAPE, base)} if base else set()
        of[stage].append(key)

    for stage, before in zip(stages, [None, *stages], strict=False):
        for _ in range(4):
            if before is None:
                base = chance.choice([None, *of[Stage.SCRAPE]])
                add(stage, base)
            elif stage is Stage.EVALUATE:
                pairs = chance.choice(of[Stage.CONDITION])
                add(stage, train=chance.choice(of[Stage.TRAIN]), condition=pairs)
            else:
                add(stage, **{before.value: chance.choice(of[before])})
    for _ in range(2):
        add(Stage.REPORT, evaluate_paper=chance.choice(of[Stage.EVALUATE]))
        add(Stage.EXPERIMENTS, evaluate_paper_1_white=chance.choice(of[Stage.EVALUATE]))
    return needs


def _killed_after(steps: int) -> Callable[[], None]:
    left = iter(range(steps))

    def step() -> None:
        if next(left, None) is None:
            raise Killed

    return step


def _nothing_lacks(made_up: Shelf, needs: Mapping[Name, set[Name]], newest: Sequence[str]) -> None:
    there = {name for name in needs if made_up.layout.record(*name).exists()}
    for name in there:
        assert needs[name] <= there, name
        assert (made_up.layout.stage(*name) / "content").exists()
    assert {(Stage.CONDITION, key) for key in newest} <= there
    # What was made of a version that stays was not taken from it.
    for name in needs:
        kept = {each for each in needs[name] if each == (Stage.CONDITION, newest[0])}
        assert name in there or not kept, name


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> DataLayout:
    """Three real datasets: the second of other posts, and the third of those and more."""
    layout = DataLayout.at(str(tmp_path_factory.mktemp("three") / "root"))
    dataset_of(layout, posts_of(layout, range(1, 41)))
    dataset_of(layout, posts_of(layout, range(31, 71)), "two")
    dataset_of(layout, posts_of(layout, range(31, 76)), "three")
    return layout


@pytest.fixture
def real(three: DataLayout, tmp_path: Path) -> DataLayout:
    # Times too: they tell which was there before what.
    shutil.copytree(str(three.root), tmp_path / "copy", copy_function=shutil.copy2)
    return DataLayout.at(str(tmp_path / "copy"))


def _are_whole(layout: DataLayout, keys: Sequence[str]) -> None:
    for key in keys:
        assert verify(version.pick(layout, key), originals=True).damages == ()


def _stored(layout: DataLayout, folder: str) -> set[str]:
    return {path.stem for path in Path(str(layout.root)).glob(f"{folder}/**/[0-9a-f]*.png")}


def test_originals_that_no_snapshot_names_go_and_so_do_their_squares(real: DataLayout):
    before = _stored(real, "images")
    old = version.shelf(real).versions[2]
    wanted = {row.md5 for key in version.shelf(real).versions[:2] for row in key.posts}
    assert _stored(real, "looks") == {row.md5 for row in old.posts} | wanted
    gone = {each.what: each.files for each in _prune(real, 2)}
    assert _stored(real, "images") == _stored(real, "looks") == wanted
    # Ten are in both, and the first had line art of its own.
    assert gone["originals"] == 31 == len(before - wanted)
    assert gone["squares"] == 30
    _are_whole(real, [each.key for each in version.shelf(real).versions])
    assert len(version.shelf(real).versions) == 2


def test_line_art_that_a_snapshot_names_stays(layout: DataLayout):
    dataset_of(layout, posts_of(layout, range(1, 41)))
    dataset_of(layout, posts_of(layout, range(1, 42)), "two")
    before = _stored(layout, "images")
    assert {each.what for each in _prune(layout, 1)} >= {"condition", "scrape"}
    assert _stored(layout, "images") == before
    _are_whole(layout, [""])


def test_what_was_taken_down_goes_although_a_snapshot_names_it(real: DataLayout):
    newest = version.pick(real)
    row = newest.posts[0]
    path = real.image(row.md5, row.extension)
    content = path.read_bytes()
    take_down(real, row.md5, "2026-01-02")
    # The takedown was cut short: it is noted, and a file was left.
    path.write_bytes(content)
    assert {each.what for each in _prune(real, 3)} == {"originals"}
    assert not path.exists()


def test_no_original_goes_while_a_scrape_is_not_finished(real: DataLayout):
    opened = ledger.open_stage(Stage.SCRAPE, Section(), inputs={}, layout=real)
    before = _stored(real, "images")
    planned = plan(real, 1)
    carry_out(planned, lambda _: None)
    assert _stored(real, "images") == before
    assert "all originals: a scrape is not finished" in planned.choice.notes
    opened.seal({})


def test_no_original_goes_while_any_snapshots_record_is_in_pieces(real: DataLayout):
    scraped = scrape_of(real, posts_of(real, range(80, 84)), "four")
    files.write_text(real.record(Stage.SCRAPE, scraped.key), "{")
    before = _stored(real, "images")
    planned = plan(real, 1)
    carry_out(planned, lambda _: None)
    assert _stored(real, "images") == before
    assert "all originals: the record of a snapshot is in pieces" in planned.choice.notes


@pytest.mark.parametrize("why", ["lost", "other contract"])
def test_no_original_goes_if_a_snapshot_that_stays_cannot_be_read(real: DataLayout, why: str):
    newest = version.pick(real)
    folder = newest.folder(Stage.SCRAPE)
    if why == "lost":
        files.remove(folder)
    else:
        old = newest.folder(Stage.CLEAN) / "part-00000.parquet"
        shutil.copy(str(old), str(folder / "part-00000.parquet"))
    before = _stored(real, "images")
    _prune(real, 1)
    assert _stored(real, "images") == before


def test_killed_after_any_deletion_it_leaves_what_stays_whole_and_a_second_run_ends_it(
    real: DataLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prune, "AT_ONCE", 20)
    newest = version.pick(real).key
    condition(ConditionConfig(), version.pick(real).record(Stage.PACK), real, seed=2)
    untouched, done, steps = tmp_path / "copy", False, 0
    whole: set[str] = set()
    while not done:
        layout = DataLayout.at(str(tmp_path / f"killed-{steps}"))
        shutil.copytree(untouched, str(layout.root), copy_function=shutil.copy2)
        try:
            carry_out(plan(layout, 2), lambda _: None, _killed_after(steps))
            done = True
        except Killed:
            left = version.shelf(layout).versions
            assert newest in {each.key for each in left}
            _are_whole(layout, [each.key for each in left[:2]])
            carry_out(plan(layout, 2), lambda _: None)
        found = {
            str(path.relative_to(str(layout.root)))
            for path in Path(str(layout.root)).rglob("*")
            if path.is_file()
        }
        whole = whole or found
        assert found == whole
        assert plan(layout, 2).going == []
        shutil.rmtree(str(layout.root))
        steps += 1
    assert steps > 12


def test_a_record_goes_before_its_folder(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    name = (Stage.CONDITION, _key("d1"))
    folder, record = made_up.layout.stage(*name), made_up.layout.record(*name)
    seen: list[tuple[bool, bool]] = []
    carry_out(
        plan(made_up.layout, 1),
        lambda _: None,
        lambda: seen.append((record.exists(), (folder / "content").exists())),
    )
    assert list(dict.fromkeys(seen)) == [(True, True), (False, True), (False, False)]


def test_another_run_that_begins_to_write_what_is_to_go_ends_the_pruning(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    planned = plan(made_up.layout, 1)
    folder = made_up.layout.stage(Stage.CONDITION, _key("d1"))
    child = os.fork()
    if not child:
        held = lease.lock(Path(str(folder)) / ".lease")
        (Path(str(folder)) / "taken").touch()
        time.sleep(60)
        os._exit(held is None)
    try:
        while not (folder / "taken").exists():
            time.sleep(0.05)
        with pytest.raises(IrodoriError, match="another run is writing it now"):
            carry_out(planned, lambda _: None)
        assert made_up.layout.record(Stage.CONDITION, _key("d1")).exists()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    _prune(made_up.layout, 1)
    assert "condition/d1" not in made_up.left()


@pytest.mark.parametrize(("spoiled", "stays"), [(Stage.PACK, "ab"), (Stage.CLEAN, "a")])
@pytest.mark.parametrize("content", ["{", None])
def test_what_a_lost_record_of_a_version_that_stays_may_have_named_stays(
    made_up: Shelf, spoiled: Stage, stays: str, content: str | None
):
    made_up.version("1")
    # The newest version is of the same snapshot, and of the same verdicts.
    made_up.add(Stage.PACK, "c2", clean="b1")
    made_up.add(Stage.CONDITION, "d2", pack="c2")
    path = made_up.layout.record(spoiled, _key("c2" if spoiled is Stage.PACK else "b1"))
    path.unlink() if content is None else files.write_text(path, content)
    planned = plan(made_up.layout, keep=1)
    carry_out(planned, lambda _: None)
    left = made_up.left()
    assert {f"{stage}/{letter}1" for stage, letter in zip(Stage, stays, strict=False)} <= left
    assert {"condition/d2", "pack/c2"} <= left
    assert "condition/d1" not in left
    assert any("so all that it may be made of stays" in note for note in planned.choice.notes)


def test_a_list_of_what_was_taken_down_that_cannot_be_read_stops_it(made_up: Shelf):
    made_up.version("1")
    made_up.version("2")
    files.write_text(made_up.layout.takedowns(), "[{")
    with pytest.raises(CorruptFile, match=r"takedowns\.json: no readable list"):
        plan(made_up.layout, keep=1)
    assert "condition/d1" in made_up.left()
