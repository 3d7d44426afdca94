import dataclasses
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dataset.takedown import look_alikes, take_down
from storage import files, images, manifest, takedowns
from storage.errors import BadInput, CorruptFile, IrodoriError
from storage.layout import LOOK_NAME, DataLayout
from storage.records import Contract, DropReason, Md5Match, Measure, Post, Verdict
from storage.takedowns import Takedowns
from tests.verdicts import verdict_of

MAX_PIXELS = 1_000_000
POST = Post(
    1, "a" * 32, None, "", 4, "png", 9, 9, "b" * 32, Md5Match.MISMATCH, (), "s", None, "", "", "",
    0, 0, False, "", "", "", "c" * 32,
)  # fmt: skip


def _scraped(layout: DataLayout, site: str, *posts: Post) -> None:
    folder = layout.stage("scrape", site.strip(":"))
    manifest.write_table(folder / "part-00000.parquet", Contract.POSTS, posts, Post)
    files.write_json(folder / LOOK_NAME, {"site": site})
    for post in posts:
        images.keep(layout, post.md5, post.extension, b"made")
        images.keep(layout, post.line_md5, "png", b"line")


@pytest.mark.parametrize("name", ["1", "a" * 32, "B" * 32])
def test_a_picture_is_found_by_its_post_and_by_either_md5(layout: DataLayout, name: str):
    _scraped(layout, "one:", POST, dataclasses.replace(POST, post_id=2, md5="d" * 32, site_md5=""))
    (entry,), deleted = take_down(layout, name, "2026-01-02")
    assert (entry.post_id, entry.site, entry.date) == (1, "one:", "2026-01-02")
    assert deleted == 2
    assert [path.name for path in layout.root.glob("images/*/*")] == ["d" * 32 + ".png"]
    assert takedowns.read(layout).entries == (entry,)


def test_all_that_a_post_has_ever_served_goes_with_it(layout: DataLayout):
    before = dataclasses.replace(POST, md5="d" * 32, site_md5="", reason=DropReason.REPLACED)
    _scraped(layout, "one:", POST, before, dataclasses.replace(POST, post_id=2, md5="e" * 32))
    found, _ = take_down(layout, before.md5, "2026-01-02")
    assert sorted(entry.md5 for entry in found) == [POST.md5, before.md5]
    assert [path.name for path in layout.root.glob("images/*/*")] == ["e" * 32 + ".png"]


@pytest.mark.parametrize("damaged", ["[", "{}", "null", '"x"', "[1]", "[{}]", '[{"site": 1}]'])
def test_a_list_that_cannot_be_read_is_not_taken_for_none(layout: DataLayout, damaged: str):
    files.write_text(layout.takedowns(), damaged)
    with pytest.raises(CorruptFile, match=r"takedowns\.json: no readable list"):
        takedowns.read(layout)


@pytest.mark.parametrize("closed", ["images/aa", "looks"])
def test_what_may_lie_where_nobody_can_look_is_not_said_to_be_gone(
    layout: DataLayout, closed: str, monkeypatch: pytest.MonkeyPatch
):
    _scraped(layout, "one:", POST)
    listdir, place = os.listdir, f"{layout.root}/{closed}"

    def refuse(path: Path) -> list[str]:
        if str(path) == place:
            raise PermissionError(13, "Permission denied", place)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(IrodoriError, match=rf"{closed}: cannot be read \(Permission denied\)"):
        take_down(layout, "1", "2026-01-02")
    # It stands in the list all the same, and the next try finds it there.
    monkeypatch.undo()
    take_down(layout, "1", "2026-01-02")
    assert not list(layout.root.glob("images/*/*"))


@pytest.mark.parametrize("look", ["{", "[]", "{}"])
def test_a_picture_is_found_by_its_md5_where_its_site_is_not_known(layout: DataLayout, look: str):
    _scraped(layout, "one:", POST)
    files.write_text(layout.stage("scrape", "one") / LOOK_NAME, look)
    (entry,), deleted = take_down(layout, "a" * 32, "2026-01-02")
    assert (entry.site, entry.md5, deleted) == ("", "a" * 32, 2)


def test_what_is_unknown_is_said_and_nothing_is_written(layout: DataLayout):
    with pytest.raises(BadInput, match="takedown 5: no table below"):
        take_down(layout, "5", "2026-01-02")
    assert takedowns.read(layout) == Takedowns()


@pytest.mark.parametrize("name", ["", " "])
def test_no_name_takes_nothing_down(layout: DataLayout, name: str):
    _scraped(layout, "one:", POST, dataclasses.replace(POST, post_id=2, md5="", site_md5=""))
    before = sorted(layout.root.glob("images/*/*"), key=str)
    with pytest.raises(BadInput, match="wanted a post's id, or the md5 of its picture"):
        take_down(layout, name, "2026-01-02")
    assert takedowns.read(layout) == Takedowns()
    assert sorted(layout.root.glob("images/*/*"), key=str) == before


def test_a_second_request_keeps_the_first_date_and_both_stay_on_the_list(layout: DataLayout):
    _scraped(layout, "one:", POST, dataclasses.replace(POST, post_id=2, md5="d" * 32))
    take_down(layout, "1", "2026-01-02")
    (again,), deleted = take_down(layout, "1", "2027-01-02")
    assert (again.date, deleted) == ("2026-01-02", 0)
    take_down(layout, "2", "2027-01-02")
    assert [entry.post_id for entry in takedowns.read(layout).entries] == [1, 2]


def test_an_id_of_two_sites_is_refused_with_the_md5s_to_choose_from(layout: DataLayout):
    _scraped(layout, "one:", POST)
    _scraped(layout, "two:", dataclasses.replace(POST, md5="d" * 32))
    with pytest.raises(BadInput, match=f"one: and two: .*{'a' * 32}, {'d' * 32}"):
        take_down(layout, "1", "2026-01-02")
    (entry,), _ = take_down(layout, "d" * 32, "2026-01-02")
    assert entry.site == "two:"


def test_all_posts_of_the_same_bytes_go_together(layout: DataLayout):
    _scraped(layout, "one:", POST, dataclasses.replace(POST, post_id=2))
    taken, deleted = take_down(layout, "a" * 32, "2026-01-02")
    assert ([entry.post_id for entry in taken], deleted) == ([1, 2], 2)


def test_the_same_bytes_on_two_sites_go_together(layout: DataLayout):
    _scraped(layout, "one:", POST)
    _scraped(layout, "two:", dataclasses.replace(POST, post_id=7))
    taken, deleted = take_down(layout, "a" * 32, "2026-01-02")
    assert [(entry.site, entry.post_id) for entry in taken] == [("one:", 1), ("two:", 7)]
    assert deleted == 2


def test_a_post_is_covered_by_its_id_on_its_site_and_by_its_md5_anywhere(layout: DataLayout):
    _scraped(layout, "one:", POST)
    take_down(layout, "1", "2026-01-02")
    known = takedowns.read(layout)
    assert known.cover("one:", 1)
    assert not known.cover("two:", 1)
    assert known.cover("two:", 7, "a" * 32)
    assert known.cover("two:", 7, "b" * 32)
    assert not known.cover("two:", 7, "")
    assert known.has("a" * 32)
    assert known.has("c" * 32)
    assert not known.has("")


def test_an_empty_list_is_no_input_and_the_date_makes_no_other(layout: DataLayout):
    assert Takedowns().inputs() == {}
    _scraped(layout, "one:", POST)
    take_down(layout, "1", "2026-01-02")
    known = takedowns.read(layout)
    later = Takedowns(tuple(dataclasses.replace(entry, date="") for entry in known.entries))
    assert known.inputs() == later.inputs() != {}


def test_pictures_that_look_alike_are_named(layout: DataLayout):
    _scraped(layout, "one:", POST)
    looks = {1: "00000000000000ff", 2: "00000000000000fe", 3: "ffffffffffffffff", 4: ""}
    md5_of = {1: "a" * 32}
    verdicts = [
        verdict_of(number, md5=md5_of.get(number, str(number) * 32), fingerprint=fingerprint)
        for number, fingerprint in looks.items()
    ]
    path = layout.stage("clean", "key") / "part-00000.parquet"
    manifest.write_table(path, Contract.VERDICTS, verdicts, Verdict)
    taken, _ = take_down(layout, "1", "2026-01-02")
    assert look_alikes(layout, taken, radius=4) == [2]
    assert look_alikes(layout, taken, radius=0) == []


def test_pictures_that_look_alike_are_named_whichever_table_they_are_in(layout: DataLayout):
    _scraped(layout, "one:", POST)
    for name, number, md5 in (("first", 1, POST.md5), ("second", 2, "2" * 32)):
        path = layout.stage("clean", name) / "part-00000.parquet"
        rows = [verdict_of(number, md5=md5, fingerprint="00000000000000ff")]
        manifest.write_table(path, Contract.VERDICTS, rows, Verdict)
    taken, _ = take_down(layout, "1", "2026-01-02")
    assert look_alikes(layout, taken, radius=4) == [2]


def test_requests_at_the_same_time_all_stay_on_the_list(layout: DataLayout):
    _scraped(
        layout, "one:", *(dataclasses.replace(POST, post_id=n, md5=f"{n:032}") for n in (1, 2))
    )
    path = Path(str(layout.takedowns_lease()))
    told = [sys.executable, "-c", HELD, str(path)]
    with subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline()
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(take_down, layout, "1", "2026-01-02")
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            # What the other process writes before it lets go.
            entry = takedowns.Takedown("one:", 2, f"{2:032}", "", "", "2026-01-01")
            files.write_json(layout.takedowns(), [dataclasses.asdict(entry)])
            other.communicate(b"done")
            waiting.result(timeout=60)
    assert [entry.post_id for entry in takedowns.read(layout).entries] == [1, 2]
    assert not path.exists()


HELD = """
import sys
from pathlib import Path
from storage import lease
held = lease.lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
held.release()
"""


def test_what_was_seen_of_a_picture_is_kept_with_it(layout: DataLayout):
    _scraped(layout, "one:", POST)
    seen = Measure(POST.md5, None, 9, 9, "00ff" * 4, 12.5, lossless=True)
    too_large = dataclasses.replace(seen, reason=DropReason.TOO_LARGE, fingerprint="")
    for key, measure in (("a", too_large), ("b", seen), ("c", too_large)):
        place = layout.looks(key) / "part-x.parquet"
        manifest.write_table(place, Contract.MEASURES, [measure], Measure)
    take_down(layout, "1", "2026-01-02")
    assert takedowns.read(layout).measures(MAX_PIXELS) == [seen]

    files.remove(layout.all_looks())
    take_down(layout, "1", "2027-01-02")
    assert takedowns.read(layout).measures(MAX_PIXELS) == [seen]
    # Where so large a picture is not looked at, it was not seen.
    assert takedowns.read(layout).measures(81) == [seen]
    assert takedowns.read(layout).measures(80) == []


def test_that_a_picture_was_too_large_for_one_dataset_tells_another_nothing(layout: DataLayout):
    _scraped(layout, "one:", POST)
    too_large = Measure(POST.md5, DropReason.TOO_LARGE, 0, 0, "", 0.0, lossless=False)
    place = layout.looks("a") / "part-x.parquet"
    manifest.write_table(place, Contract.MEASURES, [too_large], Measure)
    take_down(layout, "1", "2026-01-02")
    assert takedowns.read(layout).entries[0].measure == too_large
    assert takedowns.read(layout).measures(MAX_PIXELS) == []
    # Another dataset's look, once it is there, tells more.
    seen = dataclasses.replace(too_large, reason=None, width=9, height=9)
    place = layout.looks("b") / "part-x.parquet"
    manifest.write_table(place, Contract.MEASURES, [seen], Measure)
    take_down(layout, "1", "2026-01-03")
    assert takedowns.read(layout).measures(MAX_PIXELS) == [seen]


def test_a_list_of_before_anything_seen_was_kept_is_read_and_means_the_same(layout: DataLayout):
    _scraped(layout, "one:", POST)
    take_down(layout, "1", "2026-01-02")
    wanted = takedowns.read(layout)
    (entry,) = files.read_json(layout.takedowns())
    del entry["measure"]
    files.write_json(layout.takedowns(), [entry])
    assert takedowns.read(layout) == wanted
    measured = dataclasses.replace(
        wanted.entries[0], measure=Measure(POST.md5, None, 9, 9, "", 1.0, lossless=True)
    )
    assert Takedowns((measured,)).inputs() == wanted.inputs()


def test_a_table_that_an_older_version_has_left_hinders_nobody(layout: DataLayout):
    _scraped(layout, "one:", POST)
    old = layout.stage("clean", "old") / "part-00000.parquet"
    manifest.write_table(old, Contract.MEASURES, [], Measure)
    taken, _ = take_down(layout, "1", "2026-01-02")
    assert look_alikes(layout, taken, 4) == []


def test_a_damaged_table_of_looks_hinders_nobody(layout: DataLayout):
    _scraped(layout, "one:", POST)
    files.write_text(layout.looks("a") / "part-x.parquet", "no table")
    (entry,), deleted = take_down(layout, "1", "2026-01-02")
    assert (entry.measure, deleted) == (None, 2)


def test_what_came_back_meanwhile_is_deleted(layout: DataLayout):
    _scraped(layout, "one:", POST, dataclasses.replace(POST, post_id=2, md5="d" * 32, line_md5=""))
    take_down(layout, "1", "2026-01-02")
    images.keep(layout, POST.md5, "png", b"made")
    images.keep(layout, POST.line_md5, "png", b"line")
    takedowns.enforce(layout)
    assert [path.stem for path in layout.images().glob("*/*")] == ["d" * 32]


def test_what_the_table_had_nothing_of_stands_for_no_other_post(layout: DataLayout):
    _scraped(layout, "one:", dataclasses.replace(POST, site_md5="", line_md5=""))
    take_down(layout, "1", "2026-01-02")
    known = takedowns.read(layout)
    assert known.cover("one:", 1)
    assert not known.cover("one:", 7)
    assert not known.has("")


def test_squares_that_were_made_of_a_picture_go_with_it(layout: DataLayout):
    _scraped(layout, "one:", POST)
    for key in ("one way", "another"):
        for md5 in (POST.md5, "d" * 32):
            files.write_bytes(layout.square(key, md5), b"square")
    take_down(layout, "1", "2026-01-02")
    assert layout.squares(POST.md5) == []
    assert len(layout.squares("d" * 32)) == 2


@pytest.mark.parametrize(("radius", "found"), [(1, []), (2, [2]), (3, [2, 3])])
def test_look_alikes_differ_by_the_radius_at_most(
    layout: DataLayout, radius: int, found: list[int]
):
    _scraped(layout, "one:", POST)
    verdicts = [
        verdict_of(1, md5=POST.md5, fingerprint="0f"),
        verdict_of(2, fingerprint="3f"),
        verdict_of(3, fingerprint="7f"),
    ]
    path = layout.stage("clean", "key") / "part-00000.parquet"
    manifest.write_table(path, Contract.VERDICTS, verdicts, Verdict)
    taken, _ = take_down(layout, "1", "2026-01-02")
    assert look_alikes(layout, taken, radius) == found


@pytest.mark.parametrize(
    "strange",
    [
        {"post_id": "1"},
        {"post_id": None},
        {"md5": None},
        {"md5": "A" * 32},
        {"md5": "../../x"},
        {"line_md5": ["a"]},
        {"site": 7},
        {"measure": {"md5": "a" * 32, "width": "8"}},
    ],
)
def test_an_entry_of_another_shape_is_not_taken_for_one_that_covers(
    layout: DataLayout, strange: dict[str, object]
):
    entry = takedowns.Takedown("one:", 2, f"{2:032}", "", "", "2026-01-01")
    takedowns.write(layout, [entry])
    (content,) = files.read_json(layout.takedowns())
    files.write_json(layout.takedowns(), [content | strange])
    with pytest.raises(CorruptFile, match=r"takedowns\.json: no readable list"):
        takedowns.read(layout)


def test_what_a_killed_request_has_left_goes_with_the_next(
    layout: DataLayout, monkeypatch: pytest.MonkeyPatch
):
    _scraped(layout, "one:", POST)
    part = layout.root / ".takedowns.json.77-0.part"
    files.write_text(part, "names what was to go")
    lock = Path(str(layout.takedowns_lease()))
    seen, delete = list[bool](), takedowns.delete
    monkeypatch.setattr(takedowns, "delete", lambda *a: seen.append(lock.exists()) or delete(*a))
    take_down(layout, "1", "2026-01-02")
    assert not part.exists()
    # What keeps others out stays while it is needed.
    assert seen == [True]
