"""The site's pages, read with BeautifulSoup: the way in when the API is closed."""

import re

from bs4 import BeautifulSoup, Tag

from scraper.errors import StrangeAnswer
from scraper.listed import ListedPost, md5_or_nothing

NOBODY = "Nobody here but us chickens!"
TOO_DEEP = "Unable to search this deep"

POSTED = re.compile(r"Posted:\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
SIZE = re.compile(r"Size:\s*(\d+)x(\d+)")
RATING = re.compile(r"Rating:\s*(\w+)")
SCORE = re.compile(r"Score:\s*(-?\d+)")
ID = re.compile(r"Id:\s*(\d+)")
PARENT = re.compile(r"[?&]id=(\d+)")


def read_list(text: str) -> list[int]:
    """Give the ids on a list page, in its order.

    Raises:
        StrangeAnswer: it is no list page.
    """
    soup = BeautifulSoup(text, "html.parser")
    posts = soup.select("div.image-list span.thumb[id], span.thumb[id]")
    if not posts and NOBODY not in text:
        what = "a search too deep" if TOO_DEEP in text else "no list of posts"
        raise StrangeAnswer(f"a page that holds {what}")
    return [int(str(post["id"]).removeprefix("s")) for post in posts]


def read_post(text: str, post_id: int) -> ListedPost:
    """Read a post page; a post without an original reads as a ghost."""
    soup = BeautifulSoup(text, "html.parser")
    facts = " ".join(item.get_text(" ") for item in soup.select("#stats li"))
    file_url = _original(soup)
    stem = file_url.partition("?")[0].rpartition("/")[2].rpartition(".")[0]
    size, score = SIZE.search(facts), SCORE.search(facts)
    if not file_url or _first(ID, facts) != str(post_id):
        file_url = ""
    return ListedPost(
        post_id=post_id,
        # The file of an own upload is named by its md5; that of an import is not.
        site_md5=md5_or_nothing(stem),
        file_url=file_url,
        line_url=_link(soup, "Line art"),
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        tags=tuple(_tags(soup)),
        rating=_first(RATING, facts).lower(),
        score=int(score[1]) if score else None,
        source=_source(soup),
        owner=_text(soup.select_one('#stats a[href*="uname="]')),
        created_at=_first(POSTED, facts).replace(" ", "T"),
        changed_at=0,
        parent_id=_parent(soup),
        has_children=False,
    )


def _original(soup: BeautifulSoup) -> str:
    # What the page shows (its id is `image`) is often the smaller sample, so it is never taken.
    if found := _link(soup, "Original image"):
        return found
    meta = soup.select_one('meta[property="og:image"]')
    return str(meta.get("content", "")) if meta else ""


def _link(soup: BeautifulSoup, label: str) -> str:
    for link in soup.select("a[href]"):
        if link.get_text(strip=True) == label:
            return str(link["href"])
    return ""


def _tags(soup: BeautifulSoup) -> list[str]:
    """Read the tags from the picture's text, where they keep their underscores."""
    image = soup.select_one("#image[alt]")
    return str(image["alt"]).split() if image else []


def _source(soup: BeautifulSoup) -> str:
    for item in soup.select("#stats li"):
        text = item.get_text(" ", strip=True)
        if text.startswith("Source:"):
            # The site shortens a long address in the text, not in the link.
            link = item.select_one("a[href]")
            shown = text.removeprefix("Source:").strip()
            return str(link["href"]) if link and "..." in shown else shown
    return ""


def _parent(soup: BeautifulSoup) -> int:
    found = PARENT.search(_link(soup, "Parent post"))
    return int(found[1]) if found else 0


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _text(tag: Tag | None) -> str:
    return tag.get_text(strip=True) if tag else ""
