"""How a training is asked to end at its next step: Ctrl-C, SIGTERM, SIGHUP raise one flag.

Signals come to the process, and Python lets its main thread alone hear them. So the flag is the
process's: a training in the main thread listens for itself, and whoever runs trainings in other
threads listens around them.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from storage.errors import IrodoriError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_asked = threading.Event()
_ear = threading.Lock()
"""Held by the one who listens."""


class Stopped(IrodoriError):
    """A training ended early because it was asked to; it can go on."""


@contextmanager
def listening() -> Iterator[threading.Event]:
    """Give the flag that the next of these signals raises.

    On leaving, what was heard is passed on to whoever listened before: Ctrl-C is still a
    `KeyboardInterrupt`, and an orchestrator still learns that it is being cancelled, only later.
    A second Ctrl-C does not wait.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not _ear.acquire(blocking=False):
        yield _asked
        return
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if number in heard and number == signal.SIGINT:
            raise KeyboardInterrupt
        heard.append(number)
        _asked.set()

    before = {number: signal.signal(number, hear) for number in SIGNALS if _is_heard(number)}
    try:
        yield _asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.clear()
        _ear.release()
        if heard:
            signal.raise_signal(heard[0])


def _is_heard(number: int) -> bool:
    # What is ignored (nohup does so) or not Python's stays as it is.
    return signal.getsignal(number) not in (signal.SIG_IGN, None)


@contextmanager
def left_to_others() -> Iterator[None]:
    """Leave it to the first process of a training when to stop: once it is gone, a step fails."""
    heard: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: heard.append(number))
        for number in SIGNALS
        if _is_heard(number)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])
