import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from upath import UPath

from storage import files, lease, ledger
from storage.errors import BadInput
from storage.layout import LEASE_NAME, DataLayout
from storage.ledger import OpenStage, Stage
from storage.records import Output
from storage.section import Section

PROJECT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("lease_child.py")

Writer = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def writer(layout: DataLayout) -> Iterator[Writer]:
    """Start another process that writes the stage; none outlives the test."""
    started = []

    def start(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(CHILD), str(layout.root), *words],
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _open(layout: DataLayout) -> OpenStage:
    return ledger.open_stage(Stage.CLEAN, Section(), inputs={}, layout=layout)


def _stopped(process: "subprocess.Popen[str]") -> None:
    """Wait until it has stopped itself in the midst of the stage."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def _line(process: "subprocess.Popen[str]", beginning: str) -> str:
    assert process.stdout
    for line in process.stdout:
        if line.startswith(beginning):
            return line.strip()
    raise AssertionError(f"it never said {beginning!r}")


def _outputs(layout: DataLayout) -> tuple[Output, ...]:
    finished = _open(layout).finished
    assert finished
    return finished.outputs


def test_who_comes_second_waits_and_finds_the_stage_finished(layout: DataLayout, writer: Writer):
    first = writer("stop")
    _stopped(first)
    second = writer()
    waiting = _line(second, "waiting ")
    key = next((layout.root / "clean").iterdir()).name
    assert waiting == f"waiting stage=clean key={key}: another run is writing it"
    first.send_signal(signal.SIGCONT)
    told, _ = first.communicate(timeout=60)
    assert [line for line in told.splitlines() if line.startswith("wrote")] == [
        f"wrote {number}" for number in range(3)
    ]
    told, _ = second.communicate(timeout=60)
    assert told.splitlines() == [f"found finished stage=clean key={key}"]
    assert (first.returncode, second.returncode) == (0, 0)
    assert not layout.lease(Stage.CLEAN, key).exists()


def test_where_the_first_is_killed_the_second_goes_on(layout: DataLayout, writer: Writer):
    first = writer("stop")
    _stopped(first)
    second = writer()
    _line(second, "waiting ")
    first.kill()
    told, _ = second.communicate(timeout=60)
    # What the first has written is not written again.
    assert [line for line in told.splitlines() if line.startswith("wrote")] == [
        "wrote 1",
        "wrote 2",
    ]
    assert second.returncode == 0
    undisturbed = DataLayout.at(f"{layout.root}-undisturbed")
    opened = _open(undisturbed)
    for number in range(3):
        files.write_text(opened.folder / f"{number}.txt", f"content {number}")
    assert _outputs(layout) == opened.seal({"files": 3}).outputs


def test_the_same_process_may_open_a_stage_again(layout: DataLayout, writer: Writer):
    first, again = _open(layout), _open(layout)
    assert (first.finished, again.finished) == (None, None)
    # One of them is forgotten, as after a failure: the other still keeps others away.
    del first
    waiting = writer()
    _line(waiting, "waiting ")
    del again
    told, _ = waiting.communicate(timeout=60)
    assert "wrote 0" in told


def test_a_stage_that_failed_is_let_go_with_its_error(layout: DataLayout, writer: Writer):
    def fail() -> None:
        opened = _open(layout)
        raise RuntimeError(opened.key)

    with pytest.raises(RuntimeError) as failed:
        fail()
    del failed
    told, _ = writer().communicate(timeout=60)
    assert "waiting" not in told
    assert "wrote 0" in told


def test_a_child_of_a_fork_does_not_hold_what_its_parent_holds(layout: DataLayout):
    opened = _open(layout)
    child = os.fork()
    if not child:
        os._exit(0 if lease.lock(Path(str(opened.folder)) / LEASE_NAME) is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert lease.is_held(opened.folder)


def test_a_lease_is_no_output_and_no_litter(layout: DataLayout):
    opened = _open(layout)
    files.sweep(opened.folder)
    assert (opened.folder / LEASE_NAME).exists()
    files.write_text(opened.folder / "a.txt", "content")
    assert [output.name for output in opened.seal({}).outputs] == ["a.txt"]
    assert sorted(path.name for path in opened.folder.iterdir()) == ["a.txt", "stage.json"]


def test_an_unfinished_stage_tells_what_it_is_made_from(layout: DataLayout):
    also = {"scrape": "0123456789ab"}
    opened = ledger.open_stage(Stage.CLEAN, Section(), inputs={}, layout=layout, also=also)
    assert lease.is_held(opened.folder)
    folder = opened.folder
    del opened
    assert not lease.is_held(folder)
    assert lease.inputs_of(folder) == also
    assert lease.inputs_of(layout.root / "nowhere") == {}


def test_a_file_that_was_removed_while_it_was_held_is_not_the_one_that_counts(tmp_path: Path):
    path = tmp_path / "a" / LEASE_NAME
    held = lease.lock(path)
    assert held
    held.finish()
    assert not path.exists()
    again = lease.lock(path)
    assert again
    assert path.exists()
    again.finish()


def test_a_file_that_is_replaced_while_it_is_being_locked_is_locked_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, really, calls = tmp_path / LEASE_NAME, fcntl.lockf, list[int]()

    def lockf(handle: int, how: int) -> None:
        calls.append(handle)
        if len(calls) == 1:
            # Who held it has removed it, and a third has made it again.
            path.unlink()
            path.touch()
        really(handle, how)

    monkeypatch.setattr(fcntl, "lockf", lockf)
    held = lease.lock(path)
    assert held
    child = os.fork()
    if not child:
        os._exit(0 if lease.lock(path) is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    held.finish()


def test_of_two_notes_the_second_is_all_that_is_left(layout: DataLayout):
    folder = layout.stage(Stage.CLEAN, "0123456789ab")
    for inputs in ({"scrape": "0123456789ab", "takedowns": "ba9876543210"}, {"scrape": "01"}):
        held = lease.take(folder, inputs, "a test")
        assert held
        held.release()
        assert lease.inputs_of(folder) == inputs


def test_processes_of_torchrun_do_not_wait(
    layout: DataLayout, writer: Writer, monkeypatch: pytest.MonkeyPatch
):
    process = writer("stop")
    _stopped(process)
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=r"another run is writing it; run this again when it has"):
        _open(layout)


def test_it_is_said_again_and_again_that_one_waits(
    layout: DataLayout,
    writer: Writer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(lease, "SECONDS_BETWEEN_LINES", 0.2)
    monkeypatch.setattr(lease, "SECONDS_BETWEEN_LOOKS", 0.1)
    process = writer("stop")
    _stopped(process)
    timer = threading.Timer(1.0, process.kill)
    timer.start()
    with caplog.at_level("INFO"):
        _open(layout)
    timer.join()
    assert 2 <= sum(line.startswith("waiting stage=clean") for line in caplog.messages) <= 8


def test_there_is_no_lease_below_an_object_store():
    layout = DataLayout(UPath("memory://bucket/leases"))
    opened = _open(layout)
    assert opened.lease is None
    assert not lease.is_held(opened.folder)
    assert not (opened.folder / LEASE_NAME).exists()
