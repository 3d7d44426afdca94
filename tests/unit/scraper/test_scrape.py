"""scrape() over real HTTP: what it keeps, what it drops and why, and how it goes on."""

import hashlib
import sys
from collections import Counter

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from scraper.errors import SiteRefuses, StrangeAnswer
from scraper.sample_booru.collection import Kind, entries
from scraper.stage import scrape
from storage import images, manifest
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.records import DropReason, Md5Match, Post


def rows_of(layout, record):
    return list(manifest.rows_of(record, layout, Post))


def stored(layout):
    return sorted(path.name for path in layout.root.glob("images/*/[!.]*"))


def of_kind(kind):
    return next(entry for entry in entries(120) if entry.kind is kind)


@pytest.fixture
def elsewhere(tmp_path):
    return DataLayout.at(str(tmp_path / "elsewhere"))


def test_every_post_of_the_board_is_kept_or_dropped_with_a_reason(board, make_config, layout):
    record = scrape(make_config(board.address), layout)
    rows = rows_of(layout, record)
    assert [row.post_id for row in rows] == [entry.post_id for entry in reversed(entries(120))]
    reasons = {row.post_id: row.reason for row in rows if row.reason}
    assert reasons == {
        of_kind(Kind.GIF).post_id: DropReason.UNWANTED_TYPE,
        of_kind(Kind.PAGE).post_id: DropReason.NOT_A_PICTURE,
        of_kind(Kind.GHOST).post_id: DropReason.GHOST,
    }
    assert record.counts["listed"] == 120
    assert record.counts["originals"] == 117
    assert record.counts["line_art"] == 117
    assert record.counts["ghost"] == 1
    assert record.counts["md5_mismatch"] == 1


def test_originals_and_line_art_lie_in_the_store_under_their_md5(board, make_config, layout):
    rows = rows_of(layout, scrape(make_config(board.address, max_posts=15), layout))
    for row in rows:
        content = images.load(layout, row.md5, row.extension, row.sha256)
        assert hashlib.md5(content).hexdigest() == row.md5
        assert len(content) == row.bytes
        assert row.md5_match is Md5Match.MATCH
        assert images.load(layout, row.line_md5, "png").startswith(b"\x89PNG")


def test_a_file_cut_at_the_site_is_kept_and_its_md5_told_apart(board, make_config, layout):
    rows = rows_of(layout, scrape(make_config(board.address), layout))
    (cut,) = [row for row in rows if row.md5_match is Md5Match.MISMATCH]
    assert cut.post_id == of_kind(Kind.TRUNCATED).post_id
    assert cut.md5 != cut.site_md5


def test_no_picture_is_asked_for_twice(board, make_config, layout):
    rows = rows_of(layout, scrape(make_config(board.address), layout))
    asked = Counter(board.ear.files())
    assert set(asked.values()) == {1}
    copies = Counter(row.site_md5 for row in rows if row.reason is None)
    twice = [md5 for md5, number in copies.items() if number > 1]
    assert len(twice) == 3
    fetched = sum(path.startswith("/images") for path in asked)
    assert fetched == 117 - len(twice) + 1  # the page that is no picture was asked for too


def test_a_new_snapshot_lists_anew_and_fetches_no_known_original(board, make_config, layout):
    first = scrape(make_config(board.address, max_posts=20, line_art=False), layout)
    board.ear.forget()
    changes = {"max_posts": 20, "line_art": False, "snapshot": "2"}
    second = scrape(make_config(board.address, **changes), layout)
    assert second.key != first.key
    assert board.ear.files() == []
    assert rows_of(layout, second) == rows_of(layout, first)


def test_what_is_finished_is_not_asked_again(board, make_config, layout):
    first = scrape(make_config(board.address, max_posts=5), layout)
    board.ear.forget()
    assert scrape(make_config(board.address, max_posts=5), layout) == first
    assert board.ear.heard == []


def test_it_stops_at_the_very_number_of_originals(board, make_config, layout):
    record = scrape(make_config(board.address, max_posts=88), layout)
    assert record.counts["originals"] == 88
    asked = sum(path.startswith("/images") for path in board.ear.heard)
    assert asked <= 89


def test_unwanted_tags_are_left_out_by_the_site(board, make_config, layout):
    record = scrape(make_config(board.address, tags=("-monochrome", "animal")), layout)
    rows = rows_of(layout, record)
    assert rows
    assert all("animal" in row.tags and "monochrome" not in row.tags for row in rows)


def test_a_search_without_results_says_so(board, make_config, layout):
    with pytest.raises(BadInput, match="nothing_has_this"):
        scrape(make_config(board.address, tags=("nothing_has_this",)), layout)


def test_the_embedded_board_leaves_no_trace_of_its_port(make_config, layout, elsewhere):
    config = make_config("sample:", sample_posts=8)
    one, other = scrape(config, layout), scrape(config, elsewhere)
    assert one.outputs == other.outputs
    for row in rows_of(layout, one):
        assert "127.0.0.1" not in f"{row.file_url}{row.line_url}{row.post_url}{row.source}"
        assert row.file_url.startswith("/images/")


def test_a_run_stopped_in_the_second_page_goes_on_there(board, make_config, layout, elsewhere):
    board.ear.instead = lambda path, number: (
        PlainTextResponse("", 403) if number > 230 and path.startswith("/images") else None
    )
    with pytest.raises(SiteRefuses):
        scrape(make_config(board.address), layout)
    (part,) = layout.root.glob("scrape/*/part-*.parquet")
    assert part.name == "part-00000.parquet"
    before = set(board.ear.files())

    board.ear.forget()
    record = scrape(make_config(board.address), layout)
    # What was refused, on each connection, is all that is asked for a second time.
    assert len(set(board.ear.files()) & before) <= 2
    assert sum("dapi" in path for path in board.ear.heard) == 2
    assert record.outputs == scrape(make_config(board.address), elsewhere).outputs


def test_a_run_killed_at_once_leaves_the_same_files_in_the_end(
    board, make_config, layout, elsewhere
):
    config = make_config(board.address, requests_per_second=150)
    code = (
        "from scraper.config import ScraperConfig; from scraper.stage import scrape;"
        "from storage.layout import DataLayout;"
        f"scrape(ScraperConfig.model_validate_json({config.model_dump_json()!r}),"
        f" DataLayout.at({str(layout.root)!r}))"
    )
    board.ear.kill_at(225, [sys.executable, "-c", code])
    assert not list(layout.root.glob("scrape/*/stage.json"))

    record = scrape(config, layout)
    assert record.outputs == scrape(config, elsewhere).outputs
    assert stored(layout) == stored(elsewhere)


def test_an_empty_page_in_mid_result_is_not_the_end(board, make_config, layout):
    empty = b'<posts count="120" offset="0"></posts>'
    board.ear.instead = lambda path, number: (
        Response(empty) if number == 2 and "dapi" in path else None
    )
    assert scrape(make_config(board.address), layout).counts["listed"] == 120


def test_empty_pages_that_count_more_end_in_an_error_and_not_in_a_short_table(
    board, make_config, layout
):
    empty = b'<posts count="120" offset="0"></posts>'
    board.ear.instead = lambda path, _: Response(empty) if "dapi" in path else None
    with pytest.raises(StrangeAnswer, match="counts 120"):
        scrape(make_config(board.address), layout)


def test_json_is_read_where_xml_is_broken(board, make_config, layout, elsewhere):
    expected = scrape(make_config(board.address, max_posts=10), elsewhere)
    board.ear.instead = lambda path, _: (
        Response(b"<posts>") if "dapi" in path and "json" not in path else None
    )
    record = scrape(make_config(board.address, max_posts=10), layout)
    by_json, by_xml = rows_of(layout, record), rows_of(elsewhere, expected)
    assert [row.md5 for row in by_json] == [row.md5 for row in by_xml]
    assert {row.owner for row in by_json} == {"openmoji"}


def test_pages_are_read_where_the_api_is_closed(board, make_config, layout, elsewhere):
    expected = scrape(make_config(board.address, max_posts=60), elsewhere)
    board.ear.instead = lambda path, _: (
        HTMLResponse("<html>closed</html>") if "dapi" in path else None
    )
    record = scrape(make_config(board.address, max_posts=60), layout)
    by_page, by_api = rows_of(layout, record), rows_of(elsewhere, expected)
    assert [row.md5 for row in by_page] == [row.md5 for row in by_api]
    assert [row.line_md5 for row in by_page] == [row.line_md5 for row in by_api]


def test_a_site_that_does_not_heed_the_cursor_is_not_walked_in_circles(
    serve_site, make_config, layout
):
    posts = "".join(f'<post id="{n}" file_url="" />' for n in range(200, 100, -1))
    listing = f'<posts count="900" offset="0">{posts}</posts>'.encode()
    site = serve_site({"/index.php": lambda _: Response(listing)})
    with pytest.raises(StrangeAnswer, match="heed"):
        scrape(make_config(site.address), layout)


def test_pictures_elsewhere_gone_or_disguised_are_dropped_with_their_reasons(
    serve_site, make_config, layout
):
    urls = {
        9: "https://example.org/images/1/a.png",
        8: "/images/1/gone.png",
        7: "/images/1/film.jpg",
        6: "/images/1/film.webm",
        5: "/images/1/large.png",
    }
    listing = "".join(
        f'<post id="{n}" file_url="{url}" width="9" height="9"/>' for n, url in urls.items()
    )

    def index(request):
        found = "" if "id:<" in request.query_params["tags"] else listing
        count = len(urls) if found else 0
        return Response(f'<posts count="{count}" offset="0">{found}</posts>')

    site = serve_site(
        {
            "/index.php": index,
            "/images/1/gone.png": lambda _: PlainTextResponse("", 404),
            "/images/1/film.jpg": lambda _: Response(b"\x1aE\xdf\xa3 matroska"),
            "/images/1/large.png": lambda _: Response(b"\x89PNG\r\n\x1a\n" + b"0" * 5000),
        }
    )
    rows = rows_of(layout, scrape(make_config(site.address, max_bytes=4000), layout))
    assert {row.post_id: row.reason for row in rows} == {
        9: DropReason.FORBIDDEN_HOST,
        8: DropReason.GONE,
        7: DropReason.UNWANTED_TYPE,
        6: DropReason.UNWANTED_TYPE,
        5: DropReason.TOO_LARGE,
    }
    assert not list(layout.root.glob("images/*/*"))
