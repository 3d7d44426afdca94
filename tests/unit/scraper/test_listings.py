"""Answers of the API, told apart and read."""

import json

import pytest

from scraper.dapi import read_page
from scraper.errors import SearchRefused, StrangeAnswer

POST = {
    "id": 7,
    "file_url": "https://site/images/12/abc.png",
    "md5": "0" * 31 + "A",
    "width": "40",
    "height": 30,
    "rating": "s",
    "tags": " b  a ",
    "score": "",
    "parent_id": "",
    "created_at": "Wed Jun 14 14:16:19 +0000 2023",
}


def as_xml(*posts, count="1", root="posts"):
    inside = "".join(
        "<post " + " ".join(f'{key}="{value}"' for key, value in post.items()) + "/>"
        for post in posts
    )
    return f'<?xml version="1.0"?><{root} count="{count}" offset="0">{inside}</{root}>'.encode()


def test_a_post_reads_the_same_from_xml_and_from_json():
    by_json = POST | {"hash": POST["md5"], "score": None, "parent_id": 0, "rating": "safe"}
    del by_json["md5"]
    (from_xml,) = read_page(as_xml(POST)).posts
    (from_json,) = read_page(json.dumps([by_json]).encode()).posts
    assert from_xml == from_json
    assert from_xml.tags == ("b", "a")
    assert from_xml.score is None
    assert from_xml.site_md5 == "0" * 31 + "a"
    assert from_xml.created_at == "2023-06-14T14:16:19+00:00"
    assert (from_xml.width, from_xml.height, from_xml.parent_id) == (40, 30, 0)


def test_xml_that_comes_where_json_was_asked_is_read_by_its_body():
    assert read_page(b"\xef\xbb\xbf \n" + as_xml(POST, count="12")).count == 12
    assert read_page(json.dumps([POST]).encode()).count is None


def test_no_results_are_an_empty_body_or_a_count_of_none():
    assert read_page(b"").posts == ()
    assert read_page(b"").count is None
    assert read_page(as_xml(count="0")).count == 0
    assert [read_page(as_xml(count=many)).count for many in ("²", "9" * 5000)] == [None, None]


def test_older_answers_name_only_folder_and_file():
    old = {"id": "5", "directory": "31", "image": "abc.jpg", "width": 2, "height": 2}
    (post,) = read_page(json.dumps([old]).encode()).posts
    assert post.file_url == "/images/31/abc.jpg"
    assert not post.is_ghost


def test_a_record_without_a_picture_is_a_ghost():
    ghost = {"id": 14, "file_url": "https://site/images//", "width": None, "hash": None}
    (post,) = read_page(json.dumps([ghost]).encode()).posts
    assert post.is_ghost
    assert post.score is None


def test_an_md5_that_could_lead_out_of_the_store_is_not_believed():
    (post,) = read_page(json.dumps([POST | {"md5": "../../etc/passwd"}]).encode()).posts
    assert post.site_md5 == ""


@pytest.mark.parametrize(
    "body",
    [
        b'<response success="false" reason="Search error: API limited due to abuse."/>',
        b"<error>Missing authentication. Go elsewhere</error>",
        b'{"success": "false", "message": "search down"}',
        b'"Too deep"',
        b"Too deep! Pull it back some.",
    ],
)
def test_a_refusal_is_never_taken_for_no_results(body):
    with pytest.raises(SearchRefused):
        read_page(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html></html>",
        b'<?xml version="1.0" encoding="UTF-8"?><posts>',
        b'<!DOCTYPE posts [<!ENTITY a "aaaa">]><posts count="1"><post id="1" tags="&a;"/></posts>',
        b'<tags type="array"></tags>',
        b'{"@attributes": {"count": 1}, "post": []}',
        b"[1, 2]",
        b"[{",
        b"[" * 100_000,
        b'[{"id": 1' + b"0" * 5000 + b"}]",
        b'[{"id": null}]',
        b'[{"id": "many"}]',
        b'<posts><post deleted="1812571" md5="0b77608943a1e4efd765479df6d0c81c"/></posts>',
    ],
)
def test_half_answers_and_those_of_other_boards_are_refused(body):
    with pytest.raises(StrangeAnswer):
        read_page(body)


def test_the_recorded_posts_read_to_their_values(recorded):
    page = read_page((recorded / "safebooru-dapi-posts-2023-06.xml").read_bytes())
    assert page.count == 3781989
    assert [post.post_id for post in page.posts] == [4401125, 4401124, 4401123, 4401122, 4401121]
    assert [post.extension for post in page.posts] == ["gif", "gif", "jpeg", "jpeg", "png"]
    last = page.posts[-1]
    assert last.source == "https://www.pixiv.net/en/artworks/108420168"
    assert last.tags[:2] == (":d", "black_hair")
    assert (last.width, last.height, last.rating) == (1438, 1256, "safe")
    assert last.site_md5 == "8ccd8d88b31badfb2fdc38459caafe87"


@pytest.mark.parametrize(
    ("name", "post_id", "score", "is_ghost"),
    [
        ("safebooru-dapi-post-2193950.json", 2193950, 1, False),
        ("safebooru-dapi-post-6077620-2025-09.json", 6077620, None, False),
        ("safebooru-dapi-ghost-14029915-2026.json", 14029915, None, True),
    ],
)
def test_the_recorded_json_reads(recorded, name, post_id, score, is_ghost):
    (post,) = read_page((recorded / name).read_bytes()).posts
    assert (post.post_id, post.score, post.is_ghost) == (post_id, score, is_ghost)


def test_the_recorded_empties_are_empty(recorded):
    assert read_page((recorded / "safebooru-dapi-empty.json").read_bytes()).posts == ()
    assert read_page((recorded / "gelbooru02-dapi-empty.xml").read_bytes()).count == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("safebooru-dapi-error-too-deep.xml", SearchRefused),
        ("rule34-dapi-error-missing-auth.xml", SearchRefused),
        ("rule34-dapi-deleted-2025-11.xml", StrangeAnswer),
        ("safebooru-dapi-tags-2023-06.xml", StrangeAnswer),
        ("tbib-dapi-deleted-500-truncated-2026-09.xml", StrangeAnswer),
    ],
)
def test_the_recorded_refusals_are_refused(recorded, name, error):
    with pytest.raises(error):
        read_page((recorded / name).read_bytes())
