"""A stage's parts become Prefect tasks: seen in the UI one by one, a few at once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.task_runners import ThreadPoolTaskRunner

from storage.parts import Each

Part = TypeVar("Part")
Result = TypeVar("Result")


def as_tasks(workers: int) -> Each:
    """Give the way to walk over parts with so many Prefect tasks at once.

    What is done is in our own ledger: Prefect neither caches nor keeps a result.
    """

    def each(
        name: str,
        function: Callable[[Part], Result],
        parts: Sequence[Part],
        done: Callable[[Part], None],
    ) -> list[Result]:
        with ThreadPoolTaskRunner[Result](max_workers=workers) as runner:
            part_of: dict[PrefectFuture[Result], Part] = {
                runner.submit(_as_task(f"{name}-{number}", partial(function, part)), {}): part
                for number, part in enumerate(parts)
            }
            for future in as_completed(list(part_of)):
                done(part_of[future])
            return [future.result() for future in part_of]

    return each


def _as_task(name: str, function: Callable[[], Result]) -> Task[[], Result]:
    # The part is bound, not passed: Prefect would walk through all that a parameter holds.
    return task(name=name, cache_policy=NO_CACHE, persist_result=False)(function)
