"""Parts as Prefect tasks: results in order, errors and logs come home, and nothing hangs."""

import importlib.util
import itertools
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import pytest
from pydantic import ValidationError

from flows import away, runners
from flows.config import PipelineConfig
from flows.parts import as_tasks, in_turn
from storage.errors import BadInput, CorruptFile, IrodoriError
from storage.parts import Each, while_wanted
from tests.waiting import wait_for

THREADS = PipelineConfig()
PROCESSES = PipelineConfig(runner="processes", workers=1)

logger = logging.getLogger("preprocessing.test")


def _negate(part: int) -> int:
    time.sleep(0.05 / part)
    logger.info("negated part=%d threads=%d", part, cv2.getNumThreads())
    return -part


def _fail_on_two(part: int, *, seen: Path) -> int:
    if part == 2:
        raise CorruptFile(f"part {part}: not what its record says")
    (seen / str(part)).touch()
    return part


def _die_on_two(part: int) -> int:
    if part == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return part


def _go_on(part: int, *, begun: Path) -> int:
    for _ in while_wanted(itertools.count()):
        begun.touch()
        time.sleep(0.01)
    return part


def _run(config: PipelineConfig, function: Callable[[int], int], parts: range) -> list[int]:
    return as_tasks(config)("negate-part", function, parts, lambda part: None)


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize("config", [THREADS, PROCESSES], ids=["threads", "processes"])
def test_results_come_in_the_parts_order_and_each_part_tells_one_line(
    config: PipelineConfig, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "preprocessing")
    assert _run(config, _negate, range(1, 9)) == [-part for part in range(1, 9)]
    lines = [record.getMessage() for record in caplog.records if record.name == logger.name]
    assert sorted(line.split()[1] for line in lines) == [f"part={part}" for part in range(1, 9)]
    assert all(line.endswith("threads=1") for line in lines)


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize("each", [as_tasks(THREADS), in_turn], ids=["at once", "in turn"])
def test_every_part_that_is_done_is_told_of_once(each: Each):
    told: list[int] = []
    assert each("abs-part", abs, [-3, -1, -2], told.append) == [3, 1, 2]
    assert sorted(told) == [-3, -2, -1]


@pytest.mark.usefixtures("prefect_server")
def test_beside_no_other_thread_of_ours_opencv_keeps_its_own(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "preprocessing")
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        _run(PipelineConfig(workers=1), _negate, range(1, 3))
        _run(THREADS, _negate, range(3, 5))
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
    lines = [each.getMessage() for each in caplog.records if each.name == logger.name]
    assert [line.split()[-1] for line in lines] == ["threads=3"] * 2 + ["threads=1"] * 2


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize("config", [THREADS, PROCESSES], ids=["threads", "processes"])
def test_the_first_failure_keeps_its_type_and_ends_the_walk(config: PipelineConfig, tmp_path: Path):
    with pytest.raises(CorruptFile, match="part 2: not what its record says"):
        _run(config, partial(_fail_on_two, seen=tmp_path), range(100))
    assert len(list(tmp_path.iterdir())) < 50


@pytest.mark.usefixtures("prefect_server")
def test_a_killed_process_is_one_line_that_says_how_to_go_on():
    with pytest.raises(IrodoriError, match=r"negate-part: a worker process was killed .*run the"):
        _run(PROCESSES, _die_on_two, range(6))


def test_no_parts_start_no_engine():
    before = threading.active_count()
    assert _run(PROCESSES, _negate, range(0)) == []
    assert threading.active_count() == before


def test_what_another_thread_logs_is_not_this_parts():
    def both(part: int) -> None:
        other = threading.Thread(target=logger.info, args=("of another part",))
        other.start()
        other.join()
        logger.info("of part %d", part)

    kept = {room: logging.getLogger(room).__dict__.copy() for room in away.ROOMS}
    try:
        _, records = away.do(both, 7)
    finally:
        for room, state in kept.items():
            logging.getLogger(room).__dict__.update(state)
    assert [record.getMessage() for record in records] == ["of part 7"]


@pytest.mark.skipif(
    importlib.util.find_spec("prefect_dask") is None, reason="needs the extra irodori[dask]"
)
def test_a_dask_scheduler_that_does_not_answer_is_bad_input():
    import dask

    config = PipelineConfig(runner="dask", dask_address="tcp://127.0.0.1:9")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(BadInput, match=r"--dask-address: the Dask cluster at tcp://127.0.0.1:9"),
    ):
        _run(config, _negate, range(1, 3))


def test_a_missing_package_is_said_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match="pip install"):
        runners.require(PipelineConfig(runner="dask"))


def test_a_dask_address_without_dask_is_refused():
    with pytest.raises(ValidationError, match="means nothing without --runner dask"):
        PipelineConfig(dask_address="tcp://127.0.0.1:8786")


@pytest.mark.parametrize("address", ["foo", "host:8786", "tcp://host", "tcp://host:99999"])
def test_a_dask_address_that_is_none_is_refused(address: str):
    with pytest.raises(ValidationError, match="wanted an address with a port"):
        PipelineConfig(runner="dask", dask_address=address)


@pytest.mark.parametrize("address", ["tcp://host:8786", "tls://[::1]:8786", ""])
def test_a_dask_address_is_that_of_a_scheduler(address: str):
    assert PipelineConfig(runner="dask", dask_address=address).dask_address == address


def test_who_works_is_no_part_of_what_is_made():
    dask = PipelineConfig(runner="dask", dask_address="tcp://127.0.0.1:8786", workers=9)
    assert dask.settings() == PipelineConfig().settings()


@pytest.mark.usefixtures("prefect_server")
def test_at_ctrl_c_threads_drop_the_parts_that_they_are_at(tmp_path: Path):
    begun = tmp_path / "begun"

    def interrupt() -> None:
        wait_for(begun.exists, 60)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        _run(THREADS, partial(_go_on, begun=begun), range(4))
    # What is asked for afterwards is wanted.
    assert _run(THREADS, _negate, range(1, 2)) == [-1]
