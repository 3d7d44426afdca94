"""A flow of many tasks at once, to see what a server makes of them: python -m tests.many_tasks."""

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

NUM_TASKS = 200
AT_ONCE = 16


def part(number: int) -> int:
    """Do nothing, so that the server is all that is waited for."""
    return number


def many() -> int:
    """Walk over all parts; give their sum."""
    walked = task(name="part", cache_policy=NO_CACHE)(part).map(range(NUM_TASKS))
    return sum(walked.result())


if __name__ == "__main__":
    print(flow(name="many", task_runner=ThreadPoolTaskRunner(max_workers=AT_ONCE))(many)())  # noqa: T201
