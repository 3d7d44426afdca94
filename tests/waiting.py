"""Patience with other threads and processes."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

LAST_WORDS_SECONDS = 20


def wait_for(
    true: Callable[[], object],
    seconds: float,
    pause_seconds: float = 0.2,
    *,
    by: "subprocess.Popen[Any] | None" = None,
) -> None:
    """Wait until something is true; a server that does not answer yet is waited for too.

    Args:
        true: says whether it is.
        seconds: how long to wait.
        pause_seconds: between two looks.
        by: who makes it true, and is listened to meanwhile: nobody who talks into a full pipe goes
            on. When it has ended, or all is in vain, it is killed, and what it said is told.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        # Before the look: it may make it true and end between the two.
        has_ended = by is not None and by.poll() is not None
        try:
            if true():
                return
        except OSError:
            pass
        if has_ended:
            break
        _pause(pause_seconds, by)
    told = f"waited {seconds - max(until - time.monotonic(), 0):.0f} s in vain"
    if by:
        by.kill()
        told += f"; exit code {by.wait()}, said: {_last_words(by)}"
    pytest.fail(told)


def _last_words(ended: "subprocess.Popen[Any]") -> object:
    try:
        return ended.communicate(timeout=LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired as unheard:
        # Whom it has started still holds its pipes.
        return unheard.stdout, unheard.stderr


def _pause(seconds: float, by: "subprocess.Popen[Any] | None") -> None:
    if by is None:
        time.sleep(seconds)
        return
    with suppress(subprocess.TimeoutExpired):
        # What is read before its time is up is kept for who asks next.
        by.communicate(timeout=seconds)
