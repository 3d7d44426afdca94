"""Pairs of made drawings, a filled circle with an outline each, as the condition stage draws."""

import json
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from preprocessing.config import ConditionConfig
from preprocessing.pairs import draw_pair
from storage import digest, ledger, manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split, StageRecord
from storage.shards import Sample
from tests.pictures import encoded
from tests.shard_files import write_shard


def make_pairs(
    layout: DataLayout,
    sizes: Mapping[Split, Sequence[int]],
    size_px: int,
    *,
    seed: int = 0,
    with_lines: bool = False,
) -> StageRecord:
    """Run the condition stage's own drawing on made pictures; `sizes` are those of the shards."""
    config = ConditionConfig()
    opened = ledger.open_stage(Stage.CONDITION, config, inputs={}, layout=layout, seed=seed)
    rows = []
    for split, numbers in sizes.items():
        every = (sample(split, n, size_px, with_lines=with_lines) for n in range(sum(numbers)))
        left = iter(sorted(every, key=lambda each: each.key))
        for number, size in enumerate(numbers):
            pairs = [draw_pair(next(left), split, config, seed) for _ in range(size)]
            rows.append(write_shard(opened.folder, number, split, pairs))
    manifest.write_table(shards.table_in(opened.folder), Contract.PAIRS, rows, ShardRow)
    return opened.seal({})


def sample(split: Split, number: int, size_px: int, *, with_lines: bool = False) -> Sample:
    """Draw a filled circle with an outline on white; colour and place follow from the number."""
    chance = np.random.default_rng([len(split), number])
    color = np.full((size_px, size_px, 3), 255, dtype=np.uint8)
    line = np.full((size_px, size_px), 255, dtype=np.uint8)
    center = [int(place) for place in chance.integers(size_px // 3, 2 * size_px // 3, 2)]
    fill = [int(value) for value in chance.integers(40, 230, 3)]
    cv2.circle(color, center, size_px // 4, fill, -1)
    cv2.circle(color, center, size_px // 4, (0, 0, 0), 1)
    cv2.circle(line, center, size_px // 4, (0,), 1)
    content = encoded(color)
    key = digest.of_bytes(content)[:32]
    facts = {
        "md5": key,
        "family": key,
        "post_id": number,
        "post_url": f"index.php?page=post&s=view&id={number}",
        "source": f"https://openmoji.org/library/{number} (OpenMoji, CC BY-SA 4.0) <b>&",
    }
    files = {"color.png": content, "json": json.dumps(facts).encode()}
    return Sample(key, files | ({"line.png": encoded(line)} if with_lines else {}))
