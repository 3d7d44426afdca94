import errno
import os

import pytest

from storage.errors import BadInput, FullDisk, told_of_disk, told_of_place


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_place_that_is_closed_is_named_with_the_way_out(number: int) -> None:
    said = rf"^/data/clean: {os.strerror(number)}; let this user in, or name another place$"
    with pytest.raises(BadInput, match=said), told_of_disk():
        raise OSError(number, os.strerror(number), "/data/clean")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named_with_the_way_out(number: int) -> None:
    with pytest.raises(FullDisk, match=r"^the disk is full \(/data/x\); "), told_of_disk():
        raise OSError(number, os.strerror(number), "/data/x")


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "Access Denied"),
        OSError(errno.EIO, "I/O error", "/data/x"),
        ValueError(),
    ],
)
def test_what_says_nothing_of_a_place_on_the_disk_is_passed_on(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, told_of_disk():
        raise error
    assert raised.value is error


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOENT])
def test_a_place_that_a_person_has_named_is_called_by_that_name(number: int) -> None:
    said = rf"^--out there cannot be written \({os.strerror(number)}\); name another place$"
    with pytest.raises(BadInput, match=said), told_of_place("--out there"):
        raise OSError(number, os.strerror(number), "/there/below")
    with pytest.raises(FullDisk), told_of_place("--out there"):
        raise OSError(errno.ENOSPC, "No space left", "/there/below")


def test_a_store_that_refuses_without_a_file_is_told_by_what_it_says() -> None:
    told = r"^--out s3://x cannot be written \(Access Denied\)"
    with pytest.raises(BadInput, match=told), told_of_place("--out s3://x"):
        raise PermissionError("Access Denied")
