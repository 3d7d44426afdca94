"""All that has to be shown on a GPU, in ten minutes: checks, speed, and one training to the end.

IRODORI_PICTURES=FOLDER IRODORI_FEATURES=FILE python -m tests.benchmarks.bench_gpu
python -m tests.benchmarks.bench_gpu --only speed --out speed.md # with all the time for itself
python -m tests.benchmarks.bench_gpu --small --out bench.md      # the same on a CPU, tried out
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from tests.benchmarks import gpu_checks
from tests.benchmarks.feature_source import feature_source
from tests.benchmarks.measure import environment

ROOT = Path(__file__).parents[2]
SECONDS = 570
"""For all of it, if not asked otherwise. What no time is left for is left out and named."""


def main() -> None:
    """Do all parts, then write what was found; a part that fails is told and stops no other."""
    asked = _options()
    if not torch.cuda.is_available() and not asked.small:
        raise SystemExit("torch finds no GPU here; --small tries the script out on a CPU")
    chip = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    started = time.monotonic()
    flags = " --small" * asked.small + f" --only {asked.only}" * bool(asked.only)
    text = [
        f"# Training on {chip}, {datetime.now(UTC):%B %Y}",
        f"```console\n$ python -m tests.benchmarks.bench_gpu{flags}\n```",
        f"torch {torch.__version__}"
        + (", CUDA " + str(torch.version.cuda) if torch.version.cuda else "")
        + (". Small sizes, to try the script: no speed of a GPU." if asked.small else "."),
    ]
    deadline = started + asked.seconds
    # The training last, for its networks are compiled by then, and it may be cut short.
    for title, part in (("Same answer", checks), ("Speed", speed), ("A training", trained)):
        if asked.only in {None, part.__name__}:
            text += [f"## {title}", str(_or_failure(part, asked, deadline))]
    text.append(f"All of it took {time.monotonic() - started:.0f} s.")
    name = chip.replace("NVIDIA ", "").replace(" ", "-").lower()
    default = ROOT / "docs" / "benchmarks" / f"train_{name}_{datetime.now(UTC):%Y%m}.md"
    path = asked.out or default
    path.write_text("\n\n".join(text) + "\n")
    sys.stdout.write(f"{path}\n")


def checks(asked: argparse.Namespace, deadline: float) -> str:
    """Compare each fast way with the plain one."""
    width, size_px, steps = (4, 32, 5) if asked.small else (32, 128, 50)
    lines = ["| | losses differ by | gradients differ by | allowed |", "|---|---|---|---|"]
    for name in gpu_checks.PAIRS:
        if "CUDA" in name and not torch.cuda.is_available():
            continue
        if asked.only is None and time.monotonic() > deadline - asked.seconds / 2:
            lines.append(f"| {name} | left out, half of the time is gone | | |")
            continue
        lines.append(_row(name, gpu_checks.check, name, width, size_px, steps))
    if torch.cuda.is_available():
        name = "padded channels against plain"
        lines.append(_row(name, gpu_checks.check_padded, width, size_px, steps))
        lines.append(
            _row("every recipe's step recorded, against plain", gpu_checks.check_recorded, 64, 10)
        )
    waits = _or_failure(gpu_checks.check_patience, width, size_px)
    about = (
        f"`paper`, width {width}, {size_px} px, the largest of {steps} steps; {waits}. Gradients in"
        " brackets are not judged: rounding alone turns ReLUs over, and these move them."
    )
    return "\n".join([about, "", *lines])


def _row(name: str, check: Callable[..., object], *args: object) -> str:
    found = _or_failure(check, *args)
    row = found if isinstance(found, tuple) else (found, "", "")
    return f"| {name} | {' | '.join(map(str, row))} |"


def speed(asked: argparse.Namespace, deadline: float) -> str:
    """Time recipes and the plain loop: recorded as CUDA graphs, and eager."""
    size = "--width 8 --size 64 --batches 2 --pictures 4 --rounds 2 --seconds 0.2"
    runs = [f"{size} --compile off"]
    if not asked.small:
        full = "--width 64 --size 256 --pictures 64 --workers 12 --threads 0 --rounds 3 --seconds 2"
        full += " --only trainings"
        # Each in a process of its own: what is compiled for one size is in nobody else's way.
        kinds = ("32 --compile graphs", "4 --compile graphs", "4 --compile off")
        runs = [f"{full} --batches {kind}" for kind in kinds]
    tables = [(run, _or_failure(_bench_train, run.split(), deadline)) for run in runs]
    return "\n\n".join(f"`bench_train {run}`\n\n{table}" for run, table in tables)


def trained(asked: argparse.Namespace, deadline: float) -> str:
    """Run the pipeline on a folder of pictures, else on the sample booru, and show its numbers."""
    folder = os.environ.get("IRODORI_PICTURES", "")
    steps = 20 if asked.small else 6_000
    flags = ["--training.recipe", "paper"]
    for field, value in feature_source().items():
        flags += [f"--training.{field.replace('_', '-')}", value]
    flags += ["--training.steps", str(steps), "--evaluation.num-curve-pictures", "32"]
    if asked.small:
        flags += ["--scraper.max-posts", "60", "--scraper.sample-posts", "60"]
        flags += ["--pack.size-px", "64", "--training.width", "8", "--training.critic-width", "8"]
    else:
        flags += ["--pack.size-px", "256", "--training.width", "64", "--training.critic-width"]
        # As the networks were timed, so that they are compiled only once.
        flags += ["64", "--training.z-form", "lowres"]
    if folder:
        flags += ["--scraper.folder", folder, "--scraper.base-url", "https://safebooru.org"]
    with tempfile.TemporaryDirectory() as passing:
        started, root = time.monotonic(), str(asked.root or passing)
        command = ["-m", "flows", "run", "--preset", "sample", "--root", root, *flags]
        said = _run(command, deadline)
        metrics = json.loads((Path(said.splitlines()[-1]).parent / "metrics.json").read_text())
    what = "pictures of a folder" if folder else "the sample booru's drawings"
    seconds = time.monotonic() - started
    about = f"The pipeline, {steps} steps of each recipe on {what}, took {seconds:.0f} s."
    return f"{about}\n\n{_table(metrics)}"


def _bench_train(flags: Sequence[str], deadline: float) -> str:
    said = _run(["-m", "tests.benchmarks.bench_train", *flags], deadline)
    found = json.loads(said.splitlines()[-1])
    lines = []
    for name, batch in found.items():
        if not name.startswith("batch "):
            continue
        lines += [f"{name}, peak {batch['peak_gflops']:,} GFLOP/s", ""]
        lines += [
            "| | GFLOP | pictures/s min | median | max | % of peak |",
            "|---|---|---|---|---|---|",
        ]
        lines += [f"| {who} | {' | '.join(map(str, row))} |" for who, row in batch["rows"].items()]
        lines += ["", *(f"- {who}: {each['median']}x" for who, each in batch["times"].items()), ""]
    return "\n".join(lines)


def _table(metrics: dict[str, Any]) -> str:
    columns = ("recipe", "condition", "answer", "num_pictures", "l1", "l2", "psnr", "kl_8")
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for name, recipe in metrics["recipes"].items():
        for score in recipe["test"]:
            cells = [_cell(({"recipe": name} | score)[column]) for column in columns]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _run(arguments: Sequence[str], deadline: float) -> str:
    left = deadline - time.monotonic()
    if left < 1:
        raise TimeoutError("left out, the time is gone")
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=left,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr else "failed")
    return done.stdout


def _or_failure(work: Callable[..., object], *args: object) -> object:
    try:
        return work(*args)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - on a strange chip all may fail
        sys.stderr.write(f"{error}\n")
        return f"**failed**: {type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="small sizes, to try it on a CPU")
    parser.add_argument("--only", choices=("checks", "speed", "trained"), help="one part")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all of it")
    parser.add_argument("--root", type=Path, help="where the training is kept; by default nowhere")
    parser.add_argument("--out", type=Path, help="the Markdown file; docs/benchmarks/ by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
