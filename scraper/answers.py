"""What an answer says: its content; not now; never; or that we are not wanted."""

import time
from http import HTTPStatus

from scraper.errors import NotServed, SiteRefuses
from scraper.politeness import retry_after
from scraper.transport import UNREACHED, Reply
from storage.records import DropReason

BLOCK_BYTES = 1 << 18
BEFORE_MARKUP = b"\xef\xbb\xbf \t\r\n"

LATER = {408, 429, 500, 502, 503, 504, *range(520, 525)}
GONE = {404, 410}
UNWANTED = {401, 403, 451}
CHALLENGE = b"Just a moment"


class Later(Exception):
    """What failed now may succeed later."""

    def __init__(self, what: str, seconds: float | None = None) -> None:
        super().__init__(what)
        self.seconds = seconds


def read(reply: Reply, url: str, max_bytes: int, seconds: float) -> bytes:
    """Read an answer's body, if it is a good one.

    Raises:
        Later: it is not, but may be later.
        NotServed: it never will be.
        SiteRefuses: the site does not want us.
    """
    status, headers = reply.status, reply.headers
    if status != HTTPStatus.OK and _is_challenge(reply, url, seconds):
        raise SiteRefuses(f"{url}: the site asks for proof of a human; stopped")
    if status in UNWANTED:
        raise SiteRefuses(
            f"{url}: the site does not want us (status {status}); stopped."
            " Ask its owner, and set --scraper.contact"
        )
    if status in LATER:
        raise Later(f"status {status}", retry_after(headers.get("Retry-After")))
    if status in GONE:
        raise NotServed(DropReason.GONE, f"{url}: status {status}")
    if status != HTTPStatus.OK:
        raise NotServed(DropReason.UNREACHABLE, f"{url}: status {status}")
    content = _read_all(reply, url, max_bytes, seconds)
    if "cf-mitigated" in headers or _has_challenge(content):
        raise SiteRefuses(f"{url}: the site asks for proof of a human; stopped")
    return content


def _is_challenge(reply: Reply, url: str, seconds: float) -> bool:
    if "cf-mitigated" in reply.headers:
        return True
    try:
        page = _read_all(reply, url, BLOCK_BYTES, seconds)
    except (Later, NotServed, *UNREACHED):
        # The status says enough; only a page that can be read may say more.
        return False
    return CHALLENGE in page


def _read_all(reply: Reply, url: str, max_bytes: int, seconds: float) -> bytes:
    """Read an answer's body; one that ends before its Content-Length raises in the library.

    Each read takes what has come, so that an answer that drips is seen to drip.
    """
    until = time.monotonic() + seconds
    too_large = NotServed(DropReason.TOO_LARGE, f"{url}: more than {max_bytes} bytes")
    length = reply.headers.get("Content-Length", "")
    if length.isdecimal() and float(length) > max_bytes:
        raise too_large
    blocks, size = [], 0
    while block := reply.read(BLOCK_BYTES):
        blocks.append(block)
        size += len(block)
        # Counted too: a length can be missing, or that of packed bytes.
        if size > max_bytes:
            raise too_large
        if time.monotonic() > until:
            raise Later(f"still dripping after {seconds:g} s and {size} bytes")
    return b"".join(blocks)


def _has_challenge(content: bytes) -> bool:
    # In a page's title only: a drawing may well be called so.
    start = content[:BLOCK_BYTES]
    return start.lstrip(BEFORE_MARKUP).startswith(b"<") and b"<title>" + CHALLENGE in start
