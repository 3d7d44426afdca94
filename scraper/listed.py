"""A post as the site lists it, before anything is fetched; every listing becomes one of these."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from scraper.errors import StrangeAnswer

MD5 = re.compile(r"[0-9a-f]{32}")
RATINGS = {"s": "safe", "q": "questionable", "e": "explicit", "g": "general"}
MAX_NUMBER = (1 << 63) - 1
"""What a table can hold; a site that says more says nothing."""
XML_DATE = "%a %b %d %H:%M:%S %z %Y"


@dataclass(frozen=True, slots=True)
class ListedPost:
    """One entry of a listing; empty or 0 (None for the score) where the site says nothing.

    `owner` is a name in JSON and on pages, a number in XML. `created_at` is ISO 8601.
    """

    post_id: int
    site_md5: str
    file_url: str
    line_url: str
    width: int
    height: int
    tags: tuple[str, ...]
    rating: str
    score: int | None
    source: str
    owner: str
    created_at: str
    changed_at: int
    parent_id: int
    has_children: bool

    @property
    def file_name(self) -> str:
        """The name of the original's file, empty for a ghost."""
        try:
            return urlsplit(self.file_url).path.rpartition("/")[2]
        except ValueError:
            return ""

    @property
    def extension(self) -> str:
        """The ending of the original's file, in lower case."""
        return self.file_name.rpartition(".")[2].lower()

    @property
    def is_ghost(self) -> bool:
        """Whether the record names no picture."""
        return not self.file_name or not self.width or not self.height


def from_fields(fields: Mapping[str, Any]) -> ListedPost:
    """Read a post from its XML attributes or JSON keys, which go by different names.

    Raises:
        StrangeAnswer: it has no id.
    """
    post_id = _number(fields.get("id"))
    if post_id <= 0:
        raise StrangeAnswer(f"a post without an id: {dict(fields)}"[:300])
    rating = _text(fields.get("rating"))
    score = _text(fields.get("score"))
    return ListedPost(
        post_id=post_id,
        site_md5=md5_or_nothing(_text(fields.get("md5") or fields.get("hash"))),
        file_url=_file_url(fields),
        line_url=_text(fields.get("line_url")),
        width=_number(fields.get("width")),
        height=_number(fields.get("height")),
        tags=tuple(_text(fields.get("tags")).split()),
        rating=RATINGS.get(rating, rating),
        score=_number(score) if score else None,
        source=_text(fields.get("source")),
        owner=_text(fields.get("owner") or fields.get("creator_id")),
        created_at=_date(_text(fields.get("created_at"))),
        changed_at=_number(fields.get("change")),
        parent_id=_number(fields.get("parent_id")),
        has_children=_text(fields.get("has_children")) in ("true", "True"),
    )


def md5_or_nothing(text: str) -> str:
    """Give an md5 as 32 small hex digits, or nothing: it becomes a file's name here."""
    return text.lower() if MD5.fullmatch(text.lower()) else ""


def _file_url(fields: Mapping[str, Any]) -> str:
    # Older answers of this engine name the folder and the file only.
    if not fields.get("file_url") and fields.get("directory") and fields.get("image"):
        return f"/images/{_text(fields['directory'])}/{_text(fields['image'])}"
    return _text(fields.get("file_url"))


def _text(value: Any) -> str:
    # Lone surrogates, which JSON can spell, fit in no table.
    return "" if value is None else str(value).strip().encode("utf-8", "replace").decode()


def _number(value: Any) -> int:
    text = _text(value)
    if not text:
        return 0
    try:
        number = int(text)
    except ValueError as error:
        raise StrangeAnswer(f"a post with {text[:40]!r} where a number was wanted") from error
    return number if abs(number) <= MAX_NUMBER else 0


def _date(text: str) -> str:
    try:
        return datetime.strptime(text, XML_DATE).isoformat()
    except ValueError:
        return text
