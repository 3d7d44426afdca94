"""What the hints of one picture cost, for each kind and batch: ms of CPU time, on one thread.

python -m tests.benchmarks.bench_hints
"""

import time

import torch

from preprocessing.config import HintConfig
from preprocessing.hints import make_hints
from tests.benchmarks.measure import show, spread, tell
from tests.pictures import drawing

KINDS = ("paper", "strokes", "dots", "none", "mix")
BATCHES = (4, 32)
ROUNDS = 15


def main() -> None:
    """Measure every kind and batch in turn, many times."""
    torch.set_num_threads(1)
    numbers = range(max(BATCHES))
    color = torch.stack([torch.from_numpy(drawing(number)) for number in numbers])
    color = color.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
    taken: dict[str, list[float]] = {f"{kind}, {batch}": [] for kind in KINDS for batch in BATCHES}
    chance = torch.Generator().manual_seed(1)
    # Each round measures all: a slow moment of the machine falls on all of them.
    for _ in range(ROUNDS):
        for kind in KINDS:
            for batch in BATCHES:
                begun = time.process_time()
                make_hints(color[:batch], HintConfig.model_validate({"kind": kind}), chance)
                taken[f"{kind}, {batch}"].append((time.process_time() - begun) * 1e3 / batch)
    found = {name: spread(milliseconds) for name, milliseconds in taken.items()}
    columns = ("min", "median", "max")
    show("hints, ms a picture at 256 px", columns, {n: list(s.values()) for n, s in found.items()})
    tell({"ms_a_picture": found})


if __name__ == "__main__":
    main()
