"""Pictures per CPU-second from shards to batches: our cache beside webdataset on the same shards.

python tests/benchmarks/bench_loader.py [--pictures 3000] [--rounds 5]
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
from measure import HERE, run_child, show, spread, tell
from upath import UPath

from preprocessing.config import ConditionConfig
from preprocessing.pairs import draw_pair
from storage import ledger, manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.pictures import encode_png
from storage.records import Contract, ShardRow, Split
from storage.shards import Sample, ShardPlan

sys.path.insert(0, str(HERE.parents[1]))
from tests.pictures import RGB, drawing

PER_SHARD = 1000
LOADERS = {
    "irodori": "irodori, mapped cache",
    "pil": 'webdataset, decode("rgb8")',
    "cv2": "webdataset, decoded by cv2",
}


def main() -> None:
    """Make shards, read them with every loader in turn, and tell the rates side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        layout = DataLayout.at(root)
        folder, kilobytes = _write_shards(layout, asked.pictures)
        taken = [_round(layout, folder) for _ in range(asked.rounds)]
    builds = {
        name: spread([one["build"][name] for one in taken])
        for name in ("cpu_seconds", "seconds", "more_mib", "again_ms", "again_read_ms")
    }
    rates = {
        f"{told}, {kind}": [_rate(one[loader], kind) for one in taken]
        for kind in ("uint8", "float")
        for loader, told in LOADERS.items()
    }
    ratios = {
        f"{kind}, over {told}": [
            _rate(one["irodori"], kind) / _rate(one[loader], kind) for one in taken
        ]
        for kind in ("uint8", "float")
        for loader, told in LOADERS.items()
        if loader != "irodori"
    }
    _show(f"{asked.pictures} pictures, {kilobytes:.0f} kB each: pictures per CPU-second", rates)
    _show("Irodori is so many times as fast", ratios)
    show("The first epoch: decoding into the cache", ["min", "median", "max"], _rows(builds))
    tell(
        {
            "benchmark": "loader",
            "pictures": asked.pictures,
            "kilobytes_each": round(kilobytes, 1),
            "per_cpu_second": {name: spread(values) for name, values in rates.items()},
            "ratio": {name: spread(values) for name, values in ratios.items()},
            "build": builds,
        }
    )


def _round(layout: DataLayout, folder: UPath) -> dict[str, dict[str, float]]:
    shutil.rmtree(layout.cache(folder.name), ignore_errors=True)
    return {what: run_child("loader_child.py", what, str(folder)) for what in ("build", *LOADERS)}


def _rate(taken: dict[str, float], kind: str) -> float:
    seconds = taken["batch_seconds"] + (taken["float_seconds"] if kind == "float" else 0)
    return taken["pictures"] / seconds


def _show(title: str, rows: dict[str, list[float]]) -> None:
    show(title, ["min", "median", "max"], _rows({name: spread(of) for name, of in rows.items()}))


def _rows(spreads: dict[str, dict[str, float]]) -> dict[str, list[float]]:
    return {name: list(values.values()) for name, values in spreads.items()}


def _write_shards(layout: DataLayout, count: int) -> tuple[UPath, float]:
    """Write a finished condition stage of made pictures; give its folder and kB a picture."""
    config = ConditionConfig()
    opened = ledger.open_stage(Stage.CONDITION, config, inputs={}, layout=layout, seed=0)
    pairs = (draw_pair(one, Split.TRAIN, config, 0) for one in _samples(count))
    rows = []
    for number in range(-(-count // PER_SHARD)):
        some = list(islice(pairs, PER_SHARD))
        plan = ShardPlan(shards.name_of(Split.TRAIN, number), Split.TRAIN, len(some), "")
        rows.append(shards.make(opened.folder, plan, some))
    manifest.write_table(opened.folder / "shards.parquet", Contract.PAIRS, rows, ShardRow)
    opened.seal({})
    return opened.folder, sum(row.bytes for row in rows) / count / 1000


def _samples(count: int) -> Iterator[Sample]:
    for number in range(count):
        key = f"{number:032x}"
        facts = {"md5": key, "family": key, "post_id": number, "post_url": "", "source": ""}
        contents = {"color.png": encode_png(_shaded(number)), "json": json.dumps(facts).encode()}
        yield Sample(key, contents)


def _shaded(number: int) -> RGB:
    """Draw flat shapes and shade them softly: flat colours alone would decode too fast."""
    flat = drawing(number)
    light = np.random.default_rng(number).normal(0, 12, (24, 24, 3))
    shade = cv2.resize(light, flat.shape[:2], interpolation=cv2.INTER_CUBIC)
    return np.clip(flat + shade, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
