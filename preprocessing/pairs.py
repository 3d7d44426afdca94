"""A packed sample -> what the model is given and what it is judged by, side by side."""

from preprocessing.config import ConditionConfig
from preprocessing.edges import draw_edges
from preprocessing.hints import hint_of
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
        hint = hint_of(color_HWC, config.hints, digest.seed_of(seed, "hint", sample.key))
        drawn["hint.png"] = encode_png(hint)
    return Sample(sample.key, sample.files | drawn)
