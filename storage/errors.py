"""What can go wrong with what lies on disk, and with what a person asked for.

IrodoriError            one clear line; a stage failed (exit code 1)
|-- CorruptFile         a file is not what its record says
|-- Diverged            a training lost its numbers, and would lose them again
|-- LostPeer            another process of the same training has ended
|-- BadInput            the request cannot be met as given (exit code 2)
    |-- MissingInput    something that has to be there is not
    |-- ContractError   a table or shard of another contract than wanted
    |-- FullDisk        there is no room to write
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class IrodoriError(Exception):
    """Say in one line what is wrong, where, and the way out."""


class CorruptFile(IrodoriError):
    """A file's bytes are not those its record promises."""


class Diverged(IrodoriError):
    """A training's numbers are no longer finite; the first clause says when and which."""


class LostPeer(IrodoriError):
    """Another process of the same training has ended, and says why itself."""


class BadInput(IrodoriError):
    """What was asked for cannot be done as asked."""


class MissingInput(BadInput):
    """Something that has to be there is not."""


class ContractError(BadInput):
    """A table or shard speaks another contract than the reader wants."""


class FullDisk(BadInput):
    """There is no room to write; what was finished stays."""


@contextmanager
def told_of_disk() -> Iterator[None]:
    """Let what the system says of a full disk, or of a closed door, be said in one line.

    Raises:
        FullDisk: it is full.
        BadInput: a file or folder on it may not be read, or not be written.
    """
    try:
        yield
    except OSError as error:
        _tell_of_full(error)
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and error.filename:
            raise BadInput(
                f"{error.filename}: {error.strerror}; let this user in, or name another place"
            ) from error
        raise


@contextmanager
def told_of_place(named: str) -> Iterator[None]:
    """Let whatever keeps a place that a person has named from being written be said in one line.

    Raises:
        FullDisk: its disk is full.
        BadInput: it can be no such place, or nobody may write there.
    """
    try:
        yield
    except OSError as error:
        _tell_of_full(error)
        why = error.strerror or str(error)
        if error.filename and isinstance(error, FileExistsError | NotADirectoryError):
            above = (Path(error.filename), *Path(error.filename).parents)
            there = next((path for path in above if path.exists()), error.filename)
            why = f"{there} is a file, no folder"
        raise BadInput(f"{named} cannot be written ({why}); name another place") from error


def _tell_of_full(error: OSError) -> None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" ({error.filename})" if error.filename else ""
        raise FullDisk(f"the disk is full{where}; free some space and run it again") from error
