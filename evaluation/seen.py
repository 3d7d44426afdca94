"""The features of a measured shard as one file, for an evaluation that is killed and goes on."""

import io
from collections.abc import Mapping, Sequence
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

Seen = Mapping[tuple[Condition, Answer], Features]
"""The features of the answers, by condition and answer."""


def write_features(path: UPath, found: Sequence[Measured], instruments: Instruments) -> None:
    """Write the features of all answers, and those of their truths by md5."""
    md5s = sorted({score.md5 for one in found for score in one.scores} & instruments.truths.keys())
    arrays: dict[str, NDArray[Any]] = {
        f"{one.condition}.{one.answer}": np.concatenate(one.features)
        for one in found
        if one.features
    }
    arrays[MD5S] = np.array(md5s, dtype="S32")
    if md5s:
        arrays[TRUTHS] = np.stack([instruments.truths[md5] for md5 in md5s])
    with files.whole(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_features(path: UPath, instruments: Instruments) -> Seen:
    """Read the features of the answers; those of the truths go where all of them are kept."""
    with np.load(io.BytesIO(files.read_bytes(path)), allow_pickle=False) as arrays:
        md5s = [md5.decode() for md5 in arrays[MD5S].tolist()]
        if md5s:
            instruments.truths.update(zip(md5s, arrays[TRUTHS], strict=True))
        return {
            (Condition(condition), Answer(answer)): arrays[name]
            for name in arrays.files
            if name not in (MD5S, TRUTHS)
            for condition, answer in [name.split(".")]
        }
