"""A few pictures of what a stage made, as one small sheet for the Prefect UI."""

import base64
from collections.abc import Callable, Iterator
from itertools import islice
from typing import cast

import cv2
import numpy as np
from upath import UPath

from preprocessing.decode import Undecodable, decode
from storage import files, manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.pictures import Picture
from storage.records import Post, Split, StageRecord

ABREAST, SIDE_PX = 8, 96
WIDTH_PX = 900
WEBP_QUALITY = 80
MAX_PIXELS = 1 << 24
"""What is larger is not decoded for a sheet of thumbnails: the stages' own bounds come later."""
WHITE = 255


def sheet_of(record: StageRecord, layout: DataLayout) -> Picture | None:
    """Draw some of what a stage made, HWC RGB; None if it made no pictures, or they are gone."""
    draw = _DRAWN.get(Stage(record.stage))
    return draw(record, layout) if draw else None


def as_markdown(sheet: Picture, what: str) -> str:
    """Put a sheet into a page: as its bytes, for the UI shows no file of ours."""
    settings = (cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY)
    _, content = cv2.imencode(".webp", sheet[..., ::-1], settings)
    return f"![{what}](data:image/webp;base64,{base64.b64encode(content.tobytes()).decode()})"


def _scraped(record: StageRecord, layout: DataLayout) -> Picture | None:
    posts = manifest.rows_of(record, layout, Post)
    paths = (layout.image(post.md5, post.extension) for post in posts if post.md5)
    seen = (_read(path) for path in paths)
    return _in_rows([[each] for each in islice(filter(_is_seen, seen), ABREAST)])


def _packed(record: StageRecord, layout: DataLayout) -> Picture | None:
    return _in_rows(list(_sampled(record, layout, ("color.png",))))


def _paired(record: StageRecord, layout: DataLayout) -> Picture | None:
    return _in_rows(list(_sampled(record, layout, ("edge.png", "hint.png", "color.png"))))


def _trained(record: StageRecord, layout: DataLayout) -> Picture | None:
    names = sorted(each.name for each in record.outputs if each.name.startswith("pictures/"))
    return _narrowed(record, layout, names[-1]) if names else None


def _evaluated(record: StageRecord, layout: DataLayout) -> Picture | None:
    return _narrowed(record, layout, "grid.png")


_DRAWN: dict[Stage, Callable[[StageRecord, DataLayout], Picture | None]] = {
    Stage.SCRAPE: _scraped,
    Stage.PACK: _packed,
    Stage.CONDITION: _paired,
    Stage.TRAIN: _trained,
    Stage.EVALUATE: _evaluated,
}


def _sampled(
    record: StageRecord, layout: DataLayout, endings: tuple[str, ...]
) -> Iterator[list[Picture | None]]:
    """Give the pictures of the first samples of a shard, of test: hints are kept there."""
    folder = layout.stage(record.stage, record.key)
    path = folder / shards.name_of(Split.TEST, 0)
    if path.exists():
        for sample in islice(shards.read(path), ABREAST):
            yield [_decoded(sample.files.get(ending, b"")) for ending in endings]


def _narrowed(record: StageRecord, layout: DataLayout, name: str) -> Picture | None:
    sheet = _read(layout.stage(record.stage, record.key) / name)
    if sheet is None or sheet.shape[1] <= WIDTH_PX:
        return sheet
    height = round(sheet.shape[0] * WIDTH_PX / sheet.shape[1])
    return _resized(sheet, WIDTH_PX, height)


def _in_rows(columns: list[list[Picture | None]]) -> Picture | None:
    """Lay out columns of pictures, each fitted to a square on white."""
    if not columns:
        return None
    return np.concatenate(
        [np.concatenate([_squared(each) for each in column]) for column in columns], axis=1
    )


def _squared(picture: Picture | None) -> Picture:
    square: Picture = np.full((SIDE_PX, SIDE_PX, 3), WHITE, np.uint8)
    if picture is not None:
        scale = SIDE_PX / max(picture.shape[:2])
        height, width = (max(1, round(scale * side)) for side in picture.shape[:2])
        top, left = (SIDE_PX - height) // 2, (SIDE_PX - width) // 2
        square[top : top + height, left : left + width] = _resized(picture, width, height)
    return square


def _resized(picture: Picture, width: int, height: int) -> Picture:
    return cast(Picture, cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _is_seen(picture: Picture | None) -> bool:
    return picture is not None


def _read(path: UPath) -> Picture | None:
    try:
        return _decoded(files.read_bytes(path))
    except FileNotFoundError:
        return None


def _decoded(content: bytes) -> Picture | None:
    """Decode any picture as HWC RGB on white, at least as large as it is shown, or None."""
    try:
        return decode(content, MAX_PIXELS, enough_px=WIDTH_PX).on_white()
    except Undecodable:
        return None
