"""Whose a picture is: what a JSON file beside it says, in the words that gallery-dl uses."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scraper.listed import RATINGS
from storage import files

logger = logging.getLogger(__name__)

MAX_BYTES = 1 << 20
OWNERS = ("owner", "author", "artist", "uploader", "user")
NAMES = ("name", "username", "nick", "id")
TAGS = ("tags", "tag_string")


@dataclass(frozen=True, slots=True)
class Credit:
    """Where a picture comes from; empty where nothing is said."""

    tags: tuple[str, ...] = ()
    source: str = ""
    rating: str = ""
    owner: str = ""


def credit_of(path: Path) -> Credit:
    """Read a picture's sidecar; nothing, if there is none or it cannot be read."""
    if not files.is_file(path):
        return Credit()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("no credit file=%s because=%s", path, error)
        return Credit()
    if not isinstance(content, dict):
        logger.warning("no credit file=%s because=it holds no JSON object", path)
        return Credit()
    rating = _text(content.get("rating"))
    return Credit(
        tags=_tags(_first(content, TAGS)),
        source=_text(content.get("source")),
        rating=RATINGS.get(rating, rating),
        owner=_text(_first(content, OWNERS)),
    )


def _first(content: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((content[name] for name in names if content.get(name)), None)


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    # A tag is one word, as a board writes it.
    texts = [_text(each) for each in value] if isinstance(value, list) else []
    return tuple("_".join(text.split()) for text in texts if text)


def _text(value: Any) -> str:
    """Give a value as text: an object by its name, a list by its items."""
    if isinstance(value, dict):
        return _text(_first(value, NAMES))
    if isinstance(value, list):
        return " ".join(_text(each) for each in value)
    if value is None:
        return ""
    # Lone surrogates, which JSON can spell, fit in no table.
    return str(value).strip().encode("utf-8", "replace").decode()
