"""A part in another process, maybe on another machine: one core, and its log travels home."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import TypeVar

import cv2

from storage.parts import Dropped

Part = TypeVar("Part")
Result = TypeVar("Result")

ROOMS = ("flows", "preprocessing", "training", "evaluation", "storage")
"""Where the parts' functions live."""

_told = threading.Event()
"""Set in a worker that was told to end between two parts."""


def prepare() -> None:
    """Make a worker of a fresh process: one core, and the end is announced by who started it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # torch reads it when it is imported, which only some parts do.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def prepare_process() -> None:
    """Make a worker of a process of ours, that does not outlive the one that started it."""
    prepare()
    signal.signal(signal.SIGTERM, lambda *_: _told.set())
    threading.Thread(target=_follow_parent, daemon=True).start()


def dask_setup(worker: object) -> None:  # noqa: ARG001
    """Make a worker of a Dask worker that starts here; Dask knows it by this name."""
    prepare()


def do(function: Callable[[Part], Result], part: Part) -> tuple[Result, list[logging.LogRecord]]:
    """Do a part; give its result, and what was logged meanwhile."""
    # There are as many workers as cores: OpenCV shall not start that many threads in each.
    cv2.setNumThreads(1)
    with _noted() as notes, _dropped_when_told():
        result = function(part)
    return result, [notes.get() for _ in range(notes.qsize())]


def tell(brought: tuple[Result, list[logging.LogRecord]]) -> Result:
    """Log at home what a part has logged away; give its result."""
    result, records = brought
    for record in records:
        logging.getLogger(record.name).handle(record)
    return result


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


class _Asked(BaseException):
    """Passes by whoever catches errors on the way."""


def _drop(*_: object) -> None:
    # The pool has handed out the next part already: that one is not begun.
    _told.set()
    raise _Asked


@contextmanager
def _dropped_when_told() -> Iterator[None]:
    """Drop a part at SIGTERM: the process itself is still wanted, to leave in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, _drop)
        if _told.is_set():
            _drop()
        yield
    except _Asked:
        # Of an error the pool hears, and goes on in order.
        raise Dropped from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _noted() -> Iterator["SimpleQueue[logging.LogRecord]"]:
    notes: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler = QueueHandler(notes)
    here = threading.get_ident()
    handler.addFilter(lambda record: record.thread == here)
    loggers = [logging.getLogger(room) for room in ROOMS]
    for logger in loggers:
        # All is told at home: whoever else listens here (Prefect does) would tell it twice.
        logger.handlers = [each for each in logger.handlers if isinstance(each, QueueHandler)]
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield notes
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
