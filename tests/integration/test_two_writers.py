"""Two processes on one root at once: one writes a stage, the other waits, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from preprocessing.stage import clean, pack
from storage import lease, ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Output, StageRecord
from tests import datasets

PROJECT = Path(__file__).parents[2]
CHILD = """
import logging, os, signal, sys
from preprocessing.config import ConditionConfig
from preprocessing.stage import clean, condition, pack
from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from tests import datasets

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
class Stop(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith("made shard=train-"):
            logging.getLogger().removeHandler(self)
            os.kill(os.getpid(), signal.SIGSTOP)

if "stop" in sys.argv:
    logging.getLogger().addHandler(Stop())
layout = DataLayout.at(sys.argv[1])
scraped = ledger.require(layout, Stage.SCRAPE, sys.argv[2])
packed = pack(datasets.PACK, clean(datasets.CLEAN, scraped, layout), layout)
condition(ConditionConfig(), packed, layout, seed=1)
"""

Child = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def scraped(layout: DataLayout) -> StageRecord:
    return datasets.scrape_of(layout, datasets.posts_of(layout, range(1, 61)), "1")


@pytest.fixture
def child(layout: DataLayout, scraped: StageRecord) -> Iterator[Child]:
    """Start a process that makes the dataset; none outlives the test.

    One that is told to "stop" stops itself behind its first shard.
    """
    started = []

    def start(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", CHILD, str(layout.root), scraped.key, *words],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _told(process: "subprocess.Popen[str]", beginning: str) -> list[str]:
    """What it tells up to a line that begins so."""
    told = []
    assert process.stdout
    for line in process.stdout:
        told.append(line.strip())
        if line.startswith(beginning):
            return told
    raise AssertionError(f"it never told {beginning!r}: {told}")


def _paired(layout: DataLayout) -> tuple[Output, ...]:
    (path,) = layout.records(Stage.CONDITION)
    record = ledger.find(layout, Stage.CONDITION, path.parent.name)
    assert record
    return record.outputs


def _undisturbed(layout: DataLayout) -> tuple[Output, ...]:
    """The pairs that one process makes of the same posts."""
    alone = DataLayout.at(f"{layout.root}-alone")
    return datasets.dataset_of(alone, datasets.posts_of(alone, range(1, 61))).outputs


@pytest.mark.parametrize("is_killed", [False, True])
def test_two_processes_make_one_dataset_and_each_shard_once(
    layout: DataLayout, child: Child, is_killed: bool
):
    first = child("stop")
    os.waitpid(first.pid, os.WUNTRACED)
    second = child()
    assert _told(second, "waiting stage=pack")[-1].endswith(": another run is writing it")
    os.kill(first.pid, signal.SIGKILL if is_killed else signal.SIGCONT)
    before, _ = first.communicate(timeout=120)
    after, _ = second.communicate(timeout=120)
    assert second.returncode == 0
    assert first.returncode == (-signal.SIGKILL if is_killed else 0)
    lines = [*before.splitlines(), *after.splitlines()]
    made = [line.split()[1] for line in lines if line.startswith("made shard=")]
    packed = _told_of(Stage.PACK, layout)
    # Once in pack and once in condition; a shard is told after it is there, so a kill may hide one.
    assert all(made.count(f"shard={name}") <= 2 + is_killed for name in packed)
    if not is_killed:
        assert sorted(made) == sorted(2 * [f"shard={name}" for name in packed])
        assert sum(line.startswith("sealed stage=") for line in lines) == 3
    assert _paired(layout) == _undisturbed(layout)


def _told_of(stage: Stage, layout: DataLayout) -> list[str]:
    (path,) = layout.records(stage)
    return [each.name for each in path.parent.glob("*.tar")]


def _irodori(root: Path) -> "subprocess.Popen[str]":
    words = ("--scraper.sample-posts", "60", "--scraper.max-posts", "60")
    return subprocess.Popen(
        [sys.executable, "-m", "flows", "scrape", "--root", str(root), *words],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.timeout(600)
def test_two_commands_at_once_both_succeed_and_the_work_is_done_once(tmp_path: Path):
    commands = [_irodori(tmp_path / "root") for _ in range(2)]
    told = [command.communicate(timeout=240) for command in commands]
    assert [command.returncode for command in commands] == [0, 0]
    (folder,) = {out.strip() for out, _ in told}
    lines = [line for _, error in told for line in error.splitlines()]
    assert sum(" sealed stage=scrape" in line for line in lines) == 1
    assert sum(" found finished stage=scrape" in line for line in lines) == 1
    written = [line.split("wrote part=")[1] for line in lines if "wrote part=" in line]
    assert len(written) == len(set(written))
    assert (Path(folder) / "stage.json").exists()


def test_ctrl_c_ends_who_waits_with_the_usual_line(tmp_path: Path):
    layout = DataLayout.at(str(tmp_path / "root"))
    config = ["show", "--root", str(layout.root), "--scraper.sample-posts", "60"]
    shown = subprocess.run(
        [sys.executable, "-m", "flows", *config, "--scraper.max-posts", "60"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    (key,) = [line.split()[1] for line in shown.stdout.splitlines() if "  scrape: " in line]
    held = lease.lock(Path(str(layout.lease(Stage.SCRAPE, key))))
    assert held
    command = _irodori(tmp_path / "root")
    assert command.stderr
    for line in command.stderr:
        if f"waiting stage=scrape key={key}: another run is writing it" in line:
            break
    os.killpg(command.pid, signal.SIGINT)
    _, told = command.communicate(timeout=60)
    assert command.returncode == 130
    assert told.splitlines()[-1].startswith("irodori: interrupted; run the same command again")
    assert "Traceback" not in told
    held.release()


def test_who_waits_does_so_at_no_cost(layout: DataLayout, scraped: StageRecord, child: Child):
    packed = pack(datasets.PACK, clean(datasets.CLEAN, scraped, layout), layout)
    key = next(iter(packed.inputs.values()))
    layout.record(Stage.CLEAN, key).unlink()
    held = lease.lock(Path(str(layout.lease(Stage.CLEAN, key))))
    assert held
    waiting = child()
    _told(waiting, "waiting stage=clean")
    before = _cpu_seconds(waiting.pid)
    time.sleep(3)
    assert _cpu_seconds(waiting.pid) - before < 0.3
    held.release()
    waiting.communicate(timeout=120)
    assert waiting.returncode == 0


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
