"""The board's API answers, with the site's habits: XML and JSON that do not quite agree."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from xml.sax.saxutils import quoteattr

from scraper.sample_booru import gallery
from scraper.sample_booru.collection import Entry, Kind

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
REFUSAL = '<response success="false" reason="Search error: API limited due to abuse."/>'
DATE_FORMAT = "%a %b %d %H:%M:%S +0000 %Y"
CREATOR_ID = 1
META_TAGS = {"highres", "transparent_background", "white_background", "openmoji"}

Facts = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a listing needs besides the posts: the address, the files, the families."""

    address: str
    gallery: gallery.Gallery
    parents: dict[int, int]

    def url(self, kind: str, entry: Entry) -> str:
        """Give the absolute address of one of a post's files."""
        stem = self.gallery.name(entry).stem
        name = {
            "images": f"{stem}.{entry.extension}",
            "samples": f"sample_{stem}.jpg",
            "thumbnails": f"thumbnail_{stem}.jpg",
            "lines": f"{stem}.png",
        }[kind]
        return f"{self.address}/{kind}/{entry.directory}/{name}"

    def shown_url(self, entry: Entry) -> str:
        """Give what the post page shows: the sample of a wide picture, else the original."""
        has_sample = entry.width > gallery.SAMPLE_WIDTH
        return self.url("samples" if has_sample else "images", entry)

    def parent_id(self, entry: Entry) -> int | None:
        """Give the id of the post's parent."""
        parent = self.parents.get(entry.index)
        return None if parent is None else self.gallery.entries[parent].post_id


def posts_xml(listing: Listing, posts: Iterable[Entry], count: int, offset: int) -> str:
    """Answer with posts as XML; the root says how many there are in all."""
    parents = set(listing.parents.values())
    lines = [
        _element("post", _xml_facts(listing, entry, has_children=entry.index in parents))
        for entry in posts
    ]
    return f'{HEADER}<posts count="{count}" offset="{offset}">{"".join(lines)}</posts>'


def posts_json(listing: Listing, posts: Sequence[Entry]) -> str:
    """Answer with posts as a bare array, or with an empty body where there are none."""
    if not posts:
        return ""
    facts = [_json_facts(listing, entry) for entry in posts]
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")


def refusal_xml() -> str:
    """Refuse a search that goes too deep; XML even where JSON was asked."""
    return HEADER + REFUSAL


def tags_xml(entries: Iterable[Entry], pattern: str, limit: int) -> str:
    """Answer with tags, the most used first; `%` stands for anything."""
    counts = Counter(tag for entry in entries for tag in entry.tags)
    wanted = pattern.replace("%", "*") or "*"
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [
        _element(
            "tag",
            {
                "type": 5 if tag in META_TAGS else 0,
                "count": count,
                "name": tag,
                "ambiguous": False,
                "id": number,
            },
        )
        for number, (tag, count) in enumerate(ranked, start=1)
        if fnmatchcase(tag, wanted)
    ]
    return f'{HEADER}<tags type="array">{"".join(lines[:limit])}</tags>'


def _xml_facts(listing: Listing, entry: Entry, *, has_children: bool) -> Facts:
    if entry.kind is Kind.GHOST:
        return _ghost_xml(listing, entry)
    sample_width, sample_height = gallery.sample_size(entry)
    preview_width, preview_height = gallery.thumbnail_size(entry)
    facts: Facts = {
        "height": entry.height,
        "score": entry.score,
        "file_url": listing.url("images", entry),
        "parent_id": listing.parent_id(entry),
        "sample_url": listing.shown_url(entry),
        "sample_width": sample_width,
        "sample_height": sample_height,
        "preview_url": listing.url("thumbnails", entry),
        "rating": "s",
        "tags": f" {' '.join(entry.tags)} ",
        "id": entry.post_id,
        "width": entry.width,
        "change": int(entry.posted.timestamp()),
        "md5": listing.gallery.name(entry).md5,
        "creator_id": CREATOR_ID,
        "has_children": has_children,
        "created_at": entry.posted.strftime(DATE_FORMAT),
        "status": "active",
        "source": entry.source,
        "has_notes": False,
        "has_comments": False,
        "preview_width": preview_width,
        "preview_height": preview_height,
    }
    return facts | ({"line_url": listing.url("lines", entry)} if entry.has_line else {})


def _json_facts(listing: Listing, entry: Entry) -> Facts:
    if entry.kind is Kind.GHOST:
        return _ghost_json(listing, entry)
    has_sample = entry.width > gallery.SAMPLE_WIDTH
    sample_width, sample_height = gallery.sample_size(entry) if has_sample else (0, 0)
    name = listing.gallery.name(entry)
    facts: Facts = {
        "preview_url": listing.url("thumbnails", entry),
        "sample_url": listing.shown_url(entry),
        "file_url": listing.url("images", entry),
        "directory": entry.directory,
        "hash": name.md5,
        "width": entry.width,
        "height": entry.height,
        "id": entry.post_id,
        "image": f"{name.stem}.{entry.extension}",
        "change": int(entry.posted.timestamp()),
        "owner": entry.owner,
        "parent_id": listing.parent_id(entry) or 0,
        "rating": "safe",
        "sample": has_sample,
        "sample_height": sample_height,
        "sample_width": sample_width,
        "score": entry.score,
        "tags": " ".join(entry.tags),
        "source": entry.source,
        "status": "active",
        "has_notes": False,
        "comment_count": 0,
    }
    return facts | ({"line_url": listing.url("lines", entry)} if entry.has_line else {})


def _ghost_xml(listing: Listing, entry: Entry) -> Facts:
    empty = ("height", "score", "parent_id", "rating", "width", "change", "md5", "source")
    facts: Facts = dict.fromkeys(empty, "")
    return facts | {
        "file_url": f"{listing.address}/images//",
        "sample_url": f"{listing.address}/images//",
        "preview_url": f"{listing.address}/thumbnails//thumbnail_.jpg",
        "tags": "",
        "id": entry.post_id,
        "has_children": False,
        "created_at": entry.posted.strftime(DATE_FORMAT),
        "status": "active",
    }


def _ghost_json(listing: Listing, entry: Entry) -> Facts:
    nulls = ("directory", "hash", "width", "height", "image", "change", "owner", "rating")
    facts: Facts = dict.fromkeys(nulls)
    return facts | {
        "preview_url": f"{listing.address}/thumbnails//thumbnail_.jpg",
        "sample_url": f"{listing.address}/images//",
        "file_url": f"{listing.address}/images//",
        "id": entry.post_id,
        "parent_id": 0,
        "sample": False,
        "score": None,
        "tags": "",
        "source": None,
        "status": "active",
    }


def _element(name: str, facts: Facts) -> str:
    return f"<{name} {' '.join(f'{key}={_quoted(value)}' for key, value in facts.items())}/>\n"


def _quoted(value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return quoteattr(str(value).lower())
    return quoteattr("" if value is None else str(value))
