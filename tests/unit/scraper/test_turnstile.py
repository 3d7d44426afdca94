"""Two scrapes of one site on one machine, as two processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scraper import turnstile
from scraper.stage import scrape
from storage import files, lease
from storage.layout import DataLayout

PROJECT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("turnstile_child.py")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def _start(address: str, root: Path, folder: Path, snapshot: str = "1") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(CHILD), address, str(root), snapshot],
        env=os.environ | {"PYTHONPATH": str(PROJECT), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def _finish(*processes: "subprocess.Popen[str]") -> list[str]:
    told = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return told


def test_two_scrapes_of_a_site_keep_the_pace_of_one(board, tmp_path: Path, folder: Path):
    roots = [tmp_path / "one", tmp_path / "two"]
    told = _finish(*[_start(board.address, root, folder) for root in roots])
    site = board.address.removeprefix("http://")
    waited = f"waiting site={site}: another scrape of this machine is asking it"
    assert sorted(text.splitlines().count(waited) for text in told) == [0, 1]
    times = sorted(board.ear.times)
    # Each asks 20 times a second at most; so does all the machine, in any second.
    most = max(sum(start <= each < start + 1 for each in times) for start in times)
    assert len(times) > 40
    assert most <= 22


def test_who_had_to_wait_builds_on_what_the_other_has_brought(board, tmp_path: Path, folder: Path):
    held = lease.lock(turnstile.path_of(board.address.removeprefix("http://")))
    assert held
    root = tmp_path / "root"
    processes = [_start(board.address, root, folder, each) for each in ("1", "2")]
    for process in processes:
        assert process.stdout
        assert any(line.startswith("waiting site=") for line in process.stdout)
    held.release()
    _finish(*processes)
    looks = [
        files.read_json(path) for path in DataLayout.at(str(root)).root.glob("scrape/*/look.json")
    ]
    assert sorted(look["number"] for look in looks) == [0, 1]
    asked = board.ear.files()
    assert len(asked) == len(set(asked))


def test_the_board_of_our_own_needs_no_turn(make_config, layout: DataLayout, folder: Path):
    scrape(make_config("sample:", sample_posts=12), layout)
    assert list(folder.glob("irodori-asks-*")) == []


def test_all_people_of_a_machine_may_lock_the_file(folder: Path):
    with turnstile.passed("https://Example.org:8080"):
        (path,) = folder.iterdir()
    assert path.name == "irodori-asks-example.org_8080.lock"
    assert path.stat().st_mode & 0o777 == 0o666
