"""Contact sheets: pictures in rows and columns on one white page, with a heading a column."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from evaluation.pixelwise import WHITE, Pictures

GAP_PX = 8
HEADING_PX = 26
INK = (70, 70, 74)


def contact_sheet(
    headings: Sequence[str], rows: Sequence[Sequence[Pictures | None]], side_px: int
) -> Image.Image:
    """Lay out pictures, each fitted to a square of `side_px`; None leaves its place empty."""
    pitch = side_px + GAP_PX
    width, height = len(headings) * pitch + GAP_PX, len(rows) * pitch + GAP_PX + HEADING_PX
    sheet = Image.new("RGB", (width, height), (WHITE,) * 3)
    for column, heading in enumerate(headings):
        _write_heading(sheet, heading, GAP_PX + column * pitch, side_px)
    for line, row in enumerate(rows):
        for column, picture in enumerate(row):
            if picture is not None:
                corner = (GAP_PX + column * pitch, HEADING_PX + GAP_PX + line * pitch)
                sheet.paste(_fitted(picture, side_px), corner)
    return sheet


def _fitted(picture: Pictures, side_px: int) -> Image.Image:
    image = Image.fromarray(np.asarray(picture)).convert("RGB")
    if image.size == (side_px, side_px):
        return image
    return image.resize((side_px, side_px), Image.Resampling.LANCZOS)


def _write_heading(sheet: Image.Image, heading: str, left_px: int, width_px: int) -> None:
    draw = ImageDraw.Draw(sheet)
    size = 15.0
    while size > 8 and draw.textlength(heading, font=ImageFont.load_default(size)) > width_px:
        size -= 1
    font = ImageFont.load_default(size)
    draw.text((left_px, HEADING_PX - 4), heading, fill=INK, font=font, anchor="ls")
