"""Pictures to train on: of a folder, or made; as arrays for us, as PNG files for the plain loop."""

from pathlib import Path

import cv2
import numpy as np
import torch

from preprocessing.config import EdgeConfig, HintConfig
from preprocessing.hints import hint_of
from preprocessing.pairs import draw_edges
from tests.pictures import RGB, drawing
from training.data import Pairs

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


def colors(folder: str, count: int, size_px: int) -> list[RGB]:
    """Give square RGB pictures, the first ones of a folder by name; made ones without a folder."""
    if not folder:
        return [drawing(number, size_px) for number in range(count)]
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f"IRODORI_PICTURES {folder}: holds no picture ({', '.join(SUFFIXES)})")
    return [_read(path, size_px) for path in paths[:count]]


def pairs_of(pictures: list[RGB]) -> Pairs:
    """Give pictures and their line art as the trainings' cache does."""
    color = np.stack([picture.transpose(2, 0, 1) for picture in pictures])
    edge = np.stack([draw_edges(picture, EdgeConfig())[None] for picture in pictures])
    return Pairs(torch.from_numpy(color), torch.from_numpy(edge))


def write_side_by_side(pictures: list[RGB], folder: Path) -> None:
    """Write one PNG a picture: colour, hint and line art in a row, as pix2pix's data sets are."""
    for number, picture in enumerate(pictures):
        hint, _ = hint_of(picture, HintConfig(), number)
        edge = np.repeat(draw_edges(picture, EdgeConfig())[..., None], 3, axis=2)
        row = cv2.cvtColor(np.concatenate([picture, hint, edge], axis=1), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{number:05d}.png"), row)


def _read(path: Path, size_px: int) -> RGB:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise SystemExit(f"{path}: is no picture that OpenCV reads")
    return np.asarray(cv2.resize(picture, (size_px, size_px), interpolation=cv2.INTER_AREA))
