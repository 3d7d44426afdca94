"""Prefect's share of a whole run: the sample with it, and the same stages called without it.

python -m tests.benchmarks.bench_prefect [--posts 120] [--steps 60] [--rounds 2] [--abreast]
    [--whole]

CPU time is that of the run and of its server; both count the time that imports take.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from flows.config import PipelineConfig
from flows.presets import SAMPLE
from tests.benchmarks import measure

MODES = ("without", "with")
WHOLE_TIMEOUT_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took, and the report that it ended with."""

    wall: float
    cpu: float
    report: str


def main() -> None:
    """Measure in turns, print a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--posts", type=int, default=120)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--abreast", action="store_true", help="both at a time, not in turns")
    parser.add_argument("--whole", action="store_true", help="the preset sample as it is")
    asked = parser.parse_args()
    settings = SAMPLE if asked.whole else _smaller(asked.posts, asked.steps)
    # On a busy machine two runs in turns see different loads, and two side by side the same.
    with ThreadPoolExecutor(2 if asked.abreast else 1) as pool:
        rounds = [_round(pool, settings) for _ in range(asked.rounds)]
    reports = {taken.report for each in rounds for taken in each.values()}
    if len(reports) > 1:
        raise SystemExit(f"the runs made different reports: {', '.join(sorted(reports))}")
    result: dict[str, object] = {"posts": settings["scraper"]["max_posts"]}
    result["steps"] = settings["training"]["steps"]
    rows = {}
    for what in ("wall", "cpu"):
        taken = {mode: [getattr(each[mode], what) for each in rounds] for mode in MODES}
        pairs = zip(taken["without"], taken["with"], strict=True)
        shares = [100 * (with_it - without) / with_it for without, with_it in pairs]
        rows[f"{what}, s"] = [_told(taken["without"]), _told(taken["with"]), _told(shares)]
        result |= {f"{what}_{mode}": measure.spread(taken[mode]) for mode in MODES}
        result[f"{what}_share"] = measure.spread(shares)
    measure.show("", ["without Prefect", "with it", "its share, %"], rows)
    measure.tell(result)


def _round(pool: ThreadPoolExecutor, settings: dict[str, Any]) -> dict[str, Taken]:
    begun = {mode: pool.submit(_run, mode, settings) for mode in MODES}
    return {mode: taken.result() for mode, taken in begun.items()}


def _smaller(posts: int, steps: int) -> dict[str, Any]:
    return SAMPLE | {
        "scraper": SAMPLE["scraper"] | {"max_posts": posts, "sample_posts": posts},
        "training": SAMPLE["training"] | {"steps": steps},
        "evaluation": {
            "num_pictures": 4,
            "num_curve_pictures": 4,
            "num_perceptual_pictures": 2,
            "num_hint_pictures": 2,
            "num_line_pictures": 2,
        },
    }


def _run(mode: str, settings: dict[str, Any]) -> Taken:
    with tempfile.TemporaryDirectory(prefix="irodori-bench-") as root:
        # One part at a time, as in a plain loop.
        config = PipelineConfig.model_validate(settings | {"root": root, "workers": 1})
        told = measure.run_child(
            "prefect_child.py",
            mode,
            config.model_dump_json(),
            timeout_seconds=WHOLE_TIMEOUT_SECONDS,
        )
    sys.stderr.write(f"{mode}: {told['wall']:.1f} s, CPU {told['cpu']:.1f} s\n")
    return Taken(told["wall"], told["cpu"], told["report"])


def _told(values: list[float]) -> str:
    return " ".join(f"{value:.1f}" for value in values)


if __name__ == "__main__":
    main()
