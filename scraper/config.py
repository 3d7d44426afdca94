"""The scraper's knobs: which site, what to ask for, and how gently."""

import re
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from storage.section import OPERATIONAL, Section, absolute

SAMPLE = "sample:"
"""The base URL that means the embedded board."""

HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?|[0-9a-f.]*:[0-9a-f.:]+")
"""A name or an address, which may be one of IPv6."""

PORTS = {"http": 80, "https": 443}

MAX_QUERY_LETTERS = 1900


def _checked_base_url(url: str) -> str:
    if url == SAMPLE:
        return url
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username:
        raise ValueError(f"wanted {SAMPLE!r} or an address such as https://safebooru.org")
    if not HOST.fullmatch(parts.hostname):
        raise ValueError("wanted a host of letters, digits, dots and hyphens")
    if not _has_sound_port(parts):
        raise ValueError("wanted a port of 1 to 65535")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("wanted the site's address alone, without a path")
    # One site has one name: so it is one dataset, however it is written.
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _has_sound_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _checked_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    if any(not tag or re.search(r"\s", tag) for tag in tags):
        raise ValueError("wanted one tag each: no blanks within, none empty")
    if any(re.match(r"-?(id|sort):", tag) for tag in tags):
        raise ValueError("`id:` and `sort:` are the scraper's own: it walks from new to old by id")
    if len(" ".join(tags)) > MAX_QUERY_LETTERS:
        raise ValueError(f"together longer than {MAX_QUERY_LETTERS} letters, which the site cuts")
    return tags


OF_SITE = ("base_url", "tags", "sample_posts")
"""The fields that only a site heeds."""


class ScraperConfig(Section):
    """Which posts to fetch from which site, and how gently."""

    base_url: Annotated[str, AfterValidator(_checked_base_url)] = "https://safebooru.org"
    """The site's address, or `sample:` for the embedded board of OpenMoji's drawings."""

    tags: Annotated[tuple[str, ...], AfterValidator(_checked_tags)] = (
        "-comic",
        "-4koma",
        "-monochrome",
        "-greyscale",
        "-sketch",
        "-lineart",
        "-animated",
    )
    """Tags that a post must have, or with a leading `-` must not have."""

    folder: Annotated[str, AfterValidator(absolute)] = ""
    """A folder of pictures to take in place of a site, whose address and tags then say nothing."""

    max_posts: int = Field(20_000, gt=0)
    """Stop at this many posts whose original was fetched; `clean` drops some of them later.

    A new snapshot keeps all that the one before it knew, and takes so many newer ones at most."""

    snapshot: str = Field("1", pattern=r"^[A-Za-z0-9._-]+$")
    """A label for this look at the site: the same one resumes, a new one fetches what is new."""

    line_art: bool = True
    """Also fetch a drawing's true line art where the site offers it."""

    max_bytes: int = Field(30 << 20, gt=0)
    """Larger originals are dropped."""

    sample_posts: int = Field(600, gt=0)
    """How many posts the embedded board holds."""

    requests_per_second: float = Field(1.0, gt=0, le=1_000_000, json_schema_extra=OPERATIONAL)
    """The most requests a second, pages and pictures together; a slower Crawl-delay wins."""

    connections: int = Field(2, ge=1, le=8, json_schema_extra=OPERATIONAL)
    """The most connections to the site at a time."""

    user_agent: str = Field(
        "Irodori/0.1", min_length=1, pattern=r"^[\x20-\x7e]+$", json_schema_extra=OPERATIONAL
    )
    """Who we say we are."""

    contact: str = Field("", pattern=r"^[\x20-\x7e]*$", json_schema_extra=OPERATIONAL)
    """An address where the site's owner can reach you; please set it for a real site."""

    timeout_seconds: float = Field(30.0, gt=0, json_schema_extra=OPERATIONAL)
    """How long to wait for a connection, and for the next bytes of an answer."""

    deadline_seconds: float = Field(300.0, gt=0, json_schema_extra=OPERATIONAL)
    """How long one answer may take from its first byte to its last, however steadily it drips."""

    allow_private_addresses: bool = Field(False, json_schema_extra=OPERATIONAL)
    """Also ask a site whose name leads to a private address: your own board in your own network."""

    max_attempts: int = Field(6, ge=1, le=20, json_schema_extra=OPERATIONAL)
    """How often one request is made before it is given up."""

    backoff_seconds: float = Field(1.0, gt=0, json_schema_extra=OPERATIONAL)
    """The longest pause after a first failure; each further one doubles it, up to 5 minutes."""

    def settings(self) -> dict[str, Any]:
        """What makes the output; a folder's is not made by what says which posts of which site."""
        told = super().settings()
        return {name: told[name] for name in told if not self.folder or name not in OF_SITE}

    @property
    def site(self) -> str:
        """What a post's id is unique in."""
        return f"folder:{self.folder}" if self.folder else self.base_url
