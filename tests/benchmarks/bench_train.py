"""Pictures per second and share of the machine's peak, for recipes and a plain loop, in turn.

python -m tests.benchmarks.bench_train
python -m tests.benchmarks.bench_train --width 64 --size 256 --batches 4 32 --compile on
python -m tests.benchmarks.bench_train --width 64 --size 256 --only critic
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from tests.benchmarks.contenders import Contender, critic_alone, penalty_alone, training
from tests.benchmarks.feature_source import feature_source
from tests.benchmarks.measure import show, spread, tell
from tests.benchmarks.peak import clock_of, matmul_gflops, wait
from tests.benchmarks.plain_pix2pix import PlainPix2pix
from tests.benchmarks.train_pictures import colors, pairs_of, write_side_by_side
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Pairs

AUTOGRAD = {"penalty_form": "autograd", "target_features": "computed"}
COLUMNS = ("GFLOP a picture", "pictures/s min", "median", "max", "% of peak")

RACES = {
    # what is told: the slow one, the fast one
    "penalty alone, autograd over analytic": ("penalty alone, autograd", "penalty alone, analytic"),
    "critic's step, autograd over analytic": ("critic's step, autograd", "critic's step, analytic"),
    "paper, autograd over analytic": (
        "paper, autograd, computed features", "paper, analytic, kept features",
    ),
    "pix2pix, plain over ours": ("pix2pix, plain loop", "pix2pix, ours"),
}  # fmt: skip


def main() -> None:
    """Time what is asked for and say it: tables for a person, one line of JSON for a program."""
    asked = _options()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    how = Arithmetic.of(TrainingConfig())
    dtype = torch.bfloat16 if how.bf16 else torch.float32
    result: dict[str, object] = {
        "device": name_of(how.device),
        "threads": torch.get_num_threads(),
        "clock": clock_of(how.device).__name__,
        "settings": f"width {asked.width}, {asked.size} px",
    }
    with tempfile.TemporaryDirectory() as folder:
        pictures = colors(os.environ.get("IRODORI_PICTURES", ""), asked.pictures, asked.size)
        write_side_by_side(pictures, Path(folder))
        pairs = pairs_of(pictures)
        for batch_size in asked.batches:
            peaks = [matmul_gflops(how.device, dtype)]
            contenders = _contenders(asked, batch_size, pairs, Path(folder))
            # One epoch and a bit: from then on every feature is kept.
            first_steps = -(-len(pictures) // batch_size) + 2
            seconds = in_turn(contenders, asked, first_steps, how.device)
            peaks.append(matmul_gflops(how.device, dtype))
            result[f"batch {batch_size}"] = _judge(contenders, seconds, max(peaks), batch_size)
    tell(result)


def name_of(device: torch.device) -> str:
    """Give the chip's name."""
    return torch.cuda.get_device_name() if device.type == "cuda" else "CPU"


def in_turn(
    contenders: Sequence[Contender],
    asked: argparse.Namespace,
    first_steps: int,
    device: torch.device,
) -> dict[str, list[float]]:
    """Time each for some seconds, round after round; give the seconds of one step.

    What comes first in a training (compiling, seeing each picture once) is done in `first_steps`.
    """
    for contender in contenders:
        for _ in range(first_steps):
            contender.step()
    clock = clock_of(device)
    found: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(asked.rounds):
        for contender in contenders:
            wait(device)
            started, steps = clock(), 0
            while steps < 2 or clock() - started < asked.seconds:
                contender.step()
                steps += 1
                # Steps are queued, so on a GPU it is looked at the clock only now and then.
                if steps % 16 == 0:
                    wait(device)
            wait(device)
            found[contender.name].append((clock() - started) / steps)
    return found


def _contenders(
    asked: argparse.Namespace, batch_size: int, pairs: Pairs, folder: Path
) -> list[Contender]:
    shared: dict[str, object] = {
        "width": asked.width, "critic_width": asked.width, "batch_size": batch_size,
        "z_form": "lowres", "compile": asked.compile,
    } | feature_source()  # fmt: skip

    def config(recipe: str, **overrides: str) -> TrainingConfig:
        return TrainingConfig.model_validate(shared | {"recipe": recipe} | overrides)

    of_all = _trainings(asked, config, pairs, folder) if asked.only != "critic" else []
    if asked.only == "trainings":
        return of_all
    return [
        *of_all,
        critic_alone("critic's step, analytic", config("paper"), pairs),
        critic_alone("critic's step, autograd", config("paper", **AUTOGRAD), pairs),
        penalty_alone("penalty alone, analytic", config("paper"), pairs),
        penalty_alone("penalty alone, autograd", config("paper", **AUTOGRAD), pairs),
    ]


def _trainings(
    asked: argparse.Namespace, config: Callable[..., TrainingConfig], pairs: Pairs, folder: Path
) -> list[Contender]:
    ours, how = (
        training("pix2pix, ours", config("pix2pix"), pairs),
        Arithmetic.of(config("pix2pix")),
    )
    recipe = config("pix2pix").resolved()
    plain = PlainPix2pix(recipe, asked.size, folder, how.device, asked.workers)
    return [
        training("unet-l2", config("unet-l2"), pairs),
        training("paper, analytic, kept features", config("paper"), pairs),
        training("paper, autograd, computed features", config("paper", **AUTOGRAD), pairs),
        ours,
        Contender("pix2pix, plain loop", plain.step, recipe.batch_size, ours.gflop),
    ]


def _judge(
    contenders: Sequence[Contender], seconds: dict[str, list[float]], peak: float, batch_size: int
) -> dict[str, object]:
    rows: dict[str, list[object]] = {}
    for each in contenders:
        speeds = spread([each.batch_size / one for one in seconds[each.name]])
        share = round(100 * speeds["median"] * each.gflop / peak, 1)
        rows[each.name] = [round(each.gflop, 2), *speeds.values(), share]
    show(f"\nbatch {batch_size}, peak {peak:,.0f} GFLOP/s\n", COLUMNS, rows)
    times = {
        name: spread([slow / fast for slow, fast in zip(seconds[one], seconds[other], strict=True)])
        for name, (one, other) in RACES.items()
        if one in seconds
    }
    show(
        "\nso many times as fast, round by round\n",
        ("min", "median", "max"),
        {name: list(each.values()) for name, each in times.items()},
    )
    return {"peak_gflops": round(peak), "rows": rows, "times": times}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--size", type=int, default=128, help="px")
    parser.add_argument("--batches", type=int, nargs="+", default=[4])
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each, in each round")
    parser.add_argument("--threads", type=int, default=1, help="on a CPU; 0: as torch does")
    parser.add_argument("--workers", type=int, default=0, help="of the plain loop's loader")
    parser.add_argument("--only", choices=("trainings", "critic"), help="leave the rest out")
    parser.add_argument("--compile", default="auto", choices=("auto", "off", "on", "graphs"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
