"""One checkpoint on any folder of pictures: coloured and measured a batch at a time.

No more pictures are in memory than one batch and the few that are shown; of all others only their
names and numbers stay, a few kB each.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import add

import numpy as np
from PIL import Image
from upath import UPath

from evaluation.answers import Known, answer_by_model, answer_untrained
from evaluation.colorize import Colorizer
from evaluation.conditions import Batch, Condition
from evaluation.folder import Folder
from evaluation.folder_pictures import Given, Reader
from evaluation.instruments import Instruments
from evaluation.measuring import Measured
from evaluation.pixelwise import WHITE, Pictures
from storage import files
from storage.progress import Advance, watch

logger = logging.getLogger(__name__)

NUM_SHOWN = 8
COLORED = "colored"

COLUMNS: dict[str, str] = {
    "edge": "detected edges",
    "hint": "hint",
    Condition.DETECTED: "coloured",
    Condition.NO_HINT: "without hint",
    "line": "artist's lines",
    Condition.TRUE_LINES: "coloured",
    "color": "truth",
}
"""What the page shows of an item, and the heading above it."""


@dataclass(slots=True)
class Found:
    """What has been found so far: numbers, names by md5, pictures to show, files left aside."""

    measured: dict[tuple[str, str], Measured] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    shown: dict[str, dict[str, Pictures]] = field(default_factory=dict)
    num_colored: int = 0
    """Line art without a picture, coloured and not measured."""

    def take(self, measured: Iterable[Measured]) -> None:
        """Put new numbers to those of the same condition and answer."""
        for one in measured:
            name = (one.condition.value, one.answer.value)
            known = self.measured.get(name)
            self.measured[name] = one if known is None else add(known, one)


@dataclass(frozen=True, slots=True)
class Exam:
    """Who colours, what measures it, how many at once, and where the coloured line art goes."""

    colorizer: Colorizer
    instruments: Instruments
    batch_size: int
    folder: UPath
    is_hinted: bool = True
    """Whether there are hints at all; without, one of the conditions says it all."""

    def take(self, asked: Folder, reader: Reader) -> Found:
        """Colour and measure everything in a folder."""
        found = Found()
        every = max(1, -(-len(asked.items) // NUM_SHOWN))
        to_show = {item.name for item in asked.items[::every]}
        with watch("pictures", len(asked.items)) as advance:
            for some in _batches(asked, reader, self.batch_size, advance):
                self._color(some, found, to_show)
        for skipped in reader.skipped:
            logger.info("skipped file=%s reason=%s", skipped.file, skipped.reason)
        return found

    def _color(self, some: Sequence[Given], found: Found, to_show: set[str]) -> None:
        kept = {each.md5: found.shown[each.md5] for each in some if _hang(each, found, to_show)}
        pictures = [each for each in some if each.color_HWC is not None]
        found.names |= {each.md5: each.name for each in pictures}
        known: Known = {}
        for batch in _posed(pictures, is_hinted=self.is_hinted):
            generated_BHWC, measured = answer_by_model(batch, self.colorizer, self.instruments)
            found.take([measured, *answer_untrained(batch, self.instruments, known)])
            for md5, generated_HWC in zip(batch.md5s, generated_BHWC, strict=True):
                if md5 in kept:
                    kept[md5][batch.condition] = generated_HWC
        alone = [each for each in some if each.color_HWC is None]
        if alone:
            self._color_alone(alone, found)

    def _color_alone(self, alone: Sequence[Given], found: Found) -> None:
        generated_BHWC = self.colorizer.colorize(
            np.stack([each.edge_HW for each in alone]),
            np.stack([each.hint_HWC for each in alone]),
            np.stack([each.mask_HW for each in alone]),
            [each.md5 for each in alone],
        )
        for each, generated_HWC in zip(alone, generated_BHWC, strict=True):
            with files.whole(self.folder / COLORED / f"{each.name}.png") as file:
                _in_its_shape(generated_HWC, each).save(file, "PNG")
            if each.md5 in found.shown:
                found.shown[each.md5][Condition.TRUE_LINES] = generated_HWC
        found.num_colored += len(alone)


def without_critic(colorizer: Colorizer) -> Colorizer:
    """Give the same colorizer without its critic, which knows pictures of one size alone."""
    return replace(colorizer, critic=None)


def takes(colorizer: Colorizer, size_px: int) -> bool:
    """Whether a generator can colour squares of this side."""
    blank_BHW = np.full((1, size_px, size_px), WHITE, np.uint8)
    hint_BHWC = np.full((1, size_px, size_px, 3), WHITE, np.uint8)
    try:
        colored_BHWC = colorizer.colorize(blank_BHW, hint_BHWC, np.zeros_like(blank_BHW), ["blank"])
    except RuntimeError:
        # Torch says so of shapes that do not fit.
        return False
    return colored_BHWC.shape[1:3] == (size_px, size_px)


def _batches(asked: Folder, reader: Reader, size: int, advance: Advance) -> Iterator[list[Given]]:
    some: list[Given] = []
    for item in asked.items:
        given = reader.read(item)
        if given:
            some.append(given)
        if len(some) == size:
            yield some
            some = []
        advance(skipped=float(len(reader.skipped)))
    if some:
        yield some


def _posed(given: Sequence[Given], *, is_hinted: bool) -> Iterator[Batch]:
    """Put pictures under every condition that they allow."""
    if not given:
        return
    hint_BHWC = np.stack([each.hint_HWC for each in given])
    mask_BHW = np.stack([each.mask_HW for each in given])
    edge_BHW = np.stack([each.edge_HW for each in given])
    if is_hinted:
        yield _batch(Condition.DETECTED, given, edge_BHW, hint_BHWC, mask_BHW)
    yield _batch(
        Condition.NO_HINT,
        given,
        edge_BHW,
        np.full_like(hint_BHWC, WHITE),
        np.zeros_like(mask_BHW),
    )
    lined = [place for place, each in enumerate(given) if each.line_HW is not None]
    if lined:
        line_BHW = np.stack([line for each in given if (line := each.line_HW) is not None])
        some = [given[place] for place in lined]
        yield _batch(Condition.TRUE_LINES, some, line_BHW, hint_BHWC[lined], mask_BHW[lined])


def _batch(
    condition: Condition,
    given: Sequence[Given],
    edge_BHW: Pictures,
    hint_BHWC: Pictures,
    mask_BHW: Pictures,
) -> Batch:
    return Batch(
        condition=condition,
        md5s=tuple(each.md5 for each in given),
        edge_BHW=edge_BHW,
        hint_BHWC=hint_BHWC,
        mask_BHW=mask_BHW,
        color_BHWC=np.stack([color for each in given if (color := each.color_HWC) is not None]),
    )


def _hang(given: Given, found: Found, to_show: set[str]) -> bool:
    """Keep what is given, if it is one of those that are shown."""
    if given.name not in to_show:
        return False
    what: dict[str, Pictures] = {}
    if given.color_HWC is not None:
        what |= {"edge": given.edge_HW, "hint": given.hint_HWC, "color": given.color_HWC}
    if given.line_HW is not None:
        what["line"] = given.line_HW
    found.shown[given.md5] = what
    return True


def _in_its_shape(color_HWC: Pictures, given: Given) -> Image.Image:
    """Stretch a square back to the proportions of its line art."""
    scale = len(color_HWC) / max(given.width, given.height)
    size = (max(1, round(given.width * scale)), max(1, round(given.height * scale)))
    return Image.fromarray(color_HWC).resize(size, Image.Resampling.LANCZOS)
