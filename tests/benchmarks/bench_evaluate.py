"""A whole evaluation of made pictures: CPU time a picture, and what memory it needs at its peak.

python -m tests.benchmarks.bench_evaluate [--pictures 3000] [--px 256] [--perceptual 0] [--root DIR]

The model is tiny and hardly trained, so what costs is measuring. The evaluation runs in a process
of its own. Part of the peak of its resident memory are the decoded pictures, which are mapped from
the disk and need not stay: its own is told apart. With --root a killed run goes on.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import torch

from evaluation.config import EvaluationConfig
from evaluation.scores import PER_SAMPLE, PictureScore
from evaluation.stage import evaluate
from preprocessing.config import ConditionConfig
from preprocessing.pairs import draw_pair
from storage import digest, ledger, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split, StageRecord
from storage.shards import Sample
from tests.pictures import drawing
from tests.shard_files import write_shard
from training.config import TrainingConfig
from training.stage import train

SEED = 1
SHARD = 1_000
KIB, MEGA = 1024, 1e6
TRAIN = TrainingConfig(
    recipe="unet-l2", steps=1, batch_size=2, width=2, z_form="lowres", device="cpu"
)


def main() -> None:
    """Make a data set and a model, let a process evaluate it, and tell what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=3_000, help="of the test split")
    parser.add_argument("--px", type=int, default=256)
    parser.add_argument("--perceptual", type=int, default=0, help="of so many pictures")
    parser.add_argument("--root", default="")
    parser.add_argument("--alone", action="store_true", help="only evaluate what is there")
    asked = parser.parse_args()
    if asked.alone:
        _evaluate(asked)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = asked.root or folder
        _prepare(DataLayout.at(root), asked.pictures, asked.px)
        command = [sys.executable, "-m", "tests.benchmarks.bench_evaluate", *sys.argv[1:]]
        subprocess.run([*command, "--alone", "--root", root], check=True)


def _evaluate(asked: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    layout = DataLayout.at(asked.root)
    paired, trained = _prepare(layout, asked.pictures, asked.px)
    config = EvaluationConfig(
        num_curve_pictures=1, num_perceptual_pictures=asked.perceptual, device="cpu"
    )
    before = time.process_time()
    with _own_memory() as most:
        record = evaluate(config, trained, paired, layout, SEED)
    spent = time.process_time() - before
    path = layout.stage(Stage.EVALUATE, record.key) / PER_SAMPLE
    answers = len(manifest.read_table(path, Contract.EVALUATION, PictureScore))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    told = {
        "benchmark": "evaluate",
        "pictures": asked.pictures,
        "px": asked.px,
        "perceptual_pictures": asked.perceptual,
        "answers_a_picture": answers // asked.pictures,
        "cpu_seconds": round(spent, 1),
        "pictures_per_cpu_second": round(asked.pictures / spent, 2),
        "answers_per_cpu_second": round(answers / spent, 2),
        "peak_rss_mb": round(peak / MEGA),
        "peak_own_mb": round(max(most) / MEGA),
    }
    print(json.dumps(told))  # noqa: T201


@contextmanager
def _own_memory() -> Iterator[list[float]]:
    """Look every half second at the resident memory that is not mapped from files (bytes)."""
    found: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            status = Path("/proc/self/status").read_text()
            (line,) = (each for each in status.splitlines() if each.startswith("RssAnon"))
            found.append(int(line.split()[1]) * KIB)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield found
    done.set()
    watcher.join()


def _prepare(layout: DataLayout, pictures: int, px: int) -> tuple[StageRecord, StageRecord]:
    """Make pairs and a training, or find them made."""
    cv2.setNumThreads(1)
    config = ConditionConfig()
    counts = {Split.TRAIN: 2, Split.VAL: 1, Split.TEST: pictures}
    opened = ledger.open_stage(
        Stage.CONDITION, config, inputs={}, layout=layout, seed=SEED + pictures + px
    )
    paired = opened.finished
    if paired is None:
        rows = []
        for split, count in counts.items():
            for number, start in enumerate(range(0, count, SHARD)):
                samples = _samples(split, range(start, min(start + SHARD, count)), px)
                pairs = [draw_pair(sample, split, config, SEED) for sample in samples]
                rows.append(write_shard(opened.folder, number, split, pairs))
        manifest.write_table(opened.folder / "shards.parquet", Contract.PAIRS, rows, ShardRow)
        paired = opened.seal({})
    return paired, train(TRAIN, paired, layout, SEED)


def _samples(split: Split, numbers: Sequence[int], px: int) -> list[Sample]:
    found = []
    for number in numbers:
        key = digest.of_bytes(f"{split}/{number}".encode())[:32]
        facts = {"md5": key, "family": key, "post_id": number, "post_url": "", "source": ""}
        picture = cv2.cvtColor(drawing(number, px), cv2.COLOR_RGB2BGR)
        png = cv2.imencode(".png", picture)[1].tobytes()
        found.append(Sample(key, {"color.png": png, "json": json.dumps(facts).encode()}))
    return sorted(found, key=lambda sample: sample.key)


if __name__ == "__main__":
    main()
