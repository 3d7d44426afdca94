"""Run a program and hear what it measured of itself; show numbers with their spread."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
TIMEOUT_SECONDS = 600


def environment() -> dict[str, str]:
    """Give this process's environment without proxies: all boards are on the loopback."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
    return kept | {"NO_ALBUMENTATIONS_UPDATE": "1", "PYTHONWARNINGS": "ignore"}


def run_child(
    script: str,
    *arguments: str,
    python: str = sys.executable,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> dict[str, Any]:
    """Run one of the scripts beside this file; its last line is JSON, which is given back."""
    done = subprocess.run(
        [python, str(HERE / script), *arguments],
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
    )
    if done.returncode:
        raise SystemExit(f"{script} failed ({done.returncode}):\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def spread(values: Sequence[float]) -> dict[str, float]:
    """Give the least, the median and the most of some measurements."""
    return {
        "min": round(min(values), 2),
        "median": round(statistics.median(values), 2),
        "max": round(max(values), 2),
    }


def show(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[object]]) -> None:
    """Write a Markdown table for a person, where the JSON line does not go."""
    lines = [title, f"| | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    lines += [f"| {name} | {' | '.join(map(str, row))} |" for name, row in rows.items()]
    sys.stderr.write("\n".join(lines) + "\n")


def tell(result: Mapping[str, object]) -> None:
    """Write a benchmark's result as one line of JSON."""
    sys.stdout.write(json.dumps(result) + "\n")
