"""What a user might give instead: strokes as a hint, and line art by any edge detector.

The one room of this folder that draws as preprocessing does, so that what is asked here is what
can be trained for.
"""

import logging
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import get_args

import numpy as np
from upath import UPath

from evaluation.pixelwise import WHITE, Pictures
from preprocessing.config import EdgeConfig, HintConfig
from preprocessing.hints import hint_of
from preprocessing.pairs import draw_edges
from storage import digest, files
from storage.errors import CorruptFile, MissingInput
from storage.layout import RECORD_NAME

logger = logging.getLogger(__name__)

HED = "hed"

UNSEEN = 240
"""What is at least so bright in every channel is hardly seen on white paper."""
STROKE_TRIES = 32


def draw_strokes(
    color_BHWC: Pictures, md5s: Sequence[str], seed: int, stroke_set: int = 1
) -> tuple[Pictures, Pictures]:
    """Stroke some pictures' true colours on white paper, as preprocessing's users do.

    Args:
        color_BHWC: the truth, uint8 RGB.
        md5s: the pictures' names.
        seed: the seed of the run.
        stroke_set: which strokes; another number gives other strokes to the same picture.

    Returns:
        The hints (B, H, W, C), and their masks (B, H, W): 255 where a stroke lies, 0 elsewhere.
    """
    config = HintConfig(kind="strokes")
    drawn = [
        _strokes_of(color_HWC, config, seed, "strokes", str(stroke_set), md5)
        for color_HWC, md5 in zip(color_BHWC, md5s, strict=True)
    ]
    return np.stack([hint for hint, _ in drawn]), np.stack([mask for _, mask in drawn])


def _strokes_of(
    color_HWC: Pictures, config: HintConfig, seed: int, *names: str
) -> tuple[Pictures, Pictures]:
    """Stroke one picture, so that there is a stroke to be seen: white on white tells nothing."""
    tries = [names, *((*names, str(again)) for again in range(1, STROKE_TRIES))]
    for name in tries:
        hint_HWC, mask_HW = hint_of(color_HWC, config, digest.seed_of(seed, *name))
        if hint_HWC.min() < UNSEEN:
            break
    return hint_HWC, mask_HW


def line_drawer(pairs_folder: UPath, detector: str) -> Callable[[Pictures], Pictures]:
    """Give what draws a true picture's line art (H, W) by one detector.

    Sizes and thresholds are those that the dataset's own line art was drawn with, or the defaults
    if these are not told.
    """
    try:
        settings = files.read_json(pairs_folder / RECORD_NAME)["settings"]["edges"]
    except FileNotFoundError:
        settings = {}
    config = EdgeConfig.model_validate(settings | {"detector": detector})
    return partial(draw_edges, config=config)


@cache
def usable_detectors() -> tuple[str, ...]:
    """List the edge detectors that can draw here: all, but HED only where its weights are."""
    names: tuple[str, ...] = get_args(EdgeConfig.model_fields["detector"].annotation)
    try:
        draw_edges(np.full((32, 32, 3), WHITE, np.uint8), EdgeConfig(detector="hed"))
    except (MissingInput, CorruptFile) as error:
        logger.warning("left out lines=%s: %s", HED, error)
        return tuple(name for name in names if name != HED)
    return names
