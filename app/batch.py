"""Files and folders of line art -> coloured files; one that cannot be used is named and skipped."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from upath import UPath

from app import layers
from app.config import Batch
from app.drawing import read_color, read_drawing
from app.encoding import read_strokes, to_png
from app.painter import Painter, Wish
from app.palette import palette_of
from storage import files
from storage.errors import BadInput, MissingInput, told_of_place
from storage.images import ENDINGS

logger = logging.getLogger(__name__)

NUM_COLORS = 12
PALE_SPREAD, PALE_SHARE = 24, 0.005
"""An answer with fewer pixels whose channels are so far apart is pale."""


@dataclass(frozen=True, slots=True)
class Page:
    """One drawing of a batch: its file, and the file of its answer below the folder of answers."""

    lines: Path
    answer: Path


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one page: `why` it was skipped, empty if it was not, and if it is pale."""

    page: Page
    why: str = ""
    was_there: bool = False
    is_pale: bool = False


def pages(batch: Batch) -> list[Page]:
    """List the drawings of a batch, by their names.

    Raises:
        MissingInput: a file or folder is not there, or there is no drawing at all.
        BadInput: two answers would be the same file, or an answer and what it is made of.
    """
    found = [page for named in batch.lines for page in _below(named, batch)]
    if not found:
        raise MissingInput(f"{batch.lines[0]}: holds no picture; name files or folders of line art")
    # What is named twice, or by its folder too, is one drawing, where it was named first.
    once: dict[Path, Page] = {}
    for page in found:
        once.setdefault(page.lines.resolve(), page)
    listed: dict[Path, Page] = {}
    folders = {lines.parent for lines in once}
    beside = _beside(batch)
    for page in once.values():
        answer = page.answer.resolve()
        if answer in once:
            raise BadInput(f"{page.answer}: is a drawing itself; name another folder with -o")
        # What lies beside drawings may be one that is not named.
        if answer.parent in folders and answer.exists() and not batch.goes_on:
            raise BadInput(
                f"{page.answer}: is there already, beside drawings; name another folder with -o, or"
                " keep it with --skip-existing"
            )
        if any(map(answer.is_relative_to, beside)):
            raise BadInput(
                f"{page.answer}: is where the strokes or the palette are; name another folder"
                " with -o"
            )
        other = listed.setdefault(answer, page)
        if other is not page:
            raise BadInput(f"{page.lines} and {other.lines}: would have one answer; rename one")
    return list(listed.values())


def colorize(listed: list[Page], batch: Batch, painter: Painter) -> Iterator[Done]:
    """Colour the listed pages of a batch, one by one, all by the same model.

    Raises:
        BadInput: nothing can be coloured like this, or written there.
    """
    colors = _palette(batch.palette) if batch.palette else None
    if batch.hint and not batch.hint.exists():
        raise MissingInput(f"--hint {batch.hint}: not there")
    if batch.hint and batch.hint.is_file():
        # One for all: if it is none, nothing can be coloured.
        _strokes_in(batch.hint, f"--hint {batch.hint}")
    for page in listed:
        if batch.goes_on and page.answer.exists():
            yield Done(page, was_there=True)
            continue
        try:
            content, is_pale = _paint(painter, page, batch, colors)
        except BadInput as error:
            yield Done(page, str(error))
            continue
        with told_of_place(f"--out {batch.out}: {page.answer}"):
            files.write_bytes(UPath(page.answer), content)
        yield Done(page, is_pale=is_pale)


def _below(named: Path, batch: Batch) -> Iterator[Page]:
    if named.is_file():
        yield Page(named, batch.out / f"{named.stem}.{batch.kind}")
    elif named.is_dir():
        top = named.resolve()
        apart = [each for each in (batch.out.resolve(), *_beside(batch)) if top in each.parents]
        for path in sorted(named.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(named).parts)
            other = any(map(path.resolve().is_relative_to, apart))
            if path.is_file() and path.suffix.lower() in ENDINGS and not hidden and not other:
                below = path.relative_to(named).with_suffix(f".{batch.kind}")
                yield Page(path, batch.out / below)
    else:
        raise MissingInput(f"{named}: not there; name files or folders of line art")


def _beside(batch: Batch) -> list[Path]:
    """Give what a batch is coloured by, which is no drawing and no place for answers."""
    return [named.resolve() for named in (batch.hint, batch.palette) if named]


def _paint(
    painter: Painter, page: Page, batch: Batch, colors: NDArray[np.uint8] | None
) -> tuple[bytes, bool]:
    """Give a page's answer as a file, and whether it is pale (of one in layers: no)."""
    name = str(page.lines)
    drawing = read_drawing(_read(page.lines, name), name, clean=batch.clean)
    wish = Wish(_strokes(page, batch, colors), batch.reach_px, max_px=batch.max_px)
    if batch.kind == "ora":
        return layers.to_openraster(painter, drawing, wish), False
    color = painter.paint(drawing, wish)
    return to_png(color), is_pale(color)


def is_pale(color_HWC: NDArray[np.uint8]) -> bool:
    """Tell whether hardly any pixel of an RGB picture has a colour."""
    spread = color_HWC.max(axis=2) - color_HWC.min(axis=2)
    return bool((spread > PALE_SPREAD).mean() < PALE_SHARE)


def _strokes(
    page: Page, batch: Batch, colors: NDArray[np.uint8] | None
) -> NDArray[np.uint8] | None:
    path = _hint_of(page, batch)
    if path is None:
        return None
    strokes = _strokes_in(path, str(path))
    return strokes if colors is None else _nearest(strokes, colors)


def _hint_of(page: Page, batch: Batch) -> Path | None:
    """Give a page's strokes; none, if the folder of strokes has none of its name."""
    if batch.hint is None or batch.hint.is_file():
        return batch.hint
    path = batch.hint / page.answer.relative_to(batch.out).with_suffix(".png")
    if path.exists():
        return path
    logger.warning("no strokes for=%s wanted=%s", page.lines, path)
    return None


def _strokes_in(path: Path, name: str) -> NDArray[np.uint8]:
    return read_strokes(_read(path, name), name)


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror}") from error


def _palette(picture: Path) -> NDArray[np.uint8]:
    name = f"--palette {picture}"
    colors = palette_of(read_color(_read(picture, name), name), NUM_COLORS)
    if not colors:
        raise BadInput(f"{name}: has no colours but black and white")
    return np.array(
        [[int(color[place : place + 2], 16) for place in (1, 3, 5)] for color in colors], np.uint8
    )


def _nearest(strokes: NDArray[np.uint8], colors_N3: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give strokes the nearest of some colours, as CIE Lab tells them apart."""

    def to_lab(color: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(cv2.cvtColor(color[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0])

    changed = strokes.copy()
    painted = strokes[..., 3] > 0
    asked, which = np.unique(strokes[painted][:, :3], axis=0, return_inverse=True)
    if len(asked):
        apart = np.linalg.norm(to_lab(asked)[:, None] - to_lab(colors_N3)[None], axis=2)
        changed[painted, :3] = colors_N3[apart.argmin(axis=1)][which.ravel()]
    return changed
