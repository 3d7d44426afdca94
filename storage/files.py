"""Open anywhere, write whole or not at all.

A root is a folder or any address that fsspec knows (`s3://bucket/irodori`). A file gets its
final name only when it is complete: on a disk by rename, on an object store by one upload.
"""

import contextlib
import itertools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from upath import UPath

from storage.errors import CorruptFile, IrodoriError

PART_SUFFIX = ".part"
NAMED = 40
"""So many letters of a file's name are in that of its part, for the longest name has no room left.
"""
ABANDONED_SECONDS = 3600.0
"""A half-written file that nobody has touched for so long was left by a killed run."""
_numbers = itertools.count()

_sync = getattr(os, "fdatasync", os.fsync)
"""Get content and size to the disk; times may follow, where the system knows the difference."""


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that is too long to be one names none."""
    try:
        return path.is_file()
    except OSError:
        return False


def readable(path: Path) -> str:
    """Write a path in letters that any file can hold, whatever bytes its name is made of."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def is_local(path: UPath) -> bool:
    """Whether the path lies on a disk of this machine."""
    return path.protocol in ("", "file", "local")


@contextmanager
def whole(path: UPath) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name complete, or not at all."""
    with _renamed(path) if is_local(path) else _uploaded(path) as file:
        yield file


@contextmanager
def _renamed(path: UPath) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The random name keeps two writers of the same name apart; the last one wins whole.
    begin = f".{path.name[:NAMED]}."
    handle, part = tempfile.mkstemp(prefix=begin, suffix=PART_SUFFIX, dir=str(path.parent))
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(str(path))
    finally:
        Path(part).unlink(missing_ok=True)


@contextmanager
def _uploaded(path: UPath) -> Iterator[BinaryIO]:
    # A shard may be too large for memory, so it waits on the disk for its upload.
    with tempfile.NamedTemporaryFile(prefix="irodori-", suffix=PART_SUFFIX) as file:
        yield cast(BinaryIO, file)
        file.flush()
        path.fs.put_file(file.name, path.path)


def write_bytes(path: UPath, content: bytes, *, lasting: bool = True) -> None:
    """Write bytes, whole or not at all; in few calls, for this is done once a picture.

    What need not be `lasting` is left to the system to bring to the disk: should the machine die
    before, there may be less of it, so whoever reads it has to look.
    """
    if not is_local(path):
        path.fs.pipe_file(path.path, content)
        return
    name = str(path)
    folder, _, last = name.rpartition("/")
    part = f"{folder}/.{last[:NAMED]}.{os.getpid()}-{next(_numbers)}{PART_SUFFIX}"
    try:
        with _create(part) as file:
            # A disk that is nearly full takes a part, and complains at the next only.
            left = memoryview(content)
            while left:
                left = left[file.write(left) :]
            if lasting:
                _sync(file.fileno())
        os.replace(part, name)  # noqa: PTH105 - a Path costs more than the call
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _create(part: str) -> BinaryIO:
    try:
        return open(part, "wb", buffering=0)  # noqa: PTH123 - closed by the caller
    except FileNotFoundError:
        Path(part).parent.mkdir(parents=True, exist_ok=True)
        return open(part, "wb", buffering=0)  # noqa: PTH123


def give_name(source: UPath, target: UPath) -> None:
    """Give a finished file a second name, which appears whole: no byte is copied on a disk."""
    if not is_local(target):
        target.fs.copy(source.path, target.path)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(str(source), str(target))
    except OSError:
        # Not every disk can do it.
        with whole(target) as copy, source.open("rb") as file:
            shutil.copyfileobj(file, copy)


def write_text(path: UPath, text: str) -> None:
    """Write text as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def write_json(path: UPath, content: Any) -> None:
    """Write JSON with sorted keys, whole or not at all: the same content, the same bytes."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_bytes(path: UPath) -> bytes:
    """Read a file; of an object store in one request, where opening it would cost another.

    Raises:
        FileNotFoundError: there is none.
        CorruptFile: it is a folder.
    """
    if is_local(path):
        try:
            with open(str(path), "rb", buffering=0) as file:  # noqa: PTH123 - half the time
                return file.read()
        except IsADirectoryError as error:
            raise CorruptFile(
                f"{path}: is a folder where a file belongs; move it away, and run again"
            ) from error
    content: bytes = path.fs.cat_file(path.path)
    return content


def read_json(path: UPath) -> Any:
    """Read a JSON file."""
    return json.loads(read_bytes(path))


def read_facts(path: UPath) -> dict[str, Any]:
    """Read a JSON file that holds facts by their names.

    Raises:
        FileNotFoundError: there is none.
        CorruptFile: it holds something else.
    """
    try:
        content = read_json(path)
    except ValueError as error:
        raise CorruptFile(f"{path}: no readable JSON; put it back from a copy") from error
    if not isinstance(content, dict):
        raise CorruptFile(f"{path}: holds no facts by name; put it back from a copy")
    return content


def facts_if_any(path: UPath) -> dict[str, Any]:
    """Read the facts in a JSON file; none, if it is gone or holds something else."""
    try:
        return read_facts(path)
    except (FileNotFoundError, CorruptFile):
        return {}


def sweep(folder: UPath, *, older_than_seconds: float = 0) -> None:
    """Remove what a killed writer left behind below a folder.

    Where others may be writing at this moment, an age keeps what they have in hand.
    """
    if is_local(folder):
        newest = time.time() - older_than_seconds
        for part in Path(str(folder)).rglob(f".*{PART_SUFFIX}"):
            # A part that is gone by now was another writer's, and has its name.
            with contextlib.suppress(FileNotFoundError):
                if part.stat().st_mtime <= newest:
                    part.unlink()


def starting(folder: UPath, start: str) -> list[UPath]:
    """Give what lies right in a folder under names that start so; in none that is not there.

    Raises:
        IrodoriError: the folder cannot be read, where a glob would find nothing in it.
    """
    if not is_local(folder):
        return list(folder.glob(f"{start}*"))
    try:
        names = [path.name for path in Path(str(folder)).iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise IrodoriError(
            f"{folder}: cannot be read ({error.strerror}); see who may read there"
        ) from error
    return [folder / name for name in sorted(names) if name.startswith(start)]


def below(folder: UPath) -> dict[str, dict[str, Any]]:
    """Give all files below a folder, by their paths: what the file system knows of them."""
    found = folder.fs.find(folder.path, detail=True)
    # A store may go on to list a folder that nothing is in any more.
    return {path: facts for path, facts in found.items() if facts["type"] == "file"}


def remove(folder: UPath) -> None:
    """Remove a folder and all below it, if it is there."""
    if is_local(folder):
        shutil.rmtree(str(folder), ignore_errors=True)
    elif folder.exists():
        folder.rmdir(recursive=True)
