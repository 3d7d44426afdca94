"""Read training pairs in one process, without workers, and say what it took.

python tests/benchmarks/loader_child.py {build,irodori,pil,cv2} CONDITION_FOLDER
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import webdataset
from torch import Tensor
from upath import UPath

from preprocessing.config import HintConfig
from storage.records import Split
from training.data import Batches, load_pairs, to_float
from training.recipes import Recipe

BATCH_SIZE = 16
MORE_EPOCHS = 5
COLOR_EDGE = ("color.png", "edge.png")


def main() -> None:
    """Measure what is asked for."""
    what, folder = sys.argv[1:]
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    found = _build(UPath(folder)) if what == "build" else _epoch(what, folder)
    sys.stdout.write(json.dumps(found) + "\n")


def _build(folder: UPath) -> dict[str, float]:
    before, clock, wall = _peak_mib(), time.process_time(), time.monotonic()
    pictures = len(load_pairs(folder, Split.TRAIN).color)
    found = {
        "pictures": pictures,
        "cpu_seconds": time.process_time() - clock,
        "seconds": time.monotonic() - wall,
        "more_mib": _peak_mib() - before,
    }
    clock = time.monotonic()
    again = load_pairs(folder, Split.TRAIN)
    found["again_ms"] = 1000 * (time.monotonic() - clock)
    # Every byte once: that what is mapped so fast is really there.
    again.color.max()
    found["again_read_ms"] = 1000 * (time.monotonic() - clock)
    return found


def _epoch(what: str, folder: str) -> dict[str, float]:
    """Time the making of uint8 batches, and their way to float."""
    make = {"irodori": _irodori, "pil": _pil, "cv2": _cv2}[what]
    pictures, batch_seconds, float_seconds = 0, 0.0, 0.0
    batches = make(folder)
    next(batches)  # What is imported and opened on the way to the first batch is on no one's bill.
    clock = time.process_time()
    for color, edge in batches:
        made = time.process_time()
        to_float(color)
        to_float(edge)
        pictures += len(color)
        now = time.process_time()
        batch_seconds += made - clock
        float_seconds += now - made
        clock = now
    return {"pictures": pictures, "batch_seconds": batch_seconds, "float_seconds": float_seconds}


def _irodori(folder: str) -> Iterator[tuple[Tensor, Tensor]]:
    pairs = load_pairs(UPath(folder), Split.TRAIN)
    recipe = Recipe(source="", batch_size=BATCH_SIZE)
    batches = Batches(pairs, HintConfig(), recipe, torch.device("cpu"), seed=1)
    an_epoch = len(pairs.color) // BATCH_SIZE
    for number in range(an_epoch):
        batches.gather(batches.rows(number))
    # One epoch more is over too soon for the clock.
    for number in range(an_epoch, an_epoch * (1 + MORE_EPOCHS)):
        yield batches.gather(batches.rows(number))


def _pil(folder: str) -> Iterator[tuple[Tensor, Tensor]]:
    samples = _shards(folder).decode("rgb8").to_tuple(*COLOR_EDGE)
    for color, edge in samples.batched(BATCH_SIZE, partial=False):
        yield _channels_first(color), _channels_first(edge)


def _cv2(folder: str) -> Iterator[tuple[Tensor, Tensor]]:
    samples = _shards(folder).to_tuple(*COLOR_EDGE).map_tuple(_decode_color, _decode_edge)
    for color, edge in samples.batched(BATCH_SIZE, partial=False):
        yield _channels_first(color), _channels_first(edge)


def _shards(folder: str) -> webdataset.WebDataset:
    return webdataset.WebDataset(sorted(map(str, Path(folder).glob("*.tar"))), shardshuffle=False)


def _decode_color(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)


def _decode_edge(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)[..., None]


def _channels_first(pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
