"""A packed sample -> what the model is given and what it is judged by, side by side."""

import numpy as np
from numpy.typing import NDArray

from preprocessing import edges, learned_edges
from preprocessing.config import ConditionConfig, EdgeConfig
from preprocessing.hints import hint_of
from preprocessing.resize import to_gray
from storage import digest
from storage.pictures import decode_png, encode_png
from storage.records import Split
from storage.shards import Sample


def draw_pair(sample: Sample, split: Split, config: ConditionConfig, seed: int) -> Sample:
    """Add the line art and, for val and test, the hint made from the seed and the picture's md5."""
    color_HWC = decode_png(sample.files["color.png"], "RGB", sample.key)
    drawn = {"edge.png": encode_png(draw_edges(color_HWC, config.edges))}
    # Training draws its hints afresh each step; what is judged must be the same for every model.
    if split is not Split.TRAIN:
        hint, mask = hint_of(color_HWC, config.hints, digest.seed_of(seed, "hint", sample.key))
        drawn |= {"hint.png": encode_png(hint), "mask.png": encode_png(mask)}
    return Sample(sample.key, sample.files | drawn)


def draw_edges(color_HWC: NDArray[np.uint8], config: EdgeConfig) -> NDArray[np.uint8]:
    """Draw the line art of a picture with the configured detector: HW, dark lines, 255 is paper."""
    match config.detector:
        case "adaptive":
            return edges.adaptive(to_gray(color_HWC), config)
        case "xdog":
            return edges.xdog(to_gray(color_HWC), config)
        case "canny":
            return edges.canny(to_gray(color_HWC))
        case "dilate":
            return edges.dilate(to_gray(color_HWC))
        case "hed":
            return learned_edges.draw(color_HWC)
