"""Progress that a person can watch: a bar on a terminal, a log line now and then elsewhere."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol, TypeVar

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

Item = TypeVar("Item")

logger = logging.getLogger(__name__)

console = Console(stderr=True)
"""The terminal that bars and log lines share, so that neither tears the other."""

SECONDS_BETWEEN_LINES = 10.0
FEWEST = 3
UNKNOWN = "unknown"


class Bars(Progress):
    """Bars with their count and the time left, each with its facts on a line below.

    Beside the bar they would take its place, and the count's, on a terminal of 80 columns.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(
            TextColumn("{task.description:<24}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """Give the lines, bar by bar."""
        for task in self.tasks:
            yield self.make_tasks_table([task])
            if facts := task.fields["facts"]:
                yield Text(f"  {facts}", style="dim")


_lock = threading.Lock()
_bars = Bars(console)


class Advance(Protocol):
    """Report that more is done, with facts worth seeing (`loss=0.12`)."""

    def __call__(self, done: int = 1, **facts: float | str) -> None:
        """Add `done` units and show the newest facts."""
        ...


@contextmanager
def watch(what: str, total: int, *, already: int = 0) -> Iterator[Advance]:
    """Show how far a long step is; yields the function to report progress with."""
    with (
        _bar(what, total, already) if console.is_terminal else _lines(what, total, already) as tell
    ):
        yield tell


def told(what: str, items: Iterable[Item], total: int) -> Iterator[Item]:
    """Give the items that a part is made of, with a log line now and then of how far it is.

    The part's bar stands still until the part is done, which takes minutes if an item takes long.
    """
    with _lines(what, total, 0) as advance:
        for item in items:
            yield item
            advance()


@contextmanager
def _bar(what: str, total: int, already: int) -> Iterator[Advance]:
    with _lock:
        if not _bars.tasks:
            _bars.start()
        bar = _bars.add_task(what, total=total, completed=already, facts="")

    def advance(done: int = 1, **facts: float | str) -> None:
        _bars.update(bar, advance=done, facts=_listed(facts))

    try:
        yield advance
    finally:
        with _lock:
            _bars.remove_task(bar)
            if not _bars.tasks:
                _bars.stop()


@contextmanager
def _lines(what: str, total: int, already: int) -> Iterator[Advance]:
    lock = threading.Lock()
    begun_at = told_at = time.monotonic()
    done_so_far = already

    def advance(done: int = 1, **facts: float | str) -> None:
        nonlocal done_so_far, told_at
        with lock:
            done_so_far += done
            if time.monotonic() - told_at < SECONDS_BETWEEN_LINES:
                return
            told_at = time.monotonic()
        left = time_left(done_so_far - already, total - done_so_far, told_at - begun_at)
        logger.info("%s done=%d of=%d left=%s %s", what, done_so_far, total, left, _listed(facts))

    yield advance


def time_left(done: int, left: int, seconds: float) -> str:
    """Say how long what is left takes, in whole seconds, if what is done took so many seconds.

    The first few take as long as all that has to be begun with them: they tell of few others.
    """
    is_told = done >= FEWEST or (done > 0 and left <= FEWEST * done)
    return str(timedelta(seconds=round(seconds / done * left))) if is_told else UNKNOWN


def _listed(facts: dict[str, float | str]) -> str:
    return " ".join(
        f"{name}={fact:.4g}" if isinstance(fact, float) else f"{name}={fact}"
        for name, fact in facts.items()
    )
