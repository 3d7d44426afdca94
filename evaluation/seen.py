"""The features of a measured shard as one file, for an evaluation that is killed and goes on."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from evaluation.conditions import Condition
from evaluation.features import Features
from evaluation.instruments import Instruments
from evaluation.measuring import Measured
from evaluation.scores import Answer
from storage import files

MD5S = "md5s"
TRUTHS = "truths"

Seen = dict[tuple[Condition, Answer], dict[str, tuple[Features, ...]]]
"""The features of the answers, by condition and answer, then by network."""


def write_features(path: UPath, found: Sequence[Measured], instruments: Instruments) -> None:
    """Write the features of all answers, and those of their truths by md5."""
    asked = {score.md5 for one in found for score in one.scores}
    arrays: dict[str, NDArray[Any]] = {
        f"{network}.{one.condition}.{one.answer}": np.concatenate(pieces)
        for one in found
        for network, pieces in one.features.items()
    }
    for network, truths in instruments.truths.items():
        md5s = sorted(asked & truths.keys())
        if md5s:
            arrays[f"{network}.{MD5S}"] = np.array(md5s, dtype="S32")
            arrays[f"{network}.{TRUTHS}"] = np.stack([truths[md5] for md5 in md5s])
    with files.whole(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_features(path: UPath, instruments: Instruments) -> Seen:
    """Read the features of the answers; those of the truths go where all of them are kept."""
    seen: Seen = {}
    with np.load(io.BytesIO(files.read_bytes(path)), allow_pickle=False) as arrays:
        for name in arrays.files:
            network, *rest = name.split(".")
            if rest == [MD5S]:
                md5s = [md5.decode() for md5 in arrays[name].tolist()]
                truths = zip(md5s, arrays[f"{network}.{TRUTHS}"], strict=True)
                instruments.truths.setdefault(network, {}).update(truths)
            elif rest != [TRUTHS]:
                condition, answer = rest
                of_one = seen.setdefault((Condition(condition), Answer(answer)), {})
                of_one[network] = (arrays[name],)
    return seen
