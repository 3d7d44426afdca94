"""An answer goes where one says, or one line tells why not."""

from pathlib import Path

import pytest

from flows.output import written
from storage.errors import BadInput, FullDisk


def test_the_folder_of_an_answer_is_made(tmp_path: Path) -> None:
    place = tmp_path / "tables" / "today" / "runs.md"
    assert written(str(place), "# Runs\n") == str(place)
    assert place.read_text() == "# Runs\n"


def test_a_folder_is_no_place_for_an_answer(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder; name a file in it"):
        written(str(tmp_path), "")


@pytest.mark.parametrize("below", ["runs.md", "today/runs.md"])
def test_a_file_has_no_answers_in_it(tmp_path: Path, below: str) -> None:
    (tmp_path / "tables").write_text("")
    told = r"^--output .* cannot be written \(.*/tables is a file, no folder\); name another place$"
    with pytest.raises(BadInput, match=told):
        written(f"{tmp_path}/tables/{below}", "")


@pytest.mark.parametrize("place", ["/proc/runs.md", "/proc/nowhere/runs.md", f"/{'long' * 100}"])
def test_a_place_where_nothing_can_be_written_is_told(place: str) -> None:
    with pytest.raises(
        BadInput, match=rf"^--output {place} cannot be written \([A-Z][a-z ]+\); name"
    ):
        written(place, "")


def test_a_full_disk_is_told_as_such() -> None:
    with pytest.raises(FullDisk, match="the disk is full"):
        written("/dev/full", "# Runs\n")
