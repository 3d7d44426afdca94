"""A folder of pictures goes through the very same tables, and no network is touched."""

import hashlib
import json
import os
import shutil
import socket

import cv2
import numpy as np
import pytest

from dataset.takedown import take_down
from scraper.config import ScraperConfig
from scraper.stage import scrape, settled
from storage import images, manifest
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.records import TOMBSTONES, DropReason, Md5Match, Post
from tests.pictures import drawing, encoded


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a folder needs no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)


@pytest.fixture
def folder(tmp_path):
    """Three drawings, one of them below, one with lines and a word on whose it is; and others."""
    top = tmp_path / "drawings"
    (top / "below").mkdir(parents=True)
    (top / "b.png").write_bytes(encoded(drawing(1, 96)))
    lines = cv2.cvtColor(drawing(1, 96), cv2.COLOR_RGB2GRAY)
    (top / "b.line.png").write_bytes(encoded(np.dstack([lines] * 3)))
    (top / "b.png.json").write_text(
        json.dumps(
            {"tags": ["1girl", "red hat"], "source": "https://example.org/b", "rating": "s",
             "author": {"name": "Ada"}}
        )
    )  # fmt: skip
    (top / "below" / "a.JPG").write_bytes(encoded(drawing(2, 96), "JPEG"))
    (top / "c.webp").write_bytes(encoded(drawing(3, 96), "WEBP"))
    (top / "film.webm").write_bytes(b"\x1aE\xdf\xa3 matroska")
    (top / "moving.png").write_bytes(encoded(drawing(4, 96), "GIF"))
    (top / "notes.txt").write_text("by Ada")
    (top / ".hidden.png").write_bytes(encoded(drawing(5, 96)))
    return top


@pytest.mark.parametrize("closed", [".", "below"])
def test_what_cannot_be_read_is_not_taken_for_gone(folder, layout, monkeypatch, closed):
    scandir, place = os.scandir, str(folder / closed)

    def refuse(path):
        if str(path) == place:
            raise PermissionError(13, "Permission denied", place)
        return scandir(path)

    scrape(config_of(folder), layout)
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BadInput, match=rf"{place} cannot be read \(Permission denied\)"):
        scrape(config_of(folder, snapshot="2"), layout)
    assert len(layout.records("scrape")) == 1


def config_of(folder, **changes):
    return ScraperConfig(folder=str(folder), **changes)


def rows_of(layout, record):
    """The rows of the files that are there, by their addresses."""
    rows = manifest.rows_of(record, layout, Post)
    return {row.file_url: row for row in rows if row.reason not in TOMBSTONES}


def gone_of(layout, record):
    rows = manifest.rows_of(record, layout, Post)
    return {row.md5: row for row in rows if row.reason in TOMBSTONES}


def test_every_file_is_a_post_with_an_original_or_a_reason(folder, layout):
    record = scrape(config_of(folder), layout)
    rows = rows_of(layout, record)
    assert {address: row.reason for address, row in rows.items()} == {
        "b.png": None,
        "below/a.JPG": None,
        "c.webp": None,
        "film.webm": DropReason.UNWANTED_TYPE,
        "moving.png": DropReason.UNWANTED_TYPE,
        "notes.txt": DropReason.NOT_A_PICTURE,
    }
    assert record.counts["listed"] == 6
    assert record.counts["originals"] == record.counts["md5_not_given"] == 3
    assert (record.counts["unwanted_type"], record.counts["not_a_picture"]) == (2, 1)


def test_originals_and_true_lines_lie_in_the_store_under_their_md5(folder, layout):
    rows = rows_of(layout, scrape(config_of(folder), layout))
    content = (folder / "below" / "a.JPG").read_bytes()
    row = rows["below/a.JPG"]
    assert (row.md5, row.extension) == (hashlib.md5(content).hexdigest(), "jpg")
    assert (row.md5_match, row.line_md5) == (Md5Match.NOT_GIVEN, "")
    assert images.load(layout, row.md5, "jpg", row.sha256) == content
    row = rows["b.png"]
    assert row.line_url == "b.line.png"
    assert images.load(layout, row.line_md5, "png") == (folder / "b.line.png").read_bytes()


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "webp", "bmp", "JPG"])
def test_line_art_of_any_kind_is_known_and_kept_as_png(folder, layout, ending):
    kind = {"jpg": "JPEG", "jpeg": "JPEG", "JPG": "JPEG"}.get(ending, ending.upper())
    lines = np.full((96, 80, 3), 255, np.uint8)
    lines[40:44] = 0
    (folder / f"c.line.{ending}").write_bytes(encoded(lines, kind))
    rows = rows_of(layout, scrape(config_of(folder), layout))
    assert "c.line" not in " ".join(rows)
    assert rows["c.webp"].line_url == f"c.line.{ending}"
    kept = cv2.imdecode(
        np.frombuffer(images.load(layout, rows["c.webp"].line_md5, "png"), np.uint8),
        cv2.IMREAD_COLOR,
    )
    assert kept.shape == lines.shape
    assert np.abs(kept.astype(int) - lines).max() < 30


def test_of_several_kinds_of_line_art_the_png_is_taken_and_what_is_broken_is_not(folder, layout):
    (folder / "b.line.jpg").write_bytes(encoded(drawing(2, 96), "JPEG"))
    (folder / "c.line.jpg").write_bytes(b"no picture")
    cut = encoded(drawing(3, 96))[:-40]
    (folder / "below" / "a.line.png").write_bytes(cut)
    rows = rows_of(layout, scrape(config_of(folder), layout))
    assert rows["b.png"].line_url == "b.line.png"
    assert (rows["c.webp"].line_url, rows["c.webp"].line_md5) == ("", "")
    assert (rows["below/a.JPG"].line_url, rows["below/a.JPG"].line_md5) == ("", "")
    assert {"b.line.jpg", "c.line.jpg"}.isdisjoint(rows)


def test_whose_a_picture_is_comes_from_the_file_beside_it(folder, layout):
    rows = rows_of(layout, scrape(config_of(folder), layout))
    row = rows["b.png"]
    assert (row.tags, row.rating) == (("1girl", "red_hat"), "safe")
    assert (row.source, row.owner) == ("https://example.org/b", "Ada")
    assert (rows["c.webp"].source, rows["c.webp"].tags) == ("c.webp", ())


@pytest.mark.parametrize("content", ["[1]", "{broken", '{"tags": 3, "source": {}, "author": []}'])
def test_a_file_beside_it_that_says_nothing_does_no_harm(folder, layout, content):
    (folder / "c.webp.json").write_text(content)
    rows = rows_of(layout, scrape(config_of(folder), layout))
    assert (rows["c.webp"].reason, rows["c.webp"].owner) == (None, "")


def test_lines_and_notes_without_a_picture_are_files_of_their_own(folder, layout):
    (folder / "d.line.png").write_bytes(encoded(drawing(6, 96)))
    (folder / "d.json").write_text("{}")
    rows = rows_of(layout, scrape(config_of(folder), layout))
    assert rows["d.line.png"].reason is None
    assert rows["d.json"].reason is DropReason.NOT_A_PICTURE


def test_a_copy_of_the_folder_elsewhere_gives_the_same_tables(folder, layout, tmp_path):
    record = scrape(config_of(folder), layout)
    shutil.copytree(folder, tmp_path / "copy")
    other = scrape(config_of(tmp_path / "copy"), layout)
    assert other.key != record.key
    assert other.outputs == record.outputs


def test_ids_are_different_and_positive(folder, layout):
    rows = rows_of(layout, scrape(config_of(folder), layout))
    ids = {row.post_id for row in rows.values()}
    assert len(ids) == len(rows)
    assert all(0 < post_id < 1 << 63 for post_id in ids)


def test_a_run_stopped_between_parts_goes_on_behind_the_last(layout, tmp_path):
    top = tmp_path / "many"
    top.mkdir()
    for number in range(230):
        (top / f"{number:03d}.png").write_bytes(encoded(drawing(number, 24)))
    record = scrape(config_of(top), layout)
    assert [output.name[-7:] for output in record.outputs] == ["parquet"] * 3
    folder = layout.stage("scrape", record.key)
    for name in ("stage.json", "part-00001.parquet", "part-00002.parquet"):
        (folder / name).unlink()
    assert scrape(config_of(top), layout).outputs == record.outputs


def test_what_was_deleted_or_written_over_leaves_a_tombstone(folder, layout):
    before = rows_of(layout, scrape(config_of(folder, snapshot="1"), layout))
    (folder / "c.webp").unlink()
    (folder / "b.png").write_bytes(encoded(drawing(7, 96)))
    second = scrape(config_of(folder, snapshot="2"), layout)
    (folder / "c.webp").write_bytes(encoded(drawing(3, 96), "WEBP"))
    third = scrape(config_of(folder, snapshot="3"), layout)

    gone, later = (gone_of(layout, record) for record in (second, third))
    assert {md5: (row.post_id, row.reason) for md5, row in gone.items()} == {
        before["b.png"].md5: (before["b.png"].post_id, DropReason.REPLACED),
        before["c.webp"].md5: (before["c.webp"].post_id, DropReason.VANISHED),
    }
    assert later == {before["b.png"].md5: gone[before["b.png"].md5]}
    assert (second.counts["vanished"], second.counts["replaced"]) == (1, 1)
    # What was written over has come with a later look, and what is back is what it was.
    over, over_again = (rows_of(layout, record)["b.png"] for record in (second, third))
    assert (over.post_id, over.arrival) == (before["b.png"].post_id, 1)
    assert over_again == over
    back = rows_of(layout, third)["c.webp"]
    assert (back.post_id, back.reason, back.arrival) == (before["c.webp"].post_id, None, 0)


def test_one_folder_is_one_source_however_it_is_named(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    names = (str(folder), f"{folder}/", "drawings", "./drawings/")
    assert {ScraperConfig(folder=name).folder for name in names} == {str(folder)}
    assert ScraperConfig().folder == ""


def test_what_says_which_posts_of_which_site_makes_no_other_dataset_of_a_folder(folder, layout):
    of_site = {"base_url": "sample:", "tags": ("1girl",), "sample_posts": 40}
    assert config_of(folder, **of_site).settings() == config_of(folder).settings()
    assert {"base_url", "tags", "sample_posts"} <= ScraperConfig(**of_site).settings().keys()
    first = scrape(config_of(folder), layout)
    assert scrape(config_of(folder, **of_site), layout) == first


def test_a_record_of_a_folder_that_tells_of_a_site_too_is_built_on(folder, layout):
    first = scrape(config_of(folder, snapshot="1"), layout)
    # As it was written before such fields were left out.
    path = layout.record("scrape", first.key)
    told = json.loads(path.read_text())
    told["settings"] |= {"base_url": "sample:", "tags": ["1girl"]}
    path.write_text(json.dumps(told))
    second = scrape(config_of(folder, snapshot="2"), layout)
    assert (second.counts["new"], second.counts["known"]) == (0, 6)


def test_a_folder_that_nobody_touched_has_nothing_new(folder, layout):
    first = scrape(config_of(folder, snapshot="1"), layout)
    second = scrape(config_of(folder, snapshot="2"), layout)
    assert settled(second, layout) == first
    (folder / "notes.txt").write_text("by Ada, again")
    (folder / "d.png").write_bytes(encoded(drawing(9, 96)))
    third = scrape(config_of(folder, snapshot="3"), layout)
    assert (third.counts["new"], third.counts["known"], third.counts["changed"]) == (1, 6, 0)
    assert settled(third, layout) == third
    (folder / "d.png").unlink()
    fourth = scrape(config_of(folder, snapshot="4"), layout)
    assert (fourth.counts["changed"], fourth.counts["vanished"]) == (1, 1)
    assert settled(fourth, layout) == fourth


def test_a_file_that_is_back_before_a_killed_run_goes_on_is_not_gone(folder, layout):
    scrape(config_of(folder, snapshot="1"), layout)
    content = (folder / "c.webp").read_bytes()
    (folder / "c.webp").unlink()
    second = scrape(config_of(folder, snapshot="2"), layout)
    # As a run leaves it that was killed before its record was written.
    for name in ("stage.json", "part-00000.parquet"):
        (layout.stage("scrape", second.key) / name).unlink()
    (folder / "c.webp").write_bytes(content)
    again = scrape(config_of(folder, snapshot="2"), layout)
    assert gone_of(layout, again) == {}
    assert "vanished" not in again.counts


def test_odd_names_and_odd_sidecars_stop_nothing(folder, layout):
    # So long that the names of its line art and its sidecar could be none.
    longest = "彩" * 83 + "a.png"
    assert len(longest.encode()) == 254
    (folder / longest).write_bytes(encoded(drawing(9, 96)))
    (folder / "c.webp.json").write_text("[" * 100_000)
    rows = rows_of(layout, scrape(config_of(folder), layout))
    assert rows[longest].reason is rows["c.webp"].reason is None


def test_what_a_finished_snapshot_does_not_know_is_said(folder, layout, caplog):
    first = scrape(config_of(folder), layout)
    assert scrape(config_of(folder), layout) == first
    assert "since this snapshot" not in caplog.text
    (folder / "c.webp").unlink()
    (folder / "d.png").write_bytes(encoded(drawing(9, 96)))
    (folder / "e.png").write_bytes(encoded(drawing(8, 96)))
    assert scrape(config_of(folder), layout) == first
    assert "new=2 gone=1 changed=0 since this snapshot" in caplog.text
    (folder / "b.png").write_bytes(encoded(drawing(7, 96)))
    assert scrape(config_of(folder), layout) == first
    assert "new=2 gone=1 changed=1 since this snapshot" in caplog.text
    shutil.rmtree(folder)
    assert scrape(config_of(folder), layout) == first


def test_known_files_all_stay_and_so_many_others_come_as_there_is_room(folder, layout):
    first = rows_of(layout, scrape(config_of(folder, snapshot="1", max_posts=2), layout))
    assert set(first) == {"b.png", "below/a.JPG"}
    # It sorts before all others, and takes nobody's place.
    (folder / "a.png").write_bytes(encoded(drawing(9, 96)))
    same = scrape(config_of(folder, snapshot="2", max_posts=2), layout)
    assert (rows_of(layout, same), gone_of(layout, same)) == (first, {})
    fewer = scrape(config_of(folder, snapshot="3", max_posts=1), layout)
    assert (rows_of(layout, fewer), gone_of(layout, fewer)) == (first, {})
    more = scrape(config_of(folder, snapshot="4", max_posts=3), layout)
    assert set(rows_of(layout, more)) == {"a.png", *first}


def test_it_stops_at_the_very_number_of_originals(folder, layout, caplog):
    record = scrape(config_of(folder, max_posts=2), layout)
    assert record.counts["originals"] == 2
    assert "left out files=4; a higher --scraper.max-posts takes them" in caplog.text


def test_too_large_a_file_is_not_read(folder, layout):
    record = scrape(config_of(folder, max_bytes=20), layout)
    assert record.counts["too_large"] == 4
    assert record.counts["originals"] == 0


def test_our_own_root_within_the_folder_is_no_source(folder):
    layout = DataLayout.at(str(folder / "data"))
    first = rows_of(layout, scrape(config_of(folder), layout))
    assert rows_of(layout, scrape(config_of(folder, snapshot="2"), layout)) == first


def test_a_folder_that_is_not_there_or_empty_is_said(layout, tmp_path):
    with pytest.raises(BadInput, match="is no folder"):
        scrape(config_of(tmp_path / "nowhere"), layout)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no file"):
        scrape(config_of(tmp_path / "empty"), layout)


def test_what_was_taken_down_is_not_taken_again(folder, layout):
    rows = rows_of(layout, scrape(config_of(folder), layout))
    _, deleted = take_down(layout, rows["b.png"].md5, "2026-01-01")
    assert deleted == 2
    shutil.copy(folder / "b.png", folder / "again.png")
    before = rows["b.png"]
    rows = rows_of(layout, scrape(config_of(folder, snapshot="2"), layout))
    assert rows["b.png"].reason is rows["again.png"].reason is DropReason.TAKEN_DOWN
    # What it was keeps its kin together; what nobody knew is not learned now.
    assert (rows["b.png"].md5, rows["again.png"].md5) == (before.md5, "")
    assert sum(1 for _ in layout.root.glob("images/*/*")) == 2
