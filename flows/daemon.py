"""A program that goes on after the command that started it, found again and ended by a later one.

It holds a lock for as long as it lives, however it ends; so a process id that is read back is never
that of somebody else.
"""

import fcntl
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Daemon:
    """One such program: its name, and the folder of its lock and its log."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        """What it printed since it was started last."""
        return self.folder / f"{self.name}.log"

    def pid(self) -> int | None:
        """Give its process id; None if it does not run."""
        try:
            with self._lock.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            # Empty for the moment between the lock and the program's start.
            return int(self._lock.read_text() or 0) or None
        return None

    def start(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the program, deaf to this terminal.

        Raises:
            BlockingIOError: it runs already, or is being started by another command.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as lock, self.log.open("w") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            # The lock is the open file's, and goes on with whoever has it open.
            os.set_inheritable(lock.fileno(), True)
            pid = os.posix_spawn(
                words[0],
                list(words),
                environment,
                setsid=True,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
            )
            lock.write(str(pid))

    def stop(self, patience_seconds: float, *, children_first: bool = False) -> bool:
        """Ask it to end, and make it after a while; give whether it ran.

        With `children_first`, what it has started is asked before, and has as long: whoever kills
        its children when it ends would give them no time to leave their work in order.
        """
        pid = self.pid()
        if pid is None:
            return False
        if children_first:
            with suppress(psutil.NoSuchProcess):
                _end_children_first(psutil.Process(pid), patience_seconds)
        else:
            os.kill(pid, signal.SIGTERM)
        if not self._ends_within(patience_seconds):
            # All that it started and left behind.
            os.killpg(pid, signal.SIGKILL)
            self._ends_within(patience_seconds)
        return True

    @property
    def _lock(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _ends_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True


def _end_children_first(parent: psutil.Process, patience_seconds: float) -> None:
    """Ask what a program has started to end, while it is held still and starts nothing, then it."""
    parent.suspend()
    try:
        children = parent.children()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.terminate()
        until = time.monotonic() + patience_seconds
        while any(map(_works, children)) and time.monotonic() < until:
            time.sleep(0.1)
        # It hears of this as soon as it goes on.
        parent.terminate()
    finally:
        parent.resume()


def _works(process: psutil.Process) -> bool:
    # Who has ended stays on as a zombie until its parent, held still, looks.
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
