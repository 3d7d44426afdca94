"""`irodori prune` as a person meets it, on small real datasets: what it says, and what is left."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dataset import version
from dataset.verify import verify
from storage.layout import DataLayout
from tests.datasets import dataset_of, posts_of

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three datasets, each of a snapshot of its own; the newer two share all pictures but five."""
    root = tmp_path_factory.mktemp("prune") / "root"
    layout = DataLayout.at(str(root))
    dataset_of(layout, posts_of(layout, range(1, 41)))
    dataset_of(layout, posts_of(layout, range(31, 71)), "two")
    dataset_of(layout, posts_of(layout, range(31, 76)), "three")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "root", copy_function=shutil.copy2)
    return tmp_path / "root"


def _prune(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", "prune", "--root", str(root), *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def _files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def _bytes(root: Path) -> int:
    # A shard that two versions share has two names, and is there once.
    found = {path.stat().st_ino: path.stat().st_size for path in _files(root)}
    return sum(found.values())


def test_a_dry_run_tells_what_would_go_and_touches_nothing(root: Path):
    before = _files(root)
    done = _prune(root, "--keep", "2", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = done.stdout.splitlines()
    oldest = version.shelf(DataLayout.at(str(root))).versions[2]
    folders = [f"{stage}/{oldest.record(stage).key}" for stage in oldest.records]
    assert [line.split(":")[0] for line in lines] == [
        f"would remove {each}" for each in [*folders, "squares", "originals"]
    ]
    assert last.startswith("2 versions stay, ")
    assert last.endswith(" would come free")
    assert _files(root) == before


def test_it_says_a_line_for_each_folder_and_frees_what_it_says(root: Path):
    layout = DataLayout.at(str(root))
    before = _bytes(root)
    told = json.loads(_prune(root, "--keep", "2", "--dry-run", "--json").stdout)
    newest = [each.key for each in version.shelf(layout).versions[:2]]
    done = _prune(root, "--keep", "2")
    assert done.returncode == 0
    lines = [line for line in done.stderr.splitlines() if " removed " in line]
    assert len(lines) == len(told["removed"]) == 6
    (answered,) = done.stdout.splitlines()
    assert answered.startswith("2 versions stay, ")
    assert answered.endswith(" came free")
    # Removing is noted: the log is the one file more.
    log = root / "irodori.log"
    assert len([line for line in log.read_text().splitlines() if " removed " in line]) == 6
    assert before - (_bytes(root) - log.stat().st_size) == told["freed_bytes"]
    assert [each.key for each in version.shelf(layout).versions] == newest == told["versions"]
    for key in newest:
        assert verify(version.pick(layout, key), originals=True).damages == ()


def test_five_versions_stay_if_nothing_is_said_and_then_there_is_nothing_to_do(root: Path):
    done = _prune(root)
    assert (done.returncode, done.stdout) == (0, "3 versions stay, 0 bytes came free\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--keep", "0"), "prune --keep 0: wanted 1 or more; the newest version stays"),
        (("--kep", "3"), "there is no flag --kep (did you mean --keep?)"),
        (("--keep", "all"), "--keep: invalid int value: 'all'"),
    ],
)
def test_what_is_not_understood_is_one_line_and_exit_code_2(
    root: Path, words: tuple[str, ...], told: str
):
    done = _prune(root, *words)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert told in line


def test_a_root_that_is_not_there_is_said_and_not_made(tmp_path: Path):
    done = _prune(tmp_path / "typo")
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr
    assert not (tmp_path / "typo").exists()
