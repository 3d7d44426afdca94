"""List and post pages, the board's own and the recorded ones."""

import pytest
import requests
from bs4 import BeautifulSoup

from scraper import html
from scraper.dapi import read_page
from scraper.errors import StrangeAnswer


def page_of(board, **params):
    answer = requests.get(f"{board.address}/index.php", params=params, timeout=20)
    answer.raise_for_status()
    return answer.text


def listed(board, tags):
    text = page_of(board, page="dapi", s="post", q="index", tags=tags)
    return read_page(text.encode()).posts


def test_the_list_page_shows_the_newest_posts_first(board):
    ids = html.read_list(page_of(board, page="post", s="list", tags="id:<1400"))
    by_api = [post.post_id for post in listed(board, "id:<1400")]
    assert len(ids) == 42
    # Ghosts have no thumbnail, so a page of them is shorter than the API's.
    assert ids == [post_id for post_id in by_api if post_id in ids][:42]


def test_a_post_page_tells_what_the_api_tells(board):
    for by_api in listed(board, "")[:12]:
        page = page_of(board, page="post", s="view", id=by_api.post_id)
        by_page = html.read_post(page, by_api.post_id)
        for name in ("post_id", "width", "height", "tags", "source", "parent_id", "line_url"):
            assert getattr(by_page, name) == getattr(by_api, name), name
        assert by_page.file_name == by_api.file_name
        assert by_page.site_md5 in ("", by_api.site_md5)
        assert by_page.created_at == by_api.created_at.removesuffix("+00:00")


def test_the_original_is_read_and_not_the_smaller_sample(board):
    wide = listed(board, "width:>850")[0]
    page = page_of(board, page="post", s="view", id=wide.post_id)
    assert "/samples/" in page
    assert "/images/" in html.read_post(page, wide.post_id).file_url


def test_the_picture_that_a_post_page_shows_is_served(board):
    for post in (listed(board, "")[0], listed(board, "width:>850")[0]):
        page = page_of(board, page="post", s="view", id=post.post_id)
        shown = BeautifulSoup(page, "html.parser").select_one("#image")["src"]
        answer = requests.get(shown, timeout=20)
        assert answer.headers["content-type"].startswith("image/")


def test_a_list_of_several_pages_links_to_the_next_and_the_last(board):
    first = BeautifulSoup(page_of(board, page="post", s="list", tags="all"), "html.parser")
    assert "pid=42" in first.select_one("a[alt=next]")["href"]
    assert "pid=84" in first.select_one('a[alt="last page"]')["href"]
    last = page_of(board, page="post", s="list", tags="all", pid=84)
    assert 'alt="next"' not in last


def test_a_page_of_another_post_reads_as_a_ghost(board):
    post = listed(board, "")[0]
    page = page_of(board, page="post", s="view", id=post.post_id)
    assert html.read_post(page, post.post_id + 1).is_ghost


def test_a_page_that_is_no_list_is_not_an_empty_list(board):
    assert html.read_list(page_of(board, page="post", s="list", tags="nothing_has_this")) == []
    with pytest.raises(StrangeAnswer):
        html.read_list("<html><body>Database error</body></html>")
    with pytest.raises(StrangeAnswer, match="deep"):
        html.read_list("<h1>Unable to search this deep in temporarily.</h1>")


def test_the_recorded_list_reads(recorded):
    ids = html.read_list((recorded / "safebooru-list-2025-12.html").read_text())
    assert len(ids) == 42
    assert ids == sorted(ids, reverse=True)
    assert ids[:2] == [6256119, 6194343]


def test_the_recorded_post_reads(recorded):
    page = (recorded / "safebooru-post-6256119-2025-12.html").read_text()
    post = html.read_post(page, 6256119)
    assert post.file_url.endswith(
        "/images/546/370bb4b2300613c73511761f74075f979af5856b.png?6256119"
    )
    assert (post.width, post.height) == (2432, 3552)
    assert post.source.endswith("86683086_p0.png")
    assert "..." not in post.source
    assert post.owner == "danbooru"
    assert post.site_md5 == ""
    assert "honma_meiko" in post.tags


def test_an_old_recorded_post_reads(recorded):
    page = (recorded / "safebooru-post-100-2023-06.html").read_text()
    post = html.read_post(page, 100)
    assert not post.is_ghost
    assert post.tags


def test_a_source_that_the_page_shortens_is_read_from_its_link():
    stats = '<ul id="stats"><li>Id: 5</li><li>Source: {}</li></ul>'
    link = '<a href="https://example.org/a/long/way">https://example.org/a...</a>'
    assert html.read_post(stats.format(link), 5).source == "https://example.org/a/long/way"
    assert html.read_post(stats.format("a book of mine"), 5).source == "a book of mine"
