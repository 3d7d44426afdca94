"""The one door to the site: every request passes here, in turn, checked and tried again.

A request goes out when the pace allows it, to the site's own hosts only, each redirect checked
anew. What may pass by itself (429, 5xx, timeouts, cut answers) is tried again after a pause for
all threads; what says that we are not wanted (403, a challenge page, robots.txt) ends the run.
"""

import logging
import random
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit

from scraper import answers
from scraper.answers import Later
from scraper.config import ScraperConfig
from scraper.errors import NotServed, SiteRefuses, SiteUnreachable
from scraper.hosts import is_of_site
from scraper.politeness import Pace, Robots, backoff
from scraper.transport import UNREACHED, Transport
from storage.errors import BadInput
from storage.records import DropReason

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 3
MAX_GIVEN_UP = 5
"""So many requests given up one after the other mean that the site is down."""
MAX_ROBOTS_BYTES = 1 << 20

REDIRECTS = {301, 302, 303, 307, 308}


class SiteSession:
    """Asks one site; closes with a `with` block."""

    def __init__(self, base_url: str, config: ScraperConfig) -> None:
        self.base_url = base_url
        self._config = config
        self._pace = Pace(config.requests_per_second)
        self._chance = random.Random()
        self._given_up, self._guard = 0, threading.Lock()
        self._transport = Transport(base_url, config)
        self._robots: Robots | None = None

    def __enter__(self) -> Self:
        """Read robots.txt, once."""
        try:
            content = self.fetch("/robots.txt", max_bytes=MAX_ROBOTS_BYTES)
            text = content.decode("utf-8-sig", "replace")
        except NotServed as error:
            if error.reason is DropReason.FORBIDDEN_HOST:
                raise BadInput(str(error)) from error
            if error.reason is not DropReason.GONE:
                raise SiteUnreachable(
                    f"{self.base_url}: {error}; run again later to go on"
                ) from error
            text = ""
        self._robots = Robots(text, self._transport.user_agent)
        self._pace.slow_down(self._robots.seconds_between())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop whoever still waits for a turn, and close the connections."""
        self._pace.close()
        self._transport.close()

    def fetch(
        self, url: str, *, max_bytes: int, params: Mapping[str, str | int] | None = None
    ) -> bytes:
        """Get one address (absolute, or relative to the site) and read it to its end.

        Raises:
            NotServed: it is gone, too large, elsewhere, or could not be had after every attempt.
            SiteRefuses: the site does not want us.
            SiteUnreachable: one request after the other had to be given up.
        """
        # In full, for robots.txt may forbid an address by its query.
        address = self.absolute(url) + (f"?{urlencode(params)}" if params else "")
        for attempt in range(self._config.max_attempts):
            try:
                answer = self._follow(address, max_bytes)
            except Later as later:
                failure = later
            except NotServed:
                # An answer all the same: the site is up.
                self._count_given_up(reset=True)
                raise
            else:
                self._count_given_up(reset=True)
                return answer
            pause = failure.seconds
            if pause is None:
                pause = backoff(attempt, self._config.backoff_seconds, self._chance)
            logger.warning("waiting seconds=%.1f url=%s because=%s", pause, url, failure)
            self._pace.pause(pause)
        what = f"{url}: given up after {self._config.max_attempts} attempts; last: {failure}"
        if self._count_given_up() >= MAX_GIVEN_UP:
            raise SiteUnreachable(f"{what}; the site seems down, run again later to go on")
        raise NotServed(DropReason.UNREACHABLE, what)

    def absolute(self, url: str) -> str:
        """Give an address of the site in full, whichever way the site wrote it."""
        if url.startswith("/") and not url.startswith("//") and "/." not in url:
            # The usual case, which needs no parsing.
            return f"{self.base_url}{url}"
        return _join(f"{self.base_url}/", url)

    def relative(self, url: str) -> str:
        """Give an address without the site's own; others stay as they are."""
        if not url:
            return ""
        try:
            parts = urlsplit(self.absolute(url))
        except ValueError:
            return url
        if f"{parts.scheme}://{parts.netloc}" != self.base_url:
            return url
        # The site's pages write two slashes after the host and append the id: the same file.
        return "/" + parts.path.lstrip("/")

    def _follow(self, url: str, max_bytes: int) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            self._check(url)
            self._pace.take_turn()
            try:
                with self._transport.open(url) as reply:
                    if reply.status not in REDIRECTS:
                        seconds = self._config.deadline_seconds
                        return answers.read(reply, url, max_bytes, seconds)
                    url = _join(url, reply.headers.get("Location", ""))
            except UNREACHED as error:
                raise Later(f"{type(error).__name__}: {error}") from error
        raise NotServed(DropReason.UNREACHABLE, f"{url}: more than {MAX_REDIRECTS} redirects")

    def _check(self, url: str) -> None:
        if not is_of_site(url, self.base_url):
            raise NotServed(DropReason.FORBIDDEN_HOST, f"{url}: not on {self.base_url}")
        if self._robots and not self._robots.allow(url):
            raise SiteRefuses(f"{url}: robots.txt of the site does not allow it; ask its owner")

    def _count_given_up(self, *, reset: bool = False) -> int:
        with self._guard:
            self._given_up = 0 if reset else self._given_up + 1
            return self._given_up


def _join(base: str, url: str) -> str:
    """Join two addresses; what is none (`http://[`) stays as it is, and belongs to no site."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url
