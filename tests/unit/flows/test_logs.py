"""What of the stages' log is let through to whoever listens."""

import logging
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import logs
from storage.errors import BadInput
from storage.layout import DataLayout


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Rooms as quiet as Python makes them; as they were when the test ends."""
    before = {room: logging.getLogger(room).level for room in logs.ROOMS}
    for room in logs.ROOMS:
        logging.getLogger(room).setLevel(logging.NOTSET)
    yield
    for room, level in before.items():
        logging.getLogger(room).setLevel(level)


def test_what_a_stage_says_is_let_through():
    logger = logging.getLogger("training.loop")
    assert not logger.isEnabledFor(logging.INFO)
    logs.speak()
    assert logger.isEnabledFor(logging.INFO)


def test_a_level_that_somebody_has_set_stays():
    logging.getLogger("training").setLevel(logging.ERROR)
    logs.speak()
    assert logging.getLogger("training").level == logging.ERROR


def test_a_root_that_is_a_file_is_said_to_be_one(tmp_path: Path):
    file = tmp_path / "notes"
    file.touch()
    told = (
        f"^--root {file} cannot be written \\({file} is a file, no folder\\); name another place$"
    )
    with pytest.raises(BadInput, match=told):
        logs.keep(DataLayout.at(str(file)))


def test_every_folder_of_code_is_heard_here_and_by_prefect():
    project = Path(__file__).parents[3]
    packages = {path.parent.name for path in project.glob("*/__init__.py")} - {"tests"}
    told = tomllib.loads((project / "prefect.toml").read_text())["logging"]["extra_loggers"]
    assert set(logs.ROOMS) == set(told.split(",")) == packages


def test_a_name_of_any_bytes_is_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    room = logging.getLogger("scraper")
    before = set(room.handlers)
    place = logs.keep(DataLayout.at(str(tmp_path)))
    (kept,) = set(room.handlers) - before
    for each in logs.ROOMS:
        logging.getLogger(each).removeHandler(kept)
    name = os.fsdecode(b"caf\xe9.png")
    kept.handle(logging.LogRecord("scraper", 30, "here", 1, "not read file=%s", (name,), None))
    kept.close()
    assert "not read file=caf\\udce9.png" in Path(place).read_text()
    assert "Logging error" not in capsys.readouterr().err


def test_a_log_of_nothing_goes_with_the_folders_that_were_made_for_it(tmp_path: Path):
    root = tmp_path / "new" / "root"
    for is_made in (True, False):
        place = logs.keep(DataLayout.at(str(root)))
        if is_made:
            (root / "scrape").mkdir()
        logs.drop(place, [root, root.parent])
        assert root.exists() is is_made
        if is_made:
            assert Path(place).exists()
            (root / "scrape").rmdir()
    assert not (tmp_path / "new").exists()
