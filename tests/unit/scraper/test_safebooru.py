"""The walk over a site that ignores the cursor, closes its API, or shows empty pages."""

import re

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from scraper.errors import OtherBoard, SearchRefused, StrangeAnswer
from scraper.safebooru import SafebooruClient
from scraper.session import SiteSession

CURSOR = re.compile(r"id:<(\d+)")
REFUSAL = '<response success="false" reason="Search error: API limited due to abuse."/>'


class Posts:
    """A site's posts, and its habits; answers the API and the pages."""

    def __init__(self, ids, **habits):
        self.ids = sorted(ids, reverse=True)
        self.heeds_ids = habits.get("heeds_ids", True)
        self.counts_ids = habits.get("counts_ids", True)
        self.api = habits.get("api", "xml")
        self.max_offset = habits.get("max_offset", 200_000)
        self.empties = habits.get("empties", 0)
        self.asked = []

    def index(self, request):
        asked = request.query_params
        self.asked.append(str(request.url.query))
        if asked["page"] == "dapi":
            return self.listing(asked) if self.api else PlainTextResponse("", 404)
        if asked["s"] == "view":
            return HTMLResponse(post_page(int(asked["id"])))
        return HTMLResponse(self.list_page(int(asked["pid"]), asked["tags"]))

    def found(self, query):
        cursor = CURSOR.search(query)
        if not cursor or not self.heeds_ids:
            return self.ids
        return [post_id for post_id in self.ids if post_id < int(cursor[1])]

    def listing(self, asked):
        offset = int(asked["pid"]) * int(asked["limit"])
        if offset > self.max_offset:
            return Response(REFUSAL)
        found = self.found(asked["tags"])
        shown = found[offset : offset + int(asked["limit"])]
        if self.empties and "id:<" in asked["tags"]:
            self.empties, shown = self.empties - 1, []
        count = len(found if self.counts_ids else self.ids)
        if self.api == "json":
            as_json = ",".join(f'{{"id": {one}, "file_url": ""}}' for one in shown)
            is_json = asked.get("json") == "1"
            return Response((f"[{as_json}]" if shown else "") if is_json else "<posts>")
        inside = "".join(f'<post id="{post_id}" file_url=""/>' for post_id in shown)
        return Response(f'<posts count="{count}" offset="{offset}">{inside}</posts>')

    def list_page(self, offset, query):
        shown = self.found(query)[offset : offset + 42]
        thumbs = "".join(f'<span class="thumb" id="s{one}"></span>' for one in shown)
        return thumbs or "<h1>Nobody here but us chickens!</h1>"


def post_page(post_id):
    return (
        f'<a href="/images/1/{post_id}.png">Original image</a>'
        f'<div id="stats"><ul><li>Id: {post_id}</li><li>Size: 9x9</li></ul></div>'
    )


@pytest.fixture
def walk(serve_site, make_config):
    """Walk over posts with a client of its own: `walk(posts)` gives the ids of each page."""

    def start(posts, below=None):
        site = serve_site({"/index.php": posts.index})
        pages = []
        with SiteSession(site.address, make_config(site.address)) as session:
            client = SafebooruClient(session, ("a",))
            while page := [post.post_id for post in client.page(below).posts]:
                pages.append(page)
                below = page[-1]
        return pages

    return start


def flat(pages):
    return [post_id for page in pages for post_id in page]


def test_the_cursor_walks_by_hundreds_and_ends_at_a_count_of_none(walk):
    posts = Posts(range(1, 251))
    assert [len(page) for page in walk(posts)] == [100, 100, 50]
    assert len(posts.asked) == 4


@pytest.mark.parametrize("number", [100, 250, 300])
def test_page_numbers_lead_on_where_the_cursor_is_ignored(walk, number):
    posts = Posts(range(1, number + 1), heeds_ids=False)
    assert flat(walk(posts)) == posts.ids


def test_a_run_that_goes_on_finds_its_page_number_by_halves(walk):
    posts = Posts(range(1, 60_001), heeds_ids=False)
    assert flat(walk(posts, below=351)) == list(range(350, 0, -1))
    assert len(posts.asked) < 40


def test_page_numbers_that_shift_while_they_are_walked_lose_no_post_and_give_none_twice(
    serve_site, make_config
):
    posts = Posts(range(1, 501), heeds_ids=False)
    site = serve_site({"/index.php": posts.index})
    with SiteSession(site.address, make_config(site.address)) as session:
        client = SafebooruClient(session, ("a",))
        found = [post.post_id for post in client.page(None).posts]
        posts.ids = [*range(630, 500, -1), *posts.ids]
        found += [post.post_id for post in client.page(found[-1]).posts]
        posts.ids = posts.ids[150:]
        while page := client.page(found[-1]).posts:
            found += [post.post_id for post in page]
    assert found == list(range(500, 0, -1))


def test_posts_behind_the_site_s_depth_are_an_error_and_not_the_end(walk):
    posts = Posts(range(1, 501), heeds_ids=False, max_offset=200)
    with pytest.raises(SearchRefused, match="limited due to abuse"):
        walk(posts)


def test_a_site_that_ignores_both_ways_is_left(walk):
    posts = Posts(range(1, 301), heeds_ids=False)
    posts.found = lambda query: posts.ids * 3
    with pytest.raises(StrangeAnswer):
        walk(posts)


def test_empty_pages_in_mid_result_are_asked_again(walk):
    posts = Posts(range(1, 251), empties=2)
    assert flat(walk(posts)) == posts.ids


def test_empty_pages_that_count_more_are_an_error(walk):
    with pytest.raises(StrangeAnswer, match=r"counts 150.*run again later"):
        walk(Posts(range(1, 251), empties=99))


def test_a_count_of_all_posts_ends_the_walk_only_when_the_oldest_is_reached(walk):
    posts = Posts(range(1, 251), counts_ids=False)
    assert flat(walk(posts)) == posts.ids
    with pytest.raises(StrangeAnswer, match="counts 250"):
        walk(Posts(range(1, 251), counts_ids=False, empties=99))


@pytest.mark.parametrize("heeds_ids", [True, False])
def test_pages_are_walked_where_the_api_is_switched_off(walk, heeds_ids):
    posts = Posts(range(1, 61), api="", heeds_ids=heeds_ids)
    assert flat(walk(posts)) == posts.ids


def test_empty_json_alone_does_not_end_the_walk(walk):
    posts = Posts(range(1, 151), api="json", empties=12)
    assert flat(walk(posts)) == posts.ids
    assert any("s=view" in asked for asked in posts.asked)


def test_an_api_that_wants_a_key_is_passed_by_and_a_refusal_is_not(serve_site, make_config):
    posts = Posts(range(1, 5))
    answers = ["<error>Missing authentication. Go elsewhere</error>", REFUSAL]

    def index(request):
        is_api = request.query_params["page"] == "dapi"
        return Response(answers[0]) if is_api else posts.index(request)

    site = serve_site({"/index.php": index})
    with SiteSession(site.address, make_config(site.address)) as session:
        client = SafebooruClient(session, ())
        assert [post.post_id for post in client.page(None).posts] == [4, 3, 2, 1]
        answers.pop(0)
        with pytest.raises(SearchRefused, match="abuse"):
            client.page(None)


def test_another_kind_of_board_is_told_at_the_first_answer(serve_site, make_config):
    site = serve_site({"/index.php": lambda _: Response('[{"id": 1, "tag_string": "a"}]')})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(OtherBoard, match=r"Danbooru 2.*--scraper\.base-url"),
    ):
        SafebooruClient(session, ()).page(None)
    assert len(site.ear.heard) == 2
