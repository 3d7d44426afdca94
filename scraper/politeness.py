"""How gently we ask: one pace for the whole run, pauses that hold for every thread, robots.txt.

Whoever asks the site takes a turn first. A turn comes at most so often; when the site says
"later", the next turn moves, for all.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from protego import Protego

from scraper.errors import SiteError

MAX_BACKOFF_SECONDS = 300.0
MAX_RETRY_AFTER_SECONDS = 3600.0
MARGIN = 1.01
"""The site counts arrivals, which jitter: a little more between turns keeps them below the rate."""

Clock = Callable[[], float]
Sleep = Callable[[float], object]


class Pace:
    """The one rate limit of a run, shared by all its threads.

    Turns are evenly spaced: a bucket that saves up turns would pass a burst on top of the rate.
    """

    def __init__(
        self, per_second: float, *, clock: Clock = time.monotonic, sleep: Sleep | None = None
    ) -> None:
        self._seconds_between = MARGIN / per_second
        self._closed = threading.Event()
        self._clock, self._sleep = clock, sleep or self._closed.wait
        self._next_turn = clock()
        self._queue, self._guard = threading.Lock(), threading.Lock()

    def take_turn(self) -> None:
        """Wait until the next request may go out.

        Raises:
            SiteError: the run is being stopped.
        """
        # The first in the queue waits, the others behind it; so a pause that is called for
        # meanwhile holds for all of them.
        with self._queue:
            while (wait := self._next_turn - self._clock()) > 0:
                self._sleep(wait)
                self._refuse_if_closed()
            self._refuse_if_closed()
            with self._guard:
                self._next_turn = max(self._next_turn, self._clock() + self._seconds_between)

    def pause(self, seconds: float) -> None:
        """Let nobody ask for so long."""
        with self._guard:
            self._next_turn = max(self._next_turn, self._clock() + seconds)

    def close(self) -> None:
        """Give no more turns, and let nobody wait for one."""
        self._closed.set()

    def slow_down(self, seconds_between: float) -> None:
        """Leave at least so long between two requests from now on."""
        self._seconds_between = max(self._seconds_between, seconds_between)

    def _refuse_if_closed(self) -> None:
        if self._closed.is_set():
            raise SiteError("the run is being stopped; start it again to go on")


def backoff(attempt: int, first_seconds: float, chance: random.Random) -> float:
    """Draw the pause after the n-th failure (from 0): full jitter below a doubling cap."""
    return chance.uniform(0.0, min(MAX_BACKOFF_SECONDS, first_seconds * 2.0**attempt))


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Read a Retry-After header, in seconds or as an HTTP date; None if it says nothing."""
    if not text:
        return None
    if text.strip().isdecimal():
        seconds = float(text)
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        seconds = (until - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


class Robots:
    """What the site's robots.txt allows us, by RFC 9309; everything, where it has none."""

    def __init__(self, text: str, user_agent: str) -> None:
        self._rules = Protego.parse(text)
        self._user_agent = user_agent

    def allow(self, url: str) -> bool:
        """Whether we may ask for an address."""
        return bool(self._rules.can_fetch(url, self._user_agent))

    def seconds_between(self) -> float:
        """Give the seconds that the site wants between two requests; 0 if it does not say."""
        rate = self._rules.request_rate(self._user_agent)
        by_rate = rate.seconds / rate.requests if rate else 0.0
        return max(self._rules.crawl_delay(self._user_agent) or 0.0, by_rate)
