"""Where parts run: threads of this process, processes of this machine, or a Dask cluster.

A lost worker loses nothing: Dask runs its parts again elsewhere; processes end the stage in one
line, and the same command goes on behind the parts that are done.
"""

import importlib.util
import logging
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import cv2
from prefect.exceptions import TerminationSignal
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows import away
from flows.config import PipelineConfig
from storage.errors import BadInput, IrodoriError
from storage.parts import dropped_on

T = TypeVar("T")

PATIENCE_SECONDS = 30.0
"""So long may a Dask cluster have no worker."""

ASKED = (KeyboardInterrupt, TerminationSignal)
"""How we are told to end."""

GO_ON = "run the same command again and it goes on where it was"


@dataclass(frozen=True, slots=True)
class Engine:
    """A task runner that has started, and how to find out that nobody works any more."""

    runner: TaskRunner[Any]
    check: Callable[[], None] = lambda: None

    def wait(self, ended: "SimpleQueue[T]") -> T:
        """Wait for the next that has ended."""
        while True:
            try:
                return ended.get(timeout=PATIENCE_SECONDS)
            except Empty:
                self.check()


def require(config: PipelineConfig) -> None:
    """Refuse a runner whose package is missing.

    Raises:
        BadInput: it is missing.
    """
    if config.runner == "dask" and importlib.util.find_spec("prefect_dask") is None:
        raise BadInput("--runner dask: prefect-dask is missing; pip install 'prefect-dask>=0.3.7'")


@contextmanager
def engine_of(name: str, config: PipelineConfig, parts: int, flag: str) -> Iterator[Engine]:
    """Start what the configuration asks for, for so many parts; a flag sets how many workers.

    Raises:
        BadInput: the package is missing, or the Dask scheduler does not answer.
        IrodoriError: the workers are gone.
    """
    workers = min(config.workers, parts)
    match config.runner:
        case "threads":
            runner = ThreadPoolTaskRunner[Any](max_workers=workers)
            with runner as threads, _opencv_alone(workers), dropped_on(*ASKED):
                yield Engine(threads)
        case "processes":
            with _processes(name, workers, flag) as engine:
                yield engine
        case "dask":
            require(config)
            with _dask(name, workers, config.dask_address) as engine:
                yield engine


@contextmanager
def _opencv_alone(workers: int) -> Iterator[None]:
    """Let OpenCV start no threads beside several of ours: they would only wait for a core."""
    threads = cv2.getNumThreads()
    if workers > 1:
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


@contextmanager
def _processes(name: str, workers: int, flag: str) -> Iterator[Engine]:
    runner = ProcessPoolTaskRunner(max_workers=workers, initializer=away.prepare_process)
    try:
        with runner, _ended_together():
            yield Engine(runner)
    except BrokenProcessPool as error:
        raise IrodoriError(
            f"{name}: a worker process was killed (is memory short? try a lower {flag}); {GO_ON}"
        ) from error


@contextmanager
def _ended_together() -> Iterator[None]:
    """Ask the worker processes to end when we are asked to: a training in one goes on for days."""
    try:
        yield
    except ASKED:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise


def _local_cluster(workers: int) -> dict[str, Any]:
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        # A share of the memory is little for one huge picture, and Dask kills who takes more.
        "memory_limit": 0,
        "dashboard_address": None,
        "preload": [away.__name__],
        "silence_logs": logging.CRITICAL,
    }


@contextmanager
def _dask(name: str, workers: int, address: str) -> Iterator[Engine]:
    # An extra: who runs no Dask needs none of it.
    from distributed import KilledWorker  # noqa: PLC0415
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415

    if address:
        runner = DaskTaskRunner(address=address)
    else:
        runner = DaskTaskRunner(cluster_kwargs=_local_cluster(workers))
    # What a person sees here we say ourselves; distributed adds tracebacks of its own.
    for talker in ("distributed", "distributed.client"):
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    where = f"the Dask cluster at {address}" if address else "the local Dask cluster"

    def check() -> None:
        if not runner.client.scheduler_info()["workers"]:
            raise IrodoriError(f"{name}: {where} has no worker left; start some, then {GO_ON}")

    with runner:
        try:
            runner.client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except OSError as error:
            raise BadInput(
                f"--dask-address: {where} does not answer or has no worker; start"
                f" `dask scheduler` and `dask worker {address}`"
            ) from error
        try:
            yield Engine(runner, check)
        except KilledWorker as error:
            raise IrodoriError(
                f"{name}: a part has killed several workers of {where} (is memory short?); {GO_ON}"
            ) from error
        except CancelledError as error:
            raise IrodoriError(f"{name}: {where} is gone; start it, then {GO_ON}") from error
