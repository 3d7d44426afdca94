"""Walks the site's posts from new to old, by `id:<N`, which has no depth limit.

The API is asked in XML, which says how many posts there are; where that cannot be read, in JSON;
where the API is closed, the pages are read. Where the site ignores `id:<N`, its page numbers are
walked, as deep as it lets us. The walk ends where the count says so, never at a page that is
merely empty: the site sometimes shows one in mid-result.
"""

import logging
from itertools import pairwise

from scraper import html
from scraper.dapi import Page, read_page
from scraper.errors import (
    ApiClosed,
    NotServed,
    OtherBoard,
    SearchRefused,
    SiteUnreachable,
    StrangeAnswer,
)
from scraper.listed import ListedPost
from scraper.numbered import NumberedPages
from scraper.session import SiteSession
from storage.records import DropReason

logger = logging.getLogger(__name__)

PAGE_POSTS = 100
"""Posts a page. Pages become parts of the table, so this is fixed."""
LIST_POSTS = 42
"""Posts on one of the site's list pages."""
MAX_OFFSET = 200_000
"""Behind so many posts the site shows no page."""
XML_TRIES, EMPTY_TRIES = 3, 3
MAX_PAGE_BYTES = 16 << 20
INDEX = "/index.php"

Params = dict[str, str | int]
API: Params = {"page": "dapi", "s": "post", "q": "index", "limit": PAGE_POSTS}


class SafebooruClient:
    """Lists the posts that a search finds."""

    def __init__(self, session: SiteSession, tags: tuple[str, ...]) -> None:
        self._session = session
        self._tags = tags
        self._api_heeds_ids = self._pages_heed_ids = True
        self._posts = NumberedPages[ListedPost](MAX_OFFSET // PAGE_POSTS, lambda post: post.post_id)
        self._ids = NumberedPages[int](MAX_OFFSET // LIST_POSTS, lambda post_id: post_id)

    def page(self, below: int | None) -> Page:
        """List the newest posts whose id is below a bound; none, if there are no more.

        Raises:
            SearchRefused: the site refuses the search.
            StrangeAnswer: nothing that it answers can be read, or it shows no way to go on.
        """
        try:
            return self._by_api(below)
        except ApiClosed as closed:
            logger.warning("reading pages, for the API is closed: %s", closed)
            try:
                return self._by_pages(below)
            except StrangeAnswer as error:
                where = self._session.base_url
                raise StrangeAnswer(f"{where}: API: {closed}; pages: {error}") from error

    def _by_api(self, below: int | None) -> Page:
        if below is not None and not self._api_heeds_ids:
            return Page(tuple(self._posts.below(below, self._numbered)), None)
        page = self._insist(self._query(below), 0)
        if page.posts:
            if below is None or page.posts[0].post_id < below:
                return page
            logger.warning("the site ignores id:<%d; going on by page numbers", below)
            self._api_heeds_ids = False
            return self._by_api(below)
        if not page.count or self._counts_all(below, page.count):
            return page
        raise StrangeAnswer(
            f"{self._session.base_url}: lists no post below {below}, but counts {page.count};"
            " run again later to go on"
        )

    def _counts_all(self, below: int | None, count: int) -> bool:
        """Whether a count that is not 0 is that of all posts, none of which is below the bound."""
        if below is None or self._ask(self._query(None), 0).count != count:
            return False
        if count > MAX_OFFSET:
            return not self._list(self._query(below), 0)
        oldest = self._numbered((count - 1) // PAGE_POSTS)
        return bool(oldest) and oldest[-1].post_id >= below

    def _numbered(self, number: int) -> tuple[ListedPost, ...]:
        page = self._insist(self._query(None), number)
        if not page.posts and (page.count or 0) > number * PAGE_POSTS:
            raise StrangeAnswer(
                f"{self._session.base_url}: page {number} is empty, but {page.count} posts are"
                " counted; run again later to go on"
            )
        return page.posts

    def _insist(self, query: str, number: int) -> Page:
        """Ask again where a page is empty and the count does not say why."""
        for _ in range(EMPTY_TRIES):
            page = self._ask(query, number)
            if page.posts:
                self._check_order(page.posts)
                return page
            if page.count is not None and page.count <= number * PAGE_POSTS:
                return page
            logger.warning("empty page query=%r pid=%d count=%s", query, number, page.count)
        if page.count is None:
            raise ApiClosed("its JSON is empty and does not say how many posts there are")
        return page

    def _ask(self, query: str, number: int) -> Page:
        asked = API | {"tags": query, "pid": number}
        failures = []
        # Half an answer is an accident: XML is asked again before JSON, which does not count.
        for form in [asked] * XML_TRIES + [asked | {"json": 1}]:
            try:
                return read_page(self._get(form))
            except ApiClosed:
                raise
            except SearchRefused as error:
                raise SearchRefused(
                    f"{self._session.base_url}: refuses the search {query!r}, {error}; narrow it"
                    " (--scraper.tags), or run again later to go on"
                ) from error
            except OtherBoard as error:
                raise OtherBoard(f"{self._session.base_url}: {error}") from error
            except StrangeAnswer as error:
                logger.warning("unreadable answer json=%d because=%s", "json" in form, error)
                failures.append(str(error))
        raise ApiClosed(failures[0])

    def _by_pages(self, below: int | None) -> Page:
        posts = tuple(self._read_post(post_id) for post_id in self._listed_ids(below))
        return Page(posts, count=None if posts else 0)

    def _listed_ids(self, below: int | None) -> list[int]:
        if below is None or self._pages_heed_ids:
            ids = self._list(self._query(below), 0)
            if below is None or not ids or ids[0] < below:
                return ids
            self._pages_heed_ids = False
        return self._ids.below(below, lambda number: self._list(self._query(None), number))

    def _list(self, query: str, number: int) -> list[int]:
        asked: Params = {"page": "post", "s": "list", "tags": query or "all"}
        for _ in range(EMPTY_TRIES):
            text = self._get(asked | {"pid": number * LIST_POSTS})
            if ids := html.read_list(text.decode("utf-8", errors="replace")):
                return ids
        return []

    def _read_post(self, post_id: int) -> ListedPost:
        try:
            content = self._get({"page": "post", "s": "view", "id": post_id})
        except ApiClosed:
            # Listed a moment ago and gone now: read as a post without a picture.
            content = b""
        return html.read_post(content.decode("utf-8", errors="replace"), post_id)

    def _get(self, params: Params) -> bytes:
        try:
            return self._session.fetch(INDEX, params=params, max_bytes=MAX_PAGE_BYTES)
        except NotServed as error:
            if error.reason is DropReason.GONE:
                raise ApiClosed(str(error)) from error
            raise SiteUnreachable(
                f"{self._session.base_url}: no listing: {error}; run again later to go on"
            ) from error

    def _check_order(self, posts: tuple[ListedPost, ...]) -> None:
        ids = [post.post_id for post in posts]
        if not all(one > next_one for one, next_one in pairwise(ids)):
            raise StrangeAnswer(
                f"{self._session.base_url}: posts {ids[0]} to {ids[-1]} do not fall by id, so there"
                " is no way to go on behind them; run again later"
            )

    def _query(self, below: int | None) -> str:
        return " ".join([*self._tags, *([f"id:<{below}"] if below else [])])


def post_url(post_id: int) -> str:
    """Give the address of a post's page, relative to the site."""
    return f"{INDEX}?page=post&s=view&id={post_id}"
