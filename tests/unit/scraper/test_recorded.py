"""Every recorded answer of the real site and its sisters, and answers of other boards.

The recorded ones are other people's data: they are read from where IRODORI_RECORDED says they lie.
"""

import json

import pytest

from scraper import html
from scraper.dapi import read_page
from scraper.errors import ApiClosed, OtherBoard, SearchRefused, StrangeAnswer
from scraper.safebooru import post_url

TWO_POSTS = {
    2193950: ("060dc85cf55e4bc3038a778235e93601", 1124, 1754, 1, "safe", "gelbooru"),
    6077620: ("563c6fbe5761ac4ba720ae0da9a15b8a", 2160, 1215, None, "general", "danbooru"),
}


def one_post(body, post_id):
    (post,) = read_page(body).posts
    told = (post.site_md5, post.width, post.height, post.score, post.rating, post.owner)
    assert (post.post_id, told) == (post_id, TWO_POSTS[post_id])
    assert "/images/" in post.file_url
    assert post.changed_at > 1_400_000_000


def ghost(body):
    (post,) = read_page(body).posts
    assert post.is_ghost
    assert (post.post_id, post.score, post.tags) == (14029915, None, ())


def five_posts(body):
    page = read_page(body)
    assert page.count == 3781989
    assert [post.post_id for post in page.posts] == list(range(4401125, 4401120, -1))
    first = page.posts[0]
    assert first.site_md5 == "003b8ad3b3ff94df3ffa4c1ecd9dda51"
    assert (first.width, first.height, first.score, first.parent_id) == (500, 500, None, 0)
    assert (first.rating, first.owner, first.changed_at) == ("safe", "48375", 1686752179)
    assert first.created_at == "2023-06-14T14:16:19+00:00"
    assert "jojo_no_kimyou_na_bouken" in first.tags
    assert not first.has_children


def nothing(count):
    def check(body):
        page = read_page(body)
        assert (page.posts, page.count) == ((), count)

    return check


def refused(error, match):
    def check(body):
        with pytest.raises(error, match=match):
            read_page(body)

    return check


def list_page(body):
    ids = html.read_list(body.decode())
    assert len(ids) == 42
    assert ids == sorted(ids, reverse=True)
    refused(StrangeAnswer, "page of HTML")(body)


def post_page(post_id, size):
    def check(body):
        post = html.read_post(body.decode(), post_id)
        assert (post.width, post.height) == size
        assert "/images/" in post.file_url
        assert "/samples/" not in post.file_url
        assert post.tags
        assert post.post_id == int(post_url(post_id).rpartition("=")[2])
        refused(StrangeAnswer, "page of HTML")(body)

    return check


DOCUMENTED = {
    "gelbooru02-dapi-empty.xml": nothing(0),
    "safebooru-dapi-empty.json": nothing(None),
    "safebooru-dapi-post-2193950.json": lambda body: one_post(body, 2193950),
    "safebooru-dapi-post-6077620-2025-09.json": lambda body: one_post(body, 6077620),
    "safebooru-dapi-ghost-14029915-2026.json": ghost,
    "safebooru-dapi-posts-2023-06.xml": five_posts,
    "safebooru-dapi-error-too-deep.xml": refused(SearchRefused, "limited due to abuse"),
    "rule34-dapi-error-missing-auth.xml": refused(ApiClosed, "Missing authentication"),
    "rule34-dapi-deleted-2025-11.xml": refused(StrangeAnswer, "without an id.*1812571"),
    "safebooru-dapi-tags-2023-06.xml": refused(StrangeAnswer, "<tags> where <posts>"),
    "tbib-dapi-deleted-500-truncated-2026-09.xml": refused(StrangeAnswer, "cannot be read"),
    "safebooru-list-2025-12.html": list_page,
    "safebooru-post-100-2023-06.html": post_page(100, (723, 1023)),
    "safebooru-post-6256119-2025-12.html": post_page(6256119, (2432, 3552)),
    "rule34-help-cheatsheet-transcript.txt": refused(SearchRefused, "the site says"),
    "safebooru-help-dapi-2026-02.txt": refused(SearchRefused, "the site says"),
}


def test_every_recorded_answer_gives_what_is_documented_of_it(recorded):
    files = sorted(path for path in recorded.iterdir() if path.is_file())
    assert files
    for path in files:
        assert path.name in DOCUMENTED, f"{path.name}: what it should give is not written here"
        DOCUMENTED[path.name](path.read_bytes())


DANBOORU = {
    "id": 9000001,
    "created_at": "2025-01-01T00:00:00.000-05:00",
    "md5": "0" * 32,
    "file_ext": "png",
    "image_width": 900,
    "image_height": 800,
    "tag_string": "1girl solo",
    "file_url": "https://cdn.donmai.us/original/00/00/x.png",
}
MOEBOORU = {
    "id": 1200001,
    "tags": "landscape",
    "created_at": 1700000000,
    "md5": "0" * 32,
    "file_url": "https://files.yande.re/image/x.png",
    "jpeg_url": "https://files.yande.re/jpeg/x.jpg",
    "width": 900,
    "height": 800,
    "score": 5,
    "rating": "s",
}
GELBOORU_5 = {"@attributes": {"limit": 1, "offset": 0, "count": 7}, "post": [{"id": 1}]}
AS_ATTRIBUTES = " ".join(f'{name}="{value}"' for name, value in MOEBOORU.items())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (json.dumps([DANBOORU]), "Danbooru 2"),
        (json.dumps(DANBOORU), "JSON object"),
        (json.dumps([MOEBOORU]), "Moebooru"),
        (f'<posts count="1" offset="0"><post {AS_ATTRIBUTES}/></posts>', "Moebooru"),
        (json.dumps(GELBOORU_5), "@attributes"),
        ('<posts limit="1" offset="0" count="7"><post><id>1</id></post></posts>', "0.2.5"),
        ('<posts type="array"><post><id type="integer">1</id></post></posts>', "elements"),
        (json.dumps({"posts": [{"id": 1, "file": {"md5": "0" * 32}}]}), "JSON object"),
    ],
)
def test_answers_of_other_boards_are_refused_with_the_way_out(answer, told):
    with pytest.raises(OtherBoard, match=told) as caught:
        read_page(answer.encode())
    assert "--scraper.base-url" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><html><body><article id='post_1' data-id='1'></article></body></html>",
        "<html><head><title>Search down</title></head><body>Try again</body></html>",
    ],
)
def test_pages_of_other_boards_are_refused(page):
    with pytest.raises(StrangeAnswer, match="HTML"):
        read_page(page.encode())
    with pytest.raises(StrangeAnswer, match="no list of posts"):
        html.read_list(page)
