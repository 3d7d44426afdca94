"""What a runner costs: its start and end, and each part that it carries, which does nothing here.

python tests/benchmarks/bench_runners.py [--parts 40] [--workers 2]
"""

import argparse
import operator
import os
import sys
import time

from flows.__main__ import PREFECT_SETTINGS
from flows.config import PipelineConfig

RUNNERS = ("threads", "processes", "dask")


def main() -> None:
    """Print one line a runner."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    os.environ |= PREFECT_SETTINGS
    from prefect import flow

    from flows import server

    @flow(name="bench-runners")
    def measure() -> None:
        for runner in RUNNERS:
            config = PipelineConfig.model_validate({"runner": runner, "workers": asked.workers})
            sys.stdout.write(_measured(config, asked.parts) + "\n")

    with server.listening():
        measure()


def _measured(config: PipelineConfig, parts: int) -> str:
    from flows.parts import as_tasks

    started, ends = time.perf_counter(), list[float]()
    as_tasks(config)(
        "nothing", operator.neg, range(parts), lambda _: ends.append(time.perf_counter())
    )
    ended = time.perf_counter()
    # Every worker imports Prefect for its first part, which is a cost of the start.
    warm = ends[2 * config.workers :]
    each_ms = 1000 * (warm[-1] - warm[0]) / (len(warm) - 1)
    around = ended - started - each_ms * parts / 1000
    return f"{config.runner:<10} start and end {around:5.1f} s, a part {each_ms:6.1f} ms"


if __name__ == "__main__":
    main()
