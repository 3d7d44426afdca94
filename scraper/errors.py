"""What can go wrong with the site.

SiteError                 the site cannot be used as it answers; the stage stops, and goes on later
|-- SiteUnreachable       no good answer after every retry
|-- SiteRefuses           403, a challenge page, or robots.txt: we are not wanted, and stop
|-- SearchRefused         the search itself is refused (too deep, say)
|   |-- ApiClosed         the API answers nobody without a key; the pages may
|-- StrangeAnswer         an answer that is none of those the site is known to give
    |-- OtherBoard        the answer of another kind of board

NotServed                 one address does not give what it should; its post is dropped with the
                          reason, the stage goes on
"""

from storage.errors import IrodoriError
from storage.records import DropReason


class SiteError(IrodoriError):
    """The site cannot be used as it answers."""


class SiteUnreachable(SiteError):
    """The site gave no good answer after every retry."""


class SiteRefuses(SiteError):
    """The site does not want us; we stop and never try to get round it."""


class SearchRefused(SiteError):
    """The site refuses this search."""


class ApiClosed(SearchRefused):
    """The site's API is closed to whoever has no key."""


class StrangeAnswer(SiteError):
    """The site's answer is none that it is known to give."""


class OtherBoard(StrangeAnswer):
    """The answer is that of another kind of board."""


class NotServed(Exception):
    """One address does not give what it should."""

    def __init__(self, reason: DropReason, what: str) -> None:
        super().__init__(what)
        self.reason = reason
