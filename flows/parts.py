"""A stage's parts become Prefect tasks: seen in the UI one by one, a few at once."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, PrefectWrappedFuture

from flows import away
from flows.config import PipelineConfig
from flows.runners import Engine, engine_of
from storage.parts import Each

Part = TypeVar("Part")
Result = TypeVar("Result")

AHEAD = 2
"""So many parts a worker are handed out, that none waits for its next and memory holds few."""


def as_tasks(config: PipelineConfig, *, ahead: int = AHEAD, flag: str = "--workers") -> Each:
    """Give the way to walk over parts with Prefect tasks, on the engine that is asked for.

    What is done is in our own ledger: Prefect neither caches nor keeps a result. The first part to
    fail ends the walk: those not yet begun are never begun.

    Args:
        config: which engine, and how many workers it has.
        ahead: so many parts a worker are handed out.
        flag: what sets the number of workers.
    """

    def each(
        name: str,
        function: Callable[[Part], Result],
        parts: Sequence[Part],
        done: Callable[[Part], None],
    ) -> list[Result]:
        if not parts:
            return []
        elsewhere = config.runner != "threads"
        work: Callable[[Part], Any] = partial(away.do, function) if elsewhere else function
        tasks = (
            _as_task(f"{name}-{number}", partial(work, part)) for number, part in enumerate(parts)
        )
        results: dict[int, Any] = {}
        with engine_of(name, config, len(parts), flag) as engine:
            for number, result in _walk(engine, tasks, ahead * config.workers):
                results[number] = away.tell(result) if elsewhere else result
                done(parts[number])
        return [results[number] for number in range(len(parts))]

    return each


def in_turn(
    name: str,
    function: Callable[[Part], Result],
    parts: Sequence[Part],
    done: Callable[[Part], None],
) -> list[Result]:
    """Walk over parts with Prefect tasks one after the other, in the flow's own thread."""
    results = []
    for number, part in enumerate(parts):
        results.append(_as_task(f"{name}-{number}", partial(function, part))())
        done(part)
    return results


def _walk(
    engine: Engine, tasks: Iterator[Task[[], Result]], at_once: int
) -> Iterator[tuple[int, Result]]:
    """Give what the tasks answer with their numbers, in whichever order they end."""
    ended: SimpleQueue[PrefectFuture[Result]] = SimpleQueue()
    number_of: dict[PrefectFuture[Result], int] = {}
    for number, one in enumerate(tasks):
        if len(number_of) == at_once:
            future = engine.wait(ended)
            yield number_of.pop(future), future.result()
        submitted: PrefectWrappedFuture[Result, Any] = engine.runner.submit(one, {})
        number_of[submitted] = number
        submitted.add_done_callback(ended.put)
    while number_of:
        future = engine.wait(ended)
        yield number_of.pop(future), future.result()


def _as_task(name: str, function: Callable[[], Result]) -> Task[[], Result]:
    # The part is bound, not passed: Prefect would walk through all that a parameter holds.
    return task(name=name, cache_policy=NO_CACHE, persist_result=False)(function)
