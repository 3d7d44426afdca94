"""`irodori dataset` as a person meets it: what it prints, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage.layout import DataLayout
from tests.datasets import dataset_of, posts_of

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets, the newer one with five pictures more."""
    root = tmp_path_factory.mktemp("command") / "root"
    layout = DataLayout.at(str(root))
    dataset_of(layout, posts_of(layout, range(1, 41)))
    dataset_of(layout, posts_of(layout, range(1, 46)), "two")
    return root


def _dataset(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", "dataset", *map(str, words)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def keys(root: Path) -> list[str]:
    """The keys, newest first."""
    return [each["key"] for each in json.loads(_dataset("list", "--json", "--root", root).stdout)]


def test_list_has_one_line_a_version_and_no_line_too_many(root: Path, keys: list[str]):
    done = _dataset("list", "--root", root)
    head, *lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert head.split()[:4] == ["version", "date", "site", "snapshot"]
    assert [line.split()[0] for line in lines] == [key[:8] for key in keys]
    assert " two " in lines[0]


def test_what_only_reads_writes_nothing(root: Path):
    before = sorted(root.rglob("*"))
    for verb in ("card", "verify"):
        assert _dataset(verb, "--root", root).returncode == 0
    assert sorted(root.rglob("*")) == before


def test_show_tells_the_newest_for_people_and_for_machines(root: Path, keys: list[str]):
    newest, older = keys
    assert _dataset("show", "--root", root).stdout.startswith(f"dataset {newest}: ")
    told = json.loads(_dataset("show", older[:5], "--json", "--root", root).stdout)
    assert told["key"] == older
    assert told["lineage"]["condition"]["key"] == older
    assert told["funnel"][-1]["number"] == sum(told["contents"]["splits"].values())


def test_diff_tells_what_was_added(root: Path, keys: list[str]):
    newest, older = keys
    done = _dataset("diff", older[:6], newest[:6], "--root", root)
    assert done.returncode == 0
    assert f"dataset {older} -> {newest}: " in done.stdout
    assert " 0 removed" in done.stdout
    assert "snapshot  1 -> two" in done.stdout


def test_verify_is_one_line_when_all_is_well(root: Path):
    done = _dataset("verify", "--originals", "--root", root)
    (line,) = done.stdout.splitlines()
    assert done.returncode == 0
    assert "is whole: " in line


def test_verify_names_each_damage_and_its_exit_code_is_1(root: Path, keys: list[str]):
    newest, _ = keys
    shard = next((root / "condition" / newest).glob("train-*.tar"))
    whole = shard.read_bytes()
    try:
        shard.write_bytes(whole[:-1])
        done = _dataset("verify", "--root", root)
    finally:
        shard.write_bytes(whole)
    assert done.returncode == 1
    damage, summary = done.stdout.splitlines()
    assert damage.startswith(f"condition/{newest}/{shard.name}: has {len(whole) - 1:,} bytes")
    assert "is damaged: 1 thing wrong" in summary
    assert "Traceback" not in done.stderr


def test_card_is_printed_or_written(root: Path, tmp_path: Path):
    printed = _dataset("card", "--root", root)
    written = _dataset("card", "-o", tmp_path / "card.md", "--root", root)
    assert written.stdout.strip() == str(tmp_path / "card.md")
    assert (tmp_path / "card.md").read_text() == printed.stdout
    assert printed.stdout.startswith("---\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "zzz"], "dataset zzz: none below"),
        (["diff"], "dataset diff: 0 keys are given, wanted 2"),
        (["lost"], "no dataset command 'lost' (did you mean list?)"),
        (["list", "--jsn"], "no flag --jsn (did you mean --json?)"),
        (["show", "--originals"], "dataset show: --originals means nothing here"),
        ([], "irodori dataset list|show|diff|verify|card: say which"),
    ],
)
def test_what_is_not_understood_is_one_line_and_exit_code_2(
    root: Path, words: list[str], told: str
):
    done = _dataset(*words, "--root", root)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert told in line


def test_a_root_that_is_not_there_is_said_and_not_made(tmp_path: Path):
    done = _dataset("list", "--root", tmp_path / "typo")
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr
    assert not (tmp_path / "typo").exists()


def test_the_command_needs_neither_prefect_nor_torch():
    code = "import sys, flows.__main__; print(sorted({'torch', 'prefect'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_reader_that_has_seen_enough_is_no_failure(root: Path):
    done = subprocess.run(
        f"{sys.executable} -m flows dataset card --root {root} | head -c 1",
        shell=True,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("-", "")
