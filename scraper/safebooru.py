"""Walks the site's posts from new to old, by `id:<N`, which has no depth limit.

The API is asked in XML, which says how many posts there are; where that cannot be read, in JSON;
where the API is closed, the pages are read. Only a count of none ends the walk: the site
sometimes shows an empty page in mid-result.
"""

import logging
from itertools import pairwise

from scraper import html
from scraper.dapi import Page, read_page
from scraper.errors import NotServed, SiteUnreachable, StrangeAnswer
from scraper.listed import ListedPost
from scraper.session import SiteSession

logger = logging.getLogger(__name__)

PAGE_POSTS = 100
"""Posts a page. Pages become parts of the table, so this is fixed."""
EMPTY_TRIES = 3
MAX_PAGE_BYTES = 16 << 20
INDEX = "/index.php"

Params = dict[str, str | int]
API: Params = {"page": "dapi", "s": "post", "q": "index"}


class SafebooruClient:
    """Lists the posts that a search finds."""

    def __init__(self, session: SiteSession, tags: tuple[str, ...]) -> None:
        self._session = session
        self._tags = tags

    def page(self, below: int | None) -> Page:
        """List the newest posts whose id is below a bound; none, if there are no more.

        Raises:
            SearchRefused: the site refuses the search.
            StrangeAnswer: nothing that it answers can be read, or it does not heed the bound.
        """
        for _ in range(EMPTY_TRIES):
            page = self._ask(below)
            if page.posts:
                _check_order(page.posts, below)
                return page
            if page.count == 0:
                return page
            logger.warning("empty page below=%s count=%s", below, page.count)
        if page.count:
            raise StrangeAnswer(
                f"{self._session.base_url}: lists no post below {below}, but counts {page.count};"
                " run again later to go on"
            )
        return page

    def _ask(self, below: int | None) -> Page:
        tags = " ".join([*self._tags, *([f"id:<{below}"] if below else [])])
        asked = API | {"tags": tags, "limit": PAGE_POSTS, "pid": 0}
        for form in (asked, asked | {"json": 1}):
            try:
                return read_page(self._get(form))
            except StrangeAnswer as error:
                logger.warning("unreadable answer json=%d because=%s", "json" in form, error)
        return self._read_pages(tags)

    def _read_pages(self, tags: str) -> Page:
        listing = self._get({"page": "post", "s": "list", "tags": tags or "all", "pid": 0})
        ids = html.read_list(listing.decode("utf-8", errors="replace"))
        posts = tuple(self._read_post(post_id) for post_id in ids)
        return Page(posts, count=None if posts else 0)

    def _read_post(self, post_id: int) -> ListedPost:
        content = self._get({"page": "post", "s": "view", "id": post_id})
        return html.read_post(content.decode("utf-8", errors="replace"), post_id)

    def _get(self, params: Params) -> bytes:
        try:
            return self._session.fetch(INDEX, params=params, max_bytes=MAX_PAGE_BYTES)
        except NotServed as error:
            raise SiteUnreachable(f"{self._session.base_url}: no listing: {error}") from error


def post_url(post_id: int) -> str:
    """Give the address of a post's page, relative to the site."""
    return f"{INDEX}?page=post&s=view&id={post_id}"


def _check_order(posts: tuple[ListedPost, ...], below: int | None) -> None:
    ids = [post.post_id for post in posts]
    falling = all(one > next_one for one, next_one in pairwise(ids))
    if not falling or (below is not None and ids[0] >= below):
        raise StrangeAnswer(
            f"asked for posts below {below}, got {ids[0]} to {ids[-1]}, falling={falling}:"
            " the site does not heed `id:<N`"
        )
