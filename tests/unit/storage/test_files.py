import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from upath import UPath

from storage import files
from storage.layout import DataLayout


def test_a_file_appears_whole(layout: DataLayout):
    files.write_text(layout.root / "a" / "b.txt", "all of it")
    assert (layout.root / "a" / "b.txt").read_text() == "all of it"


def test_the_same_facts_in_another_order_give_the_same_bytes(layout: DataLayout):
    files.write_json(layout.root / "a", {"x": {"p": 1, "q": 2}, "y": 3})
    files.write_json(layout.root / "b", {"y": 3, "x": {"q": 2, "p": 1}})
    assert files.read_bytes(layout.root / "a") == files.read_bytes(layout.root / "b")


def test_a_failed_write_leaves_the_old_file_and_no_litter(layout: DataLayout):
    path = layout.root / "a.txt"
    files.write_text(path, "old")

    def fail_halfway():
        with files.whole(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert [each.name for each in layout.root.iterdir()] == ["a.txt"]


def test_a_file_can_be_read_by_other_people_of_the_machine(layout: DataLayout):
    files.write_bytes(layout.root / "one", b"all of it")
    with files.whole(layout.root / "other") as file:
        file.write(b"all of it")
    modes = {path.name: path.stat().st_mode & 0o777 for path in layout.root.iterdir()}
    assert modes == {"one": 0o666 & ~_umask(), "other": 0o644}


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_lasts_is_on_the_disk_before_it_has_its_name(
    layout: DataLayout, monkeypatch: pytest.MonkeyPatch, *, is_whole: bool
):
    path, synced = layout.root / "a.txt", []

    def note(handle: int) -> None:
        synced.append((os.fstat(handle).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(files, "_sync", note)
    if is_whole:
        with files.whole(path) as file:
            file.write(b"all of it")
    else:
        files.write_bytes(path, b"all of it")
        files.write_bytes(layout.root / "b.txt", b"this need not last", lasting=False)
    assert synced == [(len(b"all of it"), False)]


@contextmanager
def _no_file_longer_than(number: int) -> Iterator[None]:
    """As on a disk that is nearly full: one write takes a part, and the next one fails."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_disk_that_is_full_halfway_leaves_the_old_file_and_no_litter(layout: DataLayout):
    path = layout.root / "a.txt"
    files.write_text(path, "old")
    with _no_file_longer_than(1000), pytest.raises(OSError, match="too large"):
        files.write_bytes(path, bytes(1500))
    assert path.read_text() == "old"
    assert [each.name for each in layout.root.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", ["a" * 255, "漫" * 85, "🎨" * 63])
def test_a_file_may_have_the_longest_name_there_is(layout: DataLayout, name: str):
    files.write_bytes(layout.root / name, b"one")
    with files.whole(layout.root / name) as file:
        file.write(b"two")
    (path,) = layout.root.iterdir()
    assert (path.name, path.read_bytes()) == (name, b"two")


def test_sweeping_leaves_what_others_may_still_be_writing(layout: DataLayout):
    layout.root.mkdir(parents=True)
    old, new = layout.root / ".a.1.part", layout.root / ".b.2.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(str(old), (0, 0))
    files.sweep(layout.root, older_than_seconds=60)
    assert list(layout.root.iterdir()) == [new]


def test_an_address_works_as_a_folder_does():
    root = UPath("memory://bucket/irodori")
    files.write_json(root / "a.json", {"b": 1})
    assert files.read_json(root / "a.json") == {"b": 1}
    assert not files.is_local(root)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second disk")
def test_a_file_gets_a_second_name_on_another_disk_too(layout: DataLayout):
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as source:
        source.write(b"all of it")
        source.flush()
        files.give_name(UPath(source.name), layout.root / "a.txt")
    assert (layout.root / "a.txt").read_bytes() == b"all of it"
    assert [each.name for each in layout.root.iterdir()] == ["a.txt"]
