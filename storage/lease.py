"""One writer at a time: who writes a stage holds its lease; whoever else wants to write it waits.

On a disk that is a POSIX record lock on a hidden file in the stage's folder. The kernel keeps it:
it belongs to one process, no child inherits it, and it is gone with the process, however that ends.
The file also tells what the stage is made from, which nothing else knows before it is sealed.

An object store has no such lock, and no lease is held there: Prefect's limit of one run a
deployment keeps scheduled runs apart, and two commands on one bucket are kept apart by people.
"""

import contextlib
import errno
import fcntl
import json
import logging
import os
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from storage import files
from storage.errors import BadInput
from storage.layout import LEASE_NAME
from storage.place import Place

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_LINES = 60.0

HELD_ELSEWHERE = {errno.EACCES, errno.EAGAIN}
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class Lease:
    """A lock file that this process holds: until it is released, forgotten, or the process ends."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        # A stage that failed is forgotten with its error, and a long-lived process lets go of it.
        self._close = weakref.finalize(self, os.close, handle)

    @property
    def is_held(self) -> bool:
        """Whether it has not been released."""
        return self._close.alive

    def note(self, text: str) -> None:
        """Write into the file; whoever looks reads it."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)

    def share(self) -> None:
        """Let other people's processes lock the file too, if it is ours to say."""
        with contextlib.suppress(PermissionError):
            os.fchmod(self._handle, 0o666)

    def release(self) -> None:
        """Let others have it; the file stays."""
        self._close()

    def finish(self) -> None:
        """Let others have it; what it guarded is done, so the file goes."""
        if self.is_held:
            self.path.unlink(missing_ok=True)
            self.release()


# Closing any handle of a file drops all locks that the process has on it, so there is one of each.
_held = weakref.WeakValueDictionary[tuple[int, Path], Lease]()
_guard = threading.Lock()


def take(folder: UPath, inputs: Mapping[str, str], what: str) -> Lease | None:
    """Take the lease of a stage's folder, and wait for it as long as another process holds it.

    In the process that holds it already it is had again at once. Below an object store there is
    none.

    Args:
        folder: the stage's, made if it is not there.
        inputs: what the stage is made from.
        what: names the stage in the log.

    Raises:
        BadInput: it would have to wait, and torchrun has started others that wait for this one.
    """
    if not files.is_local(folder):
        return None
    path, told = Path(str(folder)) / LEASE_NAME, f"{what}: another run is writing it"
    lease = lock(path)
    if not lease and Place.here().size > 1:
        raise BadInput(f"{told}; run this again when it has ended (torchrun does not wait)")
    lease = lease or wait(path, told)
    lease.note(json.dumps({"inputs": dict(inputs)}, sort_keys=True) + "\n")
    return lease


def wait(path: Path, told: str) -> Lease:
    """Lock a file, made if it is not there; say now and then what is waited for."""
    told_at: float | None = None
    while not (lease := lock(path)):
        now = time.monotonic()
        if told_at is None or now - told_at >= SECONDS_BETWEEN_LINES:
            logger.info("waiting %s", told)
            told_at = now
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return lease


@contextmanager
def held(path: UPath, told: str) -> Iterator[None]:
    """Keep other processes from what a file stands for, for a moment; on a store, nobody."""
    if not files.is_local(path):
        yield
        return
    mine = wait(Path(str(path)), told)
    try:
        yield
    finally:
        mine.finish()


def lock(path: Path) -> Lease | None:
    """Lock a file, made if it is not there; None if another process has locked it."""
    name = os.getpid(), path
    with _guard:
        mine = _held.get(name)
        if mine and mine.is_held:
            return mine
        while (handle := _open(path)) is not None:
            try:
                if not _is_locked(handle):
                    os.close(handle)
                    return None
                if _is_still(path, handle):
                    _held[name] = lease = Lease(path, handle)
                    return lease
            except BaseException:
                os.close(handle)
                raise
            # Who held it has removed the file meanwhile: the one that counts is another.
            os.close(handle)
    return None


def is_held(folder: UPath) -> bool:
    """Whether a process, this one too, is writing a stage's folder; False below a store."""
    path = Path(str(folder)) / LEASE_NAME
    if not files.is_local(folder) or not path.exists():
        return False
    mine = _held.get((os.getpid(), path))
    if mine and mine.is_held:
        return True
    lease = lock(path)
    if lease:
        lease.release()
    return lease is None


def inputs_of(folder: UPath) -> dict[str, str]:
    """Give what an unfinished stage is made from, by label, as far as that is known.

    Not for who is writing it: to close the file again would drop the lock.
    """
    try:
        content = json.loads(files.read_bytes(folder / LEASE_NAME))
        return {str(label): str(key) for label, key in content["inputs"].items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def _open(path: Path) -> int | None:
    """Open the file, made if it is not there; None if its folder was removed in between."""
    # Where all may write, a system may refuse to "make" another person's file that is there.
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    return None


def _is_locked(handle: int) -> bool:
    """Lock an open file; False if another process has."""
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD_ELSEWHERE:
            return False
        if error.errno not in NO_LOCKS:
            raise
        logger.warning("this disk knows no locks (%s); two runs are not kept apart", error.strerror)
    return True


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
