"""What the app can be asked for, before any model is loaded: this room needs no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storage.errors import BadInput

DEFAULT_REACH_PX = 28.0
"""How far strokes run out, at 256 px: the standard deviation of the paper's own blur."""

MAX_REACH_PX = 128
MOST_PX = 65_535
"""No side of a drawing is longer: a line one pixel wide is widened by as much as it is shrunk."""

Kind = Literal["png", "ora"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Files and folders of line art to colour, and how.

    `hint` is a file of strokes for all, or a folder with one a drawing; strokes take the nearest
    colour of the picture `palette`. `max_px` bounds the longer side of an answer, 0 leaves the
    drawing's own; `clean` tells of scans. With `goes_on`, answers that are there stay.
    """

    lines: tuple[Path, ...]
    out: Path
    hint: Path | None = None
    palette: Path | None = None
    reach_px: float = DEFAULT_REACH_PX
    max_px: int = 0
    clean: bool = False
    kind: Kind = "png"
    goes_on: bool = False


def check(reach_px: float, max_px: int) -> None:
    """Make sure that a reach and a size can be used.

    Raises:
        BadInput: they cannot.
    """
    if not 0 <= reach_px <= MAX_REACH_PX:
        raise BadInput(f"reach_px: wanted 0 to {MAX_REACH_PX}, not {reach_px:g}")
    if not 0 <= max_px <= MOST_PX:
        raise BadInput(f"max_px: wanted 0 to {MOST_PX}, not {str(max_px)[:20]}")
