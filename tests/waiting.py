"""Patience with other threads and processes."""

import time
from collections.abc import Callable

import pytest


def wait_for(true: Callable[[], object], seconds: float, pause_seconds: float = 0.2) -> None:
    """Wait until something is true; a server that does not answer yet is waited for too."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if true():
                return
        except OSError:
            pass
        time.sleep(pause_seconds)
    pytest.fail(f"waited {seconds:g} s in vain")
