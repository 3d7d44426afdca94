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
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from tests.benchmarks import gpu_checks
from tests.benchmarks.feature_source import feature_source
from tests.benchmarks.measure import environment
from training.recipes import RECIPES

ROOT = Path(__file__).parents[2]
SECONDS = 570
"""For all of it, if not asked otherwise. What no time is left for is left out and named."""


def main() -> None:
    """Do all parts, and write what is found as it comes; one that fails is told and stops none."""
    asked = _options()
    if not torch.cuda.is_available() and not asked.small:
        raise SystemExit("torch finds no GPU here; --small tries the script out on a CPU")
    chip = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    started = time.monotonic()
    name = chip.replace("NVIDIA ", "").replace(" ", "-").lower()
    default = ROOT / "docs" / "benchmarks" / f"train_{name}_{datetime.now(UTC):%Y%m}.md"
    with (asked.out or default).open("w") as page:
        for line in _page(asked, chip, started + asked.seconds):
            # Whatever ends this early, what was found is there.
            page.write(f"{line}\n")
            page.flush()
        page.write(f"\nAll of it took {time.monotonic() - started:.0f} s.\n")
    sys.stdout.write(f"{page.name}\n")


def _page(asked: argparse.Namespace, chip: str, deadline: float) -> Iterator[str]:
    flags = " --small" * asked.small + f" --only {asked.only}" * bool(asked.only)
    yield f"# Training on {chip}, {datetime.now(UTC):%B %Y}"
    yield f"\n```console\n$ python -m tests.benchmarks.bench_gpu{flags}\n```\n"
    cuda = f", CUDA {torch.version.cuda}" if torch.version.cuda else ""
    small = " Small sizes, to try the script: no speed of a GPU." if asked.small else ""
    yield f"torch {torch.__version__}{cuda}.{small}"
    # The training last, for its networks are compiled by then, and it may be cut short.
    for title, part in (("Same answer", checks), ("Speed", speed), ("A training", trained)):
        if asked.only in {None, part.__name__}:
            yield f"\n## {title}\n"
            yield from part(asked, deadline)


def checks(asked: argparse.Namespace, deadline: float) -> Iterator[str]:
    """Compare each fast way with the plain one."""
    width, size_px, steps = (4, 32, 5) if asked.small else (32, 128, 50)
    yield (
        f"`paper`, width {width}, {size_px} px, the largest of {steps} steps. Gradients in brackets"
        " are not judged: rounding alone turns ReLUs over, and these move them.\n"
    )
    yield "| | losses differ by | gradients differ by | allowed |"
    yield "|---|---|---|---|"
    has_gpu = torch.cuda.is_available()
    rows: list[tuple[str, Callable[..., object], tuple[object, ...]]] = [
        (name, gpu_checks.check, (name, width, size_px, steps))
        for name in gpu_checks.PAIRS
        if has_gpu or "CUDA" not in name
    ]
    if has_gpu:
        padded = ("padded channels against plain", gpu_checks.check_padded, (width, size_px, steps))
        rows.insert(0, padded)
        for about, check, numbers in (
            ("step recorded, against plain", gpu_checks.check_recorded, (64, 10)),
            ("step waits for the GPU", gpu_checks.check_patience, (64,)),
        ):
            rows += [(f"`{recipe}`: {about}", check, (recipe, *numbers)) for recipe in RECIPES]
    # Beside other parts, these leave them half of the time.
    until = deadline if asked.only else deadline - asked.seconds / 2
    for name, check, arguments in rows:
        if time.monotonic() > until:
            yield f"| {name} | left out, the time is gone | | |"
            continue
        found = _or_failure(check, *arguments)
        row = found if isinstance(found, tuple) else (found, "", "")
        yield f"| {name} | {' | '.join(map(str, row))} |"


def speed(asked: argparse.Namespace, deadline: float) -> Iterator[str]:
    """Time recipes and the plain loop: recorded as CUDA graphs, and eager."""
    size = "--width 8 --size 64 --batches 2 --pictures 4 --rounds 2 --seconds 0.2"
    runs = [f"{size} --compile off"]
    if not asked.small:
        full = "--width 64 --size 256 --pictures 64 --workers 12 --threads 0 --rounds 3 --seconds 2"
        full += " --only trainings"
        # Each in a process of its own: what is compiled for one size is in nobody else's way.
        kinds = (f"32 --compile {asked.compile}", f"4 --compile {asked.compile}", "4 --compile off")
        runs = [f"{full} --batches {kind}" for kind in kinds]
    for run in runs:
        yield f"`bench_train {run}`\n\n{_or_failure(_bench_train, run.split(), deadline)}\n"


def trained(asked: argparse.Namespace, deadline: float) -> Iterator[str]:
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
        # So many as can be judged in the time: that is done by the CPU, a second a picture.
        flags += ["--scraper.max-posts", "600"]
        flags += ["--pack.size-px", "256", "--training.width", "64", "--training.critic-width"]
        # As the networks were timed, so that they are compiled only once.
        flags += ["64", "--training.z-form", "lowres", "--training.compile", asked.compile]
    if folder:
        flags += ["--scraper.folder", folder, "--scraper.base-url", "https://safebooru.org"]
    what = "pictures of a folder" if folder else "the sample booru's drawings"
    with tempfile.TemporaryDirectory() as passing:
        started, root = time.monotonic(), asked.root or Path(passing)
        command = ["-m", "flows", "run", "--preset", "sample", "--root", str(root), *flags]
        scores = _or_failure(_scores, command, deadline)
        seconds = time.monotonic() - started
        yield f"The pipeline, {steps} steps of each recipe on {what}, {seconds:.0f} s.\n"
        yield f"{scores}\n"
        # All that is known of a training that was cut short.
        for rows in sorted(root.glob("train/*/metrics.jsonl")):
            yield f"- `{rows.parent.name}` ended with {''.join(rows.read_text().splitlines()[-1:])}"


def _scores(command: Sequence[str], deadline: float) -> str:
    report = Path(_run(command, deadline).splitlines()[-1])
    return _table(json.loads((report.parent / "metrics.json").read_text()))


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
        sys.stderr.write(done.stderr)
        # Behind the error itself CUDA's say some lines of advice.
        errors = [line for line in done.stderr.splitlines() if "Error" in line[:60]]
        raise RuntimeError((errors or done.stderr.splitlines() or ["failed"])[-1])
    return done.stdout


def _or_failure(work: Callable[..., object], *args: object) -> object:
    try:
        return work(*args)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - on a strange chip all may fail
        traceback.print_exc()
        return f"**failed**: {type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="small sizes, to try it on a CPU")
    parser.add_argument("--only", choices=("checks", "speed", "trained"), help="one part")
    parser.add_argument("--compile", choices=("on", "graphs"), default="graphs")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all of it")
    parser.add_argument("--root", type=Path, help="where the training is kept; by default nowhere")
    parser.add_argument("--out", type=Path, help="the Markdown file; docs/benchmarks/ by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
