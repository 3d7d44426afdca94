"""Which fault the board plays on which request: named, dosed, and drawn from one seed.

`429:0.1,reset:3,gone:0.02` lets a tenth of all requests be answered 429, resets the first three,
and has lost one picture in fifty. A passing fault strikes a request; at one address never more than
`MAX_IN_A_ROW` times one after the other. A lasting fault (`gone`, or any with `!`) strikes an
address, for good.
"""

import difflib
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scraper.sample_booru.fault_log import Event, Log
from storage import digest
from storage.errors import BadInput

MAX_IN_A_ROW = 2
CHANCES = 1 << 63


class Scope(StrEnum):
    """Which requests a fault can strike."""

    ALL = "all"
    PICTURES = "pictures"
    LISTINGS = "listings"
    POSTS = "posts"
    """Not a request: a post in the API's listings."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is fixed about a fault: what it strikes, whether it lasts, and its sentence."""

    scope: Scope
    lasts: bool
    meaning: str


KINDS = {
    "429": Kind(Scope.ALL, False, "too many requests, without Retry-After"),
    "429-seconds": Kind(Scope.ALL, False, "too many requests, Retry-After in seconds"),
    "429-date": Kind(Scope.ALL, False, "too many requests, Retry-After as a date"),
    "500": Kind(Scope.ALL, False, "internal server error"),
    "503": Kind(Scope.ALL, False, "service unavailable"),
    "challenge": Kind(Scope.ALL, False, "503 with a page that asks for proof of a human"),
    "reset": Kind(Scope.ALL, False, "the connection is reset in mid-answer"),
    "cut": Kind(Scope.ALL, False, "fewer bytes than Content-Length says"),
    "drip": Kind(Scope.ALL, False, "the answer comes in tiny pieces over 20 seconds"),
    "html": Kind(Scope.PICTURES, True, "a page of HTML instead of the picture"),
    "elsewhere": Kind(Scope.PICTURES, True, "a redirect to another host"),
    "private": Kind(Scope.PICTURES, True, "a redirect to a private address"),
    "bomb": Kind(Scope.PICTURES, True, "a small file that decodes to 400 megapixels"),
    "changed": Kind(Scope.PICTURES, True, "other bytes than those the listing's md5 is of"),
    "gone": Kind(Scope.PICTURES, True, "404: deleted between listing and download"),
    "empty": Kind(Scope.LISTINGS, False, "an empty page in mid-result"),
    "unclosed": Kind(Scope.LISTINGS, False, "half an answer, as if it were all"),
    "entity": Kind(Scope.LISTINGS, False, "XML whose entities blow up"),
    "refusal": Kind(Scope.LISTINGS, False, "the refusal of a deep search, XML in any case"),
    "ghost": Kind(Scope.POSTS, True, "the post is listed without a picture"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and its dose: a rate, or how many of the first it strikes."""

    name: str
    rate: float
    count: int
    lasts: bool

    @property
    def scope(self) -> Scope:
        """Which requests it can strike."""
        return KINDS[self.name].scope


def parse(spec: str) -> tuple[Fault, ...]:
    """Read a list such as `429:0.1,reset:3,gone:0.02`.

    Raises:
        BadInput: it names no fault, or gives no dose.
    """
    words = [word.strip() for word in spec.split(",") if word.strip()]
    return tuple(_fault(word) for word in words)


def _fault(word: str) -> Fault:
    name, _, dose = word.removesuffix("!").partition(":")
    if name not in KINDS:
        near = difflib.get_close_matches(name, KINDS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise BadInput(f"faults: there is no {name!r}{hint}; there are {', '.join(KINDS)}")
    rate, count = _dose(word, dose)
    return Fault(name, rate, count, KINDS[name].lasts or word.endswith("!"))


def _dose(word: str, dose: str) -> tuple[float, int]:
    if dose.isdecimal() and int(dose) > 0:
        return 0.0, int(dose)
    try:
        rate = float(dose) if "." in dose else 0.0
    except ValueError:
        rate = 0.0
    if not 0.0 < rate <= 1.0:
        raise BadInput(
            f"faults: {word!r} has no dose; wanted a share above 0 and up to 1 with its point"
            " (429:0.1), or how many times (reset:3)"
        )
    return rate, 0


class Faults:
    """Draws the fault of each request, and keeps the log."""

    def __init__(self, faults: Sequence[Fault], seed: int = 0) -> None:
        self.log = Log()
        self._faults, self._seed = tuple(faults), seed
        self._asked = Counter[str]()
        self._in_a_row = Counter[str]()
        self._struck: dict[str, set[str]] = {fault.name: set() for fault in faults}
        self._lock = threading.Lock()

    def draw(self, path: str) -> str:
        """Name the fault of the next request for an address; empty for none."""
        with self._lock:
            self._asked[path] += 1
            nth = self._asked[path]
            name = self._lasting(path) or self._passing(path, nth)
            self.log.events.append(Event(path, nth, name))
            return name

    def draw_ghost(self, post_id: int) -> bool:
        """Whether a post is listed without its picture; the answer stays the same."""
        with self._lock:
            ghosts = [fault for fault in self._faults if fault.scope is Scope.POSTS]
            is_ghost = any(self._strikes_for_good(fault, str(post_id)) for fault in ghosts)
            if is_ghost:
                self.log.ghosts.add(post_id)
            return is_ghost

    def served_whole(self, path: str) -> None:
        """Note a complete 200 answer."""
        with self._lock:
            self.log.whole[path] += 1

    def _lasting(self, path: str) -> str:
        return self._first(path, lambda f: f.lasts and self._strikes_for_good(f, path))

    def _passing(self, path: str, nth: int) -> str:
        name = ""
        if self._in_a_row[path] < MAX_IN_A_ROW:
            name = self._first(path, lambda f: not f.lasts and self._strikes(f, path, nth))
        self._in_a_row[path] = self._in_a_row[path] + 1 if name else 0
        return name

    def _first(self, path: str, strikes: Callable[[Fault], bool]) -> str:
        fitting = (fault for fault in self._faults if fault.scope in _scopes(path))
        return next((fault.name for fault in fitting if strikes(fault)), "")

    def _strikes_for_good(self, fault: Fault, target: str) -> bool:
        struck = self._struck[fault.name]
        if fault.count:
            if target not in struck and len(struck) < fault.count:
                struck.add(target)
            return target in struck
        return self._chance(fault.name, target) < fault.rate

    def _strikes(self, fault: Fault, path: str, nth: int) -> bool:
        if not fault.count:
            return self._chance(fault.name, path, str(nth)) < fault.rate
        struck = self._struck[fault.name]
        if len(struck) >= fault.count:
            return False
        struck.add(f"{path} {nth}")
        return True

    def _chance(self, *names: str) -> float:
        return digest.seed_of(self._seed, "fault", *names) / CHANCES


def is_listing(path: str) -> bool:
    """Whether an address asks the API for posts."""
    return "page=dapi" in path and "s=post" in path


def is_picture(path: str) -> bool:
    """Whether an address is that of an original or of line art."""
    return path.lstrip("/").startswith(("images/", "lines/"))


def _scopes(path: str) -> set[Scope]:
    scopes = {Scope.ALL}
    if is_picture(path):
        scopes.add(Scope.PICTURES)
    if is_listing(path):
        scopes.add(Scope.LISTINGS)
    return scopes
