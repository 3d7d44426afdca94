"""Train, val or test: a pure function of the family, so variants of one drawing stay together."""

from preprocessing.config import CleanConfig
from storage import digest
from storage.records import Split

PLACES = 1 << 32


def split_of(family: str, config: CleanConfig) -> Split:
    """Give a family's split, whatever else is in the dataset; the shares are the wanted numbers."""
    total = config.num_train + config.num_val + config.num_test
    place = int(digest.of_bytes(family.encode())[:8], 16) / PLACES
    if place < config.num_train / total:
        return Split.TRAIN
    return Split.VAL if place < (config.num_train + config.num_val) / total else Split.TEST


def capacity(config: CleanConfig) -> dict[Split, int]:
    """Give how many pictures each split may hold."""
    return {
        Split.TRAIN: config.num_train,
        Split.VAL: config.num_val,
        Split.TEST: config.num_test,
    }
