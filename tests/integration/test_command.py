"""The command `irodori` as a person meets it: exit codes, one clear line, no traceback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import drawing, encoded
from tests.waiting import wait_for

PROJECT = Path(__file__).parents[2]
DEAD_SERVER = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api"}


def _irodori(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def _told(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error; fails if there are more."""
    (line,) = done.stderr.splitlines()
    return line


def test_show_prints_the_configuration_and_what_is_to_do(tmp_path: Path):
    done = _irodori("show", "--root", str(tmp_path / "new"))
    assert done.returncode == 0
    assert "base_url: 'sample:'" in done.stdout
    assert "to do" in done.stdout
    assert done.stderr == ""
    assert not (tmp_path / "new").exists()


def test_a_typo_is_one_line_and_exit_code_2():
    done = _irodori("run", "--training.stepz", "3")
    assert done.returncode == 2
    assert "did you mean --training.steps?" in _told(done)


def test_a_root_that_is_a_file_is_one_line_and_exit_code_2(tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = _irodori("run", "--root", str(tmp_path / "file"))
    assert done.returncode == 2
    assert f"--root {tmp_path / 'file'}" in _told(done)


@pytest.mark.parametrize("verb", [("takedown", "12"), ("dataset", "list"), ("prune",)])
def test_a_root_that_is_not_there_or_is_a_file_is_said_and_not_made(
    tmp_path: Path, verb: tuple[str, ...]
):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        done = _irodori(*verb, "--root", str(tmp_path / name))
        assert done.returncode == 2
        assert f"--root {tmp_path / name}: there is no such folder" in _told(done)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_stage_without_its_input_names_the_command_to_run_first(tmp_path: Path):
    done = _irodori("pack", "--root", str(tmp_path / "new"))
    assert done.returncode == 2
    # Nothing was made, so nothing is left.
    assert not (tmp_path / "new").exists()
    told = "run `irodori clean` with the same settings first, and before that scrape"
    assert done.stderr.splitlines()[-1].endswith(told)
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_line_and_exit_code_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _irodori("sample-booru", "--port", str(port))
    assert done.returncode == 2
    assert str(port) in _told(done)


def test_a_server_that_was_named_and_does_not_answer_is_one_line_and_exit_code_2(tmp_path: Path):
    done = _irodori("scrape", "--root", str(tmp_path), env=DEAD_SERVER)
    assert done.returncode == 2
    assert "no server answers at http://127.0.0.1:9/api" in _told(done)


def test_a_finished_stage_answers_without_a_server_and_says_what_the_folder_has_since(
    tmp_path: Path,
):
    top = tmp_path / "drawings"
    top.mkdir()
    (top / "a.png").write_bytes(encoded(drawing(1, 96)))
    words = ("scrape", "--root", str(tmp_path / "root"), "--scraper.folder", str(top))
    first = _irodori(*words)
    again = _irodori(*words, env=DEAD_SERVER)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "since this snapshot" not in again.stderr
    (top / "b.png").write_bytes(encoded(drawing(2, 96)))
    third = _irodori(*words, env=DEAD_SERVER)
    assert third.stdout == first.stdout
    assert "new=1 gone=0 changed=0 since this snapshot" in third.stderr


def test_a_finished_stage_says_that_its_input_was_made_again_of_something_else(tmp_path: Path):
    top, root = tmp_path / "drawings", tmp_path / "root"
    top.mkdir()
    for number in range(20):
        (top / f"{number:02d}.png").write_bytes(encoded(drawing(number, 96)))
    words = ("--root", str(root), "--scraper.folder", str(top), "--clean.min-side-px", "64")
    _irodori("scrape", *words)
    first = _irodori("clean", *words)
    shutil.rmtree(root / "scrape")
    (top / "00.png").write_bytes(encoded(drawing(20, 96)))
    _irodori("scrape", *words)
    again = _irodori("clean", *words, env=DEAD_SERVER)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert "was made before its scrape was made again, of something else" in again.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_one_line_and_exit_code_2_and_the_run_goes_on_later(tmp_path: Path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "small", str(tmp_path)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    words = ("scrape", "--root", str(tmp_path), "--scraper.sample-posts", "60")
    try:
        full = _irodori(*words, "--scraper.max-posts", "60")
        subprocess.run(["mount", "-o", "remount,size=64m", str(tmp_path)], check=True)
        done = _irodori(*words, "--scraper.max-posts", "60")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert full.returncode == 2
    assert "the disk is full" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    assert done.returncode == 0


def test_a_proxy_that_reaches_nothing_here_is_no_hindrance(tmp_path: Path):
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")
    none = dict.fromkeys(("no_proxy", "NO_PROXY"), "")
    words = ("--scraper.sample-posts", "20", "--scraper.max-posts", "20")
    done = _irodori("scrape", "--root", str(tmp_path), *words, env=os.environ | proxies | none)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_ends_it_is_one_line_and_an_exit_code(
    tmp_path: Path, number: signal.Signals, code: int
):
    process = subprocess.Popen(
        [sys.executable, "-m", "flows", "scrape", "--root", str(tmp_path)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for((tmp_path / "images").exists, 60, pause_seconds=0.05, by=process)
    # As a terminal does: to the whole foreground group.
    os.killpg(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert told.splitlines()[-1].startswith("irodori: interrupted; run the same command again")
    assert "Traceback" not in told
