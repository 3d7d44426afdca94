"""A new snapshot asks only for what is new, notices what changed, and buries what is gone."""

import hashlib
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, replace
from xml.sax.saxutils import quoteattr

import pytest
from starlette.responses import PlainTextResponse, Response

from dataset.takedown import take_down
from scraper import known, stage, walk
from scraper.errors import SiteRefuses
from scraper.stage import scrape, settled
from storage import files, manifest, takedowns
from storage.errors import MissingInput
from storage.files import read_json
from storage.layout import LOOK_NAME, DataLayout
from storage.ledger import Stage
from storage.records import DropReason, Md5Match, Post

PAGE = 20


class Board:
    """A board whose posts the test edits; every post has a picture and true line art."""

    def __init__(self, ids):
        self.posts = {}
        self.gone = set()
        self.lines_end = b""
        for post_id in ids:
            self.add(post_id)

    def add(self, post_id, **fields):
        content = self.picture(post_id)
        self.posts[post_id] = {
            "id": post_id, "md5": hashlib.md5(content).hexdigest(), "tags": "1girl",
            "file_url": f"/images/1/{post_id}.png", "line_url": f"/lines/1/{post_id}.png",
            "width": 9, "height": 9, "rating": "s", "score": 1, "change": 1, "source": "",
        } | fields  # fmt: skip

    @staticmethod
    def picture(post_id):
        return b"\x89PNG\r\n\x1a\n" + str(post_id).encode()

    @staticmethod
    def lines(name):
        return b"\x89PNG\r\n\x1a\nline" + name.encode()

    def routes(self):
        return {
            "/index.php": self._index,
            "/images/1/{name}": self._file,
            "/lines/1/{name}": lambda request: Response(
                self.lines(request.path_params["name"]) + self.lines_end
            ),
        }

    def _index(self, request):
        below = [
            int(word.removeprefix("id:<"))
            for word in request.query_params["tags"].split()
            if word.startswith("id:<")
        ]
        found = sorted((n for n in self.posts if not below or n < below[0]), reverse=True)
        told = "".join(
            f"<post {' '.join(f'{k}={quoteattr(str(v))}' for k, v in self.posts[n].items())}/>"
            for n in found[:PAGE]
        )
        return Response(f'<posts count="{len(found)}" offset="0">{told}</posts>')

    def _file(self, request):
        post_id = int(request.path_params["name"].removesuffix(".png"))
        if post_id in self.gone:
            return PlainTextResponse("", 404)
        return Response(self.picture(post_id))


@pytest.fixture
def board():
    return Board(range(1, 31))


@pytest.fixture
def site(board, serve_site):
    return serve_site(board.routes())


@pytest.fixture
def look(site, make_config, layout):
    """Make a snapshot; gives its record, its rows by id, and the files it asked for."""

    def make(snapshot, *, disturbed=False, **changes):
        if not disturbed:
            site.ear.forget()
        record = scrape(make_config(site.address, snapshot=snapshot, **changes), layout)
        return record, rows_of(layout, record), site.ear.files()

    return make


def rows_of(layout, record):
    """The rows of the posts by their ids, without those of originals that were replaced."""
    rows = list(manifest.rows_of(record, layout, Post))
    assert [row.post_id for row in rows] == sorted((row.post_id for row in rows), reverse=True)
    return {row.post_id: row for row in rows if row.reason is not DropReason.REPLACED}


@pytest.mark.parametrize("at_once", [1, 7, PAGE, 100])
def test_known_posts_are_all_renewed_and_counted_however_many_at_once(
    board, look, monkeypatch, at_once
):
    monkeypatch.setattr(walk, "KNOWN_AT_ONCE", at_once)
    look("1")
    for post in board.posts.values():
        post["score"] = 100 + post["id"]
    record, rows, asked = look("2")
    assert asked == []
    assert {number: row.score for number, row in rows.items()} == {
        number: 100 + number for number in range(1, 31)
    }
    assert record.counts["originals"] == 30


@pytest.mark.parametrize("number", [1, 2])
def test_pictures_of_one_page_come_over_several_connections_new_ones_and_lost_ones(
    board, look, layout, monkeypatch, number
):
    together = threading.Barrier(2, timeout=20)

    def picture_beside_another(post_id):
        together.wait()
        return Board.picture(post_id)

    monkeypatch.setattr(walk, "KNOWN_AT_ONCE", 100)
    for post_id in range(19, 31):
        del board.posts[post_id]
    if number == 2:
        look("1", line_art=False)
        files.remove(layout.images())
    # Of eighteen, each waits for another one to be asked for.
    board.picture = picture_beside_another
    record, _, asked = look(str(number), line_art=False, connections=2)
    assert len(asked) == 18
    assert record.counts["originals"] == 18


@pytest.mark.parametrize("number", [1, 2])
def test_progress_counts_the_originals_of_new_posts_and_of_known_ones(
    board, look, monkeypatch, number
):
    told = []

    @contextmanager
    def watch(name, total):
        yield lambda done=1, **facts: told.append((done, facts["post"]))

    board.posts[7]["file_url"] = "/images/1/7.gif"
    if number == 2:
        look("1")
    monkeypatch.setattr(stage, "watch", watch)
    look(str(number))
    assert sorted(told) == sorted((int(post != 7), str(post)) for post in range(1, 31))


def test_only_pictures_of_newer_posts_are_fetched(board, look):
    look("1")
    for post_id in (31, 32):
        board.add(post_id)
    record, rows, asked = look("2")
    assert sorted(asked) == [
        "/images/1/31.png", "/images/1/32.png", "/lines/1/31.png", "/lines/1/32.png",
    ]  # fmt: skip
    assert list(rows) == list(range(32, 0, -1))
    assert (record.counts["known"], record.counts["new"], record.counts["edited"]) == (30, 2, 0)


def test_a_look_that_finds_nothing_new_only_lists_and_leads_back_to_the_first(board, look, layout):
    first, rows, _ = look("1")
    board.posts[3]["score"] = 99
    second, again, asked = look("2")
    third, _, _ = look("3")
    assert asked == []
    assert again[3].score == 99
    assert again | {3: rows[3]} == rows
    assert settled(third, layout) == settled(second, layout) == settled(first, layout) == first


def test_a_look_builds_on_the_one_before_it_though_the_clock_was_put_back(look, layout):
    first, _, _ = look("1")
    second, _, _ = look("2")
    files.write_json(
        layout.record(Stage.SCRAPE, second.key), asdict(replace(second, ended_at="2001-01-01"))
    )
    third, _, _ = look("3")
    assert known.look_of(second, layout).base == first.key
    assert known.look_of(third, layout).base == second.key


def test_a_record_that_cannot_be_read_is_named_and_hinders_no_look(
    look, layout, caplog: pytest.LogCaptureFixture
):
    first, _, _ = look("1")
    broken = layout.record(Stage.SCRAPE, "bad" * 4)
    files.write_text(broken, "{")
    record, _, asked = look("2")
    assert known.look_of(record, layout).base == first.key
    assert asked == []
    assert f"not built on: {broken}: no readable record" in caplog.text


def test_an_edited_post_is_renewed_and_counted_and_its_picture_not_asked_for(board, look, layout):
    look("1")
    board.posts[7] |= {"tags": "1girl hat", "rating": "q", "change": 2}
    board.posts[8] |= {"source": "https://example.org/8"}
    record, rows, asked = look("2")
    assert rows[7].tags == ("1girl", "hat")
    assert (rows[7].rating, rows[7].changed_at) == ("questionable", 2)
    assert rows[8].source == "https://example.org/8"
    assert record.counts["edited"] == 2
    assert asked == []
    assert settled(record, layout) == record


def redraw(board, post_id, word):
    """Let the board serve another picture of a post, and say so."""
    content, rest = Board.picture(post_id) + word, board.picture
    board.posts[post_id] |= {"md5": hashlib.md5(content).hexdigest()}
    board.picture = lambda number: content if number == post_id else rest(number)


def test_a_picture_that_the_site_replaced_is_fetched_anew_and_the_one_before_is_told(
    board, look, layout
):
    _, before, _ = look("1")
    redraw(board, 7, b" redrawn")
    record, rows, asked = look("2")
    assert asked == ["/images/1/7.png", "/lines/1/7.png"]
    assert (rows[7].md5, rows[7].md5_match) == (rows[7].site_md5, Md5Match.MATCH)
    assert (rows[7].arrival, before[7].arrival) == (1, 0)
    counts = record.counts
    assert (counts["edited"], counts["changed"], counts["new"], counts["known"]) == (1, 1, 0, 30)
    assert (counts["listed"], counts["originals"], counts["replaced"]) == (30, 30, 1)
    assert replaced_in(layout, record) == [
        replace(before[7], reason=DropReason.REPLACED, vanished_on=date_of(layout, record))
    ]


def test_line_art_follows_the_original_that_it_is_of(board, look):
    lines_of = {name: hashlib.md5(board.lines("7.png") + name).hexdigest() for name in (b"", b"2")}
    _, first, _ = look("1")
    redraw(board, 7, b" redrawn")
    board.lines_end = b"2"
    _, second, asked = look("2")
    assert asked == ["/images/1/7.png", "/lines/1/7.png"]
    assert [rows[7].line_md5 for rows in (first, second)] == [lines_of[b""], lines_of[b"2"]]
    assert look("3")[1:] == (second, [])
    # A post of which another place is told has other line art there.
    board.posts[8]["line_url"] = "/lines/1/new.png"
    _, rows, asked = look("4")
    assert (asked, rows[8].line_url) == (["/lines/1/new.png"], "/lines/1/new.png")


def test_a_look_that_cannot_tell_a_picture_by_its_md5_forgets_none(board, look):
    _, first, _ = look("1")
    stated = board.posts[7].pop("md5")
    assert look("2")[1:] == (first, [])
    board.posts[7]["md5"] = stated
    redraw(board, 7, b" redrawn")
    _, rows, asked = look("3")
    assert asked == ["/images/1/7.png", "/lines/1/7.png"]
    assert rows[7].md5 != first[7].md5


def test_larger_originals_are_dropped_though_another_search_has_stored_them(board, look):
    redraw(board, 7, b"x" * 9_000)
    redraw(board, 8, b"x" * (5_000 - len(Board.picture(8))))
    _, rows, _ = look("1")
    assert rows[7].bytes > 9_000
    record, rows, _ = look("2", tags=("-none",), max_bytes=5_000)
    assert (rows[7].reason, rows[7].bytes) == (DropReason.TOO_LARGE, 0)
    assert (rows[8].reason, rows[8].bytes) == (None, 5_000)
    assert record.counts["originals"] == 29


def test_what_was_replaced_stays_told_until_it_is_back_and_then_is_what_it_was(board, look, layout):
    _, first, _ = look("1")
    redraw(board, 7, b" redrawn")
    second, between, _ = look("2")
    idle, _, asked = look("3")
    assert (replaced_in(layout, idle), asked) == (replaced_in(layout, second), [])
    assert settled(idle, layout) == second
    redraw(board, 7, b"")
    back, rows, asked = look("4")
    assert (rows, asked) == (first, [])
    assert [row.md5 for row in replaced_in(layout, back)] == [between[7].md5]


def test_what_was_replaced_and_is_served_no_more_heals_with_both_told(board, look, layout):
    _, first, _ = look("1")
    redraw(board, 7, b" redrawn")
    board.gone = {7}
    gone, rows, _ = look("2")
    assert (rows[7].reason, rows[7].md5) == (DropReason.GONE, "")
    assert [row.md5 for row in replaced_in(layout, gone)] == [first[7].md5]
    board.gone = set()
    healed, rows, _ = look("3")
    assert (rows[7].reason, rows[7].md5, rows[7].arrival) == (None, rows[7].site_md5, 2)
    assert replaced_in(layout, healed) == replaced_in(layout, gone)
    board.posts.pop(7)
    lost, rows, _ = look("4")
    assert rows[7].reason is DropReason.VANISHED
    assert replaced_in(layout, lost) == replaced_in(layout, gone)
    assert (lost.counts["listed"], lost.counts["vanished"], lost.counts["replaced"]) == (29, 1, 1)


def test_a_post_that_had_no_original_and_gets_one_leaves_what_it_tied(board, look, layout):
    board.gone = {7, 8}
    board.posts[7]["parent_id"] = 3
    _, first, _ = look("1")
    board.gone = set()
    healed, rows, _ = look("2")
    assert (rows[7].reason, rows[7].parent_id, rows[7].arrival) == (None, 3, 1)
    (tie,) = replaced_in(layout, healed)
    assert (tie.post_id, tie.md5, tie.parent_id, tie.arrival) == (7, "", 3, first[7].arrival)
    again, _, _ = look("3")
    assert replaced_in(layout, again) == [tie]


def test_a_post_that_never_had_an_original_and_was_hidden_for_a_look_is_asked_for(board, look):
    board.gone = {7}
    _, rows, _ = look("1")
    assert rows[7].reason is DropReason.GONE
    hidden = board.posts.pop(7)
    _, rows, asked = look("2")
    assert (rows[7].reason, asked) == (DropReason.VANISHED, [])
    board.posts[7], board.gone = hidden, set()
    _, rows, asked = look("3")
    assert (rows[7].reason, asked[0]) == (None, "/images/1/7.png")


def test_a_snapshot_that_is_made_again_builds_on_none_that_builds_on_it(board, look, layout):
    first, _, _ = look("1")
    second, _, _ = look("2")
    files.remove(layout.stage("scrape", first.key))
    look("1")
    third, _, _ = look("3")
    assert settled(third, layout).key in {first.key, second.key, third.key}
    base = read_json(layout.stage("scrape", first.key) / "look.json")["base"]
    assert base == ""


def test_a_number_that_no_table_can_hold_is_none(board, look):
    board.posts[7] |= {"score": 10**20, "change": -(10**20)}
    _, rows, _ = look("1")
    assert (rows[7].score, rows[7].changed_at, rows[7].reason) == (0, 0, None)


def replaced_in(layout, record):
    return [
        row for row in manifest.rows_of(record, layout, Post) if row.reason is DropReason.REPLACED
    ]


def date_of(layout, record):
    return read_json(layout.stage("scrape", record.key) / "look.json")["date"]


def test_a_vanished_post_gets_a_tombstone_with_its_date_and_is_never_asked_for_again(
    board, look, layout
):
    _, rows, _ = look("1")
    lost = {post_id: board.posts.pop(post_id) for post_id in (1, 10, 11, 30)}
    record, second, _ = look("2")
    pinned = date_of(layout, record)
    buried = {number: row for number, row in second.items() if row.reason}
    assert set(buried) == set(lost)
    assert {row.reason for row in buried.values()} == {DropReason.VANISHED}
    assert {row.vanished_on for row in buried.values()} == {pinned}
    assert {row.md5 for row in buried.values()} == {rows[number].md5 for number in lost}
    assert (record.counts["vanished"], record.counts["listed"]) == (4, 26)

    third, rows, asked = look("3")
    assert {number: row for number, row in rows.items() if row.reason} == buried
    assert asked == []
    assert settled(third, layout) == record


def test_a_post_that_comes_back_lives_again_without_a_request(board, look):
    _, first, _ = look("1")
    lost = board.posts.pop(15)
    look("2")
    board.posts[15] = lost
    _, rows, asked = look("3")
    assert rows == first
    assert asked == []


def test_what_was_gone_is_tried_again_and_what_is_no_picture_is_not(board, look):
    board.gone = {10}
    board.picture = lambda post_id: b"<html>" if post_id == 11 else Board.picture(post_id)
    _, rows, _ = look("1")
    assert (rows[10].reason, rows[11].reason) == (DropReason.GONE, DropReason.NOT_A_PICTURE)
    board.gone = set()
    _, rows, asked = look("2")
    assert (rows[10].reason, rows[11].reason) == (None, DropReason.NOT_A_PICTURE)
    assert asked == ["/images/1/10.png", "/lines/1/10.png"]


def test_pictures_that_are_not_what_the_site_states_are_known_all_the_same(board, look):
    board.picture = lambda post_id: Board.picture(post_id) + b" polished"
    look("1")
    board.add(31, md5=board.posts[20]["md5"])
    record, rows, asked = look("2")
    assert asked == ["/lines/1/31.png"]
    assert rows[31].md5 == rows[20].md5 != rows[20].site_md5
    assert record.counts["md5_mismatch"] == 31


def test_a_picture_deleted_from_the_store_is_fetched_again(board, look, layout):
    _, rows, _ = look("1")
    layout.image(rows[5].md5, "png").unlink()
    _, again, asked = look("2")
    assert asked == ["/images/1/5.png"]
    assert again == rows


def test_all_known_posts_stay_and_so_many_newer_ones_come_at_most(board, look):
    look("1", max_posts=6)
    for post_id in range(31, 71):
        board.add(post_id)
    _, rows, _ = look("2", max_posts=6)
    assert set(rows) == {*range(25, 31), *range(65, 71)}
    _, rows, _ = look("3", max_posts=34)
    assert set(rows) == set(range(25, 71))


def test_a_larger_wish_goes_on_below_what_is_known(board, look):
    look("1", max_posts=6)
    _, rows, asked = look("2", max_posts=24)
    assert set(rows) == set(range(7, 31))
    assert len(asked) == 2 * 18


def test_other_tags_and_another_site_are_another_search(board, look):
    look("1", max_posts=5)
    record, _, _ = look("2", max_posts=5, tags=("1girl",))
    assert "known" not in record.counts


def test_a_killed_refresh_goes_on_with_the_same_base_and_date(board, look, site, layout):
    look("1")
    for post_id in range(31, 80):
        board.add(post_id)
    site.ear.instead = lambda path, _: PlainTextResponse("", 403) if "/40." in path else None
    with pytest.raises(SiteRefuses):
        look("2", disturbed=True)
    (pinned,) = [path for path in layout.root.glob("scrape/*/look.json") if read_json(path)["base"]]
    told = read_json(pinned) | {"date": "2020-02-02"}
    pinned.write_text(str(told).replace("'", '"'))
    # A snapshot that is finished meanwhile is not what it goes on with.
    look("between")
    board.posts.pop(17)
    record, rows, _ = look("2")
    assert rows[17].vanished_on == "2020-02-02"
    assert read_json(pinned) == told
    assert record.counts["known"] == 30


def test_a_base_that_is_gone_is_said_in_one_line(board, look, site, layout):
    first, _, _ = look("1")
    site.ear.forget()
    site.ear.instead = lambda path, _: PlainTextResponse("", 403) if "index" in path else None
    with pytest.raises(SiteRefuses):
        look("2", disturbed=True)
    layout.record("scrape", first.key).unlink()
    with pytest.raises(MissingInput, match="the snapshot that this one builds on is gone"):
        look("2")


def test_a_picture_taken_down_is_never_fetched_again(board, look, layout):
    _, rows, _ = look("1")
    taken, deleted = take_down(layout, "9", "2026-01-01")
    assert (len(taken), deleted) == (1, 2)
    # Its post, a second post of it, and a second post that states another md5 than it serves.
    board.add(31, md5=rows[9].md5)
    board.add(32, md5="0" * 32)
    board.picture = lambda post_id: Board.picture(9 if post_id == 32 else post_id)
    record, again, asked = look("2")
    assert "/images/1/9.png" not in asked
    assert "/images/1/31.png" not in asked
    assert {n for n, row in again.items() if row.reason is DropReason.TAKEN_DOWN} == {9, 31, 32}
    assert record.counts["taken_down"] == 3
    assert not list(layout.root.glob(f"images/*/{rows[9].md5}*"))


def test_what_was_taken_down_is_never_asked_for_again_by_whichever_post(board, look, layout):
    same = Board.picture(7)
    board.picture = lambda number: same if number == 8 else Board.picture(number)
    board.posts[8]["md5"] = "b" * 32
    board.posts[9]["line_url"] = board.posts[7]["line_url"]
    _, first, _ = look("1")
    take_down(layout, "7", "2026-01-01")
    for name in ("2", "3"):
        _, rows, asked = look(name)
        assert asked == []
        assert (rows[8].reason, rows[8].md5) == (DropReason.TAKEN_DOWN, first[7].md5)
        assert (rows[9].reason, rows[9].line_md5) == (None, first[7].line_md5)


def test_another_picture_of_a_post_whose_picture_was_taken_down_elsewhere_is_taken(
    board, look, layout
):
    same = Board.picture(7)
    board.picture = lambda number: same if number == 8 else Board.picture(number)
    board.posts[8]["md5"] = board.posts[7]["md5"]
    look("1")
    takedowns_of_7, _ = take_down(layout, "7", "2026-01-01")
    assert [entry.post_id for entry in takedowns_of_7] == [7]
    redraw(board, 8, b" redrawn")
    _, rows, asked = look("2")
    assert (rows[8].reason, rows[8].md5) == (None, rows[8].site_md5)
    assert "/images/1/8.png" in asked


def test_a_takedown_that_is_asked_for_again_after_a_look_changes_nothing(board, look, layout):
    look("1")
    take_down(layout, "9", "2026-01-01")
    wanted = takedowns.read(layout)
    _, rows, _ = look("2")
    assert rows[9].line_md5 == wanted.entries[0].line_md5
    take_down(layout, "9", "2026-02-02")
    assert takedowns.read(layout) == wanted


def test_a_look_that_tells_no_places_of_line_art_forgets_none(board, look):
    _, first, _ = look("1")
    places = {number: board.posts[number].pop("line_url") for number in board.posts}
    assert look("2")[1:] == (first, [])
    for number, place in places.items():
        board.posts[number]["line_url"] = place
    assert look("3")[1:] == (first, [])


def test_what_is_taken_down_while_a_scrape_runs_does_not_stay(board, look, layout, site):
    _, first, _ = look("1")
    taken = []

    def take_down_once(path, _):
        if path.startswith("/index.php") and not taken:
            taken.append(take_down(layout, "7", "2026-01-01"))

    site.ear.forget()
    site.ear.instead = take_down_once
    look("2", disturbed=True)
    assert taken
    assert not list(layout.images().glob(f"*/{first[7].md5}*"))
    assert not list(layout.images().glob(f"*/{first[7].line_md5}*"))


def test_a_picture_taken_down_whose_post_is_gone_is_not_counted_as_listed(board, look, layout):
    _, rows, _ = look("1")
    take_down(layout, "9", "2026-01-01")
    look("2")
    hidden = board.posts.pop(9)
    record, gone, _ = look("3")
    assert (gone[9].reason, gone[9].md5) == (DropReason.VANISHED, rows[9].md5)
    assert record.counts["listed"] == 29
    board.posts[9] = hidden
    record, back, asked = look("4")
    assert (back[9].reason, back[9].md5, asked) == (DropReason.TAKEN_DOWN, rows[9].md5, [])
    assert record.counts["listed"] == 30


def test_what_the_site_replaced_while_a_page_was_cut_short_is_asked_for_again(board, look, site):
    site.ear.instead = lambda path, _: PlainTextResponse("", 403) if "/12.png" in path else None
    with pytest.raises(SiteRefuses):
        look("1", disturbed=True)
    assert "/images/1/28.png" in site.ear.files()
    redraw(board, 28, b" redrawn")
    _, rows, asked = look("1")
    assert "/images/1/28.png" in asked
    assert "/images/1/27.png" not in asked
    assert (rows[28].md5, rows[28].md5_match) == (rows[28].site_md5, Md5Match.MATCH)


def test_a_page_cut_short_by_a_kill_is_not_asked_for_again(site, board, make_config, layout, look):
    # No picture is what the site states, so that none can be found by its name in the store.
    board.picture = lambda post_id: Board.picture(post_id) + b" polished"
    config = make_config(site.address, requests_per_second=200, connections=1)
    code = (
        "from scraper.config import ScraperConfig; from scraper.stage import scrape;"
        "from storage.layout import DataLayout;"
        f"scrape(ScraperConfig.model_validate_json({config.model_dump_json()!r}),"
        f" DataLayout.at({str(layout.root)!r}))"
    )
    site.ear.kill_at(35, [sys.executable, "-c", code])
    before = site.ear.files()
    assert len(before) > 25

    record = scrape(config, layout)
    asked = Counter(site.ear.files())
    # Only what was on its way when the kill came.
    assert sum(asked.values()) - len(asked) <= 1
    assert record.counts["originals"] == record.counts["md5_mismatch"] == 30
    assert not list(layout.root.glob("scrape/*/*.jsonl"))
    elsewhere = DataLayout.at(str(layout.root / "elsewhere"))
    assert scrape(config, elsewhere).outputs == record.outputs


def test_a_look_that_was_lost_is_taken_again_and_tells_the_same(look, layout):
    look("1")
    record, before, _ = look("2")
    path = layout.stage(Stage.SCRAPE, record.key) / LOOK_NAME
    told = path.read_text()
    path.unlink()
    again, rows, asked = look("2")
    assert (path.read_text(), again.outputs, rows) == (told, record.outputs, before)
    assert asked == []


@pytest.mark.parametrize("content", ["{}", "[", None])
def test_a_snapshot_whose_look_tells_nothing_is_not_built_on(look, layout, caplog, content):
    first, _, _ = look("1")
    second, _, _ = look("2")
    path = layout.stage(Stage.SCRAPE, second.key) / LOOK_NAME
    path.unlink() if content is None else path.write_text(content)
    record, _, _ = look("3")
    assert known.look_of(record, layout).base == first.key
    assert f"not built on: {path}" in caplog.text
