"""The site's API answers, told apart by their body: their headers and shapes do not agree."""

import json
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from scraper.errors import SearchRefused, StrangeAnswer
from scraper.listed import ListedPost, from_fields


@dataclass(frozen=True, slots=True)
class Page:
    """Posts of one answer, and how many posts the whole search has (None: not said)."""

    posts: tuple[ListedPost, ...]
    count: int | None


def read_page(body: bytes) -> Page:
    """Read an answer of the API, XML or JSON, whichever came.

    Raises:
        SearchRefused: the site refuses the search, in one of its several ways.
        StrangeAnswer: a page of HTML, half an answer, or another board's answer.
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
    if root.tag in ("response", "error"):
        raise SearchRefused(f"the site says: {_said(root)!r}")
    if root.tag != "posts":
        raise StrangeAnswer(f"XML <{root.tag}> where <posts> was wanted")
    count = root.get("count", "")
    posts = tuple(from_fields(dict(post.attrib)) for post in root.iter("post"))
    return Page(posts, int(count) if count.isdigit() else None)


def _read_json(text: str) -> Page:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise StrangeAnswer(f"JSON that cannot be read ({error}): {text[:100]!r}") from error
    if isinstance(content, str):
        raise SearchRefused(f"the site says: {content[:200]!r}")
    if isinstance(content, dict):
        _refuse_object(content)
    if not all(isinstance(post, dict) for post in content):
        raise StrangeAnswer("JSON that lists something else than posts")
    return Page(tuple(from_fields(post) for post in content), None)


def _refuse_object(content: dict[str, Any]) -> None:
    if str(content.get("success", "")).lower() == "false":
        reason = content.get("reason") or content.get("message") or "no reason"
        raise SearchRefused(f"the site says: {reason!r}")
    raise StrangeAnswer(
        f"a JSON object with {sorted(content)[:5]} where an array was wanted: another kind of board"
    )


def _said(root: Element) -> str:
    return (root.get("reason") or root.text or "no reason").strip()[:200]
