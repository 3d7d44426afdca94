"""The site's API answers, told apart by their body: their headers and shapes do not agree."""

import json
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from scraper.errors import ApiClosed, OtherBoard, SearchRefused, StrangeAnswer
from scraper.listed import ListedPost, from_fields

FOREIGN_FIELDS = {
    "tag_string": "Danbooru 2",
    "file_ext": "Danbooru 2",
    "jpeg_url": "Moebooru",
    "actual_preview_width": "Moebooru",
    "frames_string": "Moebooru",
}
"""Fields that no post of this kind of board has -> whose they are."""
WANTED_BOARD = "a board like safebooru.org (Gelbooru Beta 0.2) was wanted; see --scraper.base-url"


@dataclass(frozen=True, slots=True)
class Page:
    """Posts of one answer, and how many posts the whole search has (None: not said)."""

    posts: tuple[ListedPost, ...]
    count: int | None


def read_page(body: bytes) -> Page:
    """Read an answer of the API, XML or JSON, whichever came.

    Raises:
        SearchRefused: the site refuses the search, in one of its several ways.
        StrangeAnswer: a page of HTML, or half an answer.
        OtherBoard: another kind of board's answer.
    """
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if not text:
        return Page((), None)
    if text[0] in '[{"':
        return _read_json(text)
    if text[0] == "<":
        return _read_xml(text)
    raise SearchRefused(f"the site says: {text[:200]!r}")


def _read_xml(text: str) -> Page:
    if text[:15].lower().startswith(("<!doctype html", "<html")):
        raise StrangeAnswer("a page of HTML where posts were wanted")
    try:
        root = ElementTree.fromstring(text.encode())
    except (ParseError, DefusedXmlException) as error:
        raise StrangeAnswer(f"XML that cannot be read ({error}): {text[:100]!r}") from error
    if root.tag == "error" and "authentication" in _said(root).lower():
        raise ApiClosed(f"the site says: {_said(root)!r}")
    if root.tag in ("response", "error"):
        raise SearchRefused(f"the site says: {_said(root)!r}")
    if root.tag != "posts":
        raise StrangeAnswer(f"XML <{root.tag}> where <posts> was wanted")
    posts = tuple(_read_post(_xml_fields(post)) for post in root.iter("post"))
    try:
        return Page(posts, int(root.get("count", "")))
    except ValueError:
        return Page(posts, None)


def _read_json(text: str) -> Page:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StrangeAnswer(f"JSON that cannot be read ({error}): {text[:100]!r}") from error
    if isinstance(content, str):
        raise SearchRefused(f"the site says: {content[:200]!r}")
    if isinstance(content, dict):
        _refuse_object(content)
    if not all(isinstance(post, dict) for post in content):
        raise StrangeAnswer("JSON that lists something else than posts")
    return Page(tuple(_read_post(post) for post in content), None)


def _xml_fields(post: Element) -> dict[str, Any]:
    if not post.attrib and len(post):
        raise OtherBoard(f"a <post> whose facts are elements (Gelbooru 0.2.5?); {WANTED_BOARD}")
    return dict(post.attrib)


def _read_post(fields: dict[str, Any]) -> ListedPost:
    for name in fields:
        if name in FOREIGN_FIELDS:
            raise OtherBoard(f"a post of {FOREIGN_FIELDS[name]} (it has {name!r}); {WANTED_BOARD}")
    return from_fields(fields)


def _refuse_object(content: dict[str, Any]) -> None:
    if str(content.get("success", "")).lower() == "false":
        reason = content.get("reason") or content.get("message") or "no reason"
        raise SearchRefused(f"the site says: {reason!r}")
    raise OtherBoard(
        f"a JSON object with {sorted(content)[:5]} where an array of posts was wanted;"
        f" {WANTED_BOARD}"
    )


def _said(root: Element) -> str:
    return (root.get("reason") or root.text or "no reason").strip()[:200]
