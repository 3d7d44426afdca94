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

from evaluation import gallery
from evaluation.answers import Known, answer_by_model, answer_untrained
from evaluation.colorize import Colorizer
from evaluation.conditions import Condition
from evaluation.folder import Folder
from evaluation.folder_pictures import Alone, Given, Reader
from evaluation.instruments import Instruments
from evaluation.measuring import Measured
from evaluation.pairs import Pair, in_batches
from evaluation.pixelwise import WHITE, Pictures
from evaluation.posing import pose
from storage import files
from storage.progress import Advance, watch

logger = logging.getLogger(__name__)

NUM_SHOWN = 8
COLORED = "colored"

SHOWN = (
    "edge", "hint", Condition.DETECTED, Condition.NO_HINT, "line", Condition.TRUE_LINES, "color",
)  # fmt: skip
COLUMNS = {what: gallery.COLUMNS[what] for what in SHOWN}
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
            for some in in_batches(_opened(asked, reader, advance), self.batch_size):
                self._judge([each for each in some if isinstance(each, Given)], found, to_show)
                self._color([each for each in some if isinstance(each, Alone)], found, to_show)
        for skipped in reader.skipped:
            logger.info("skipped file=%s reason=%s", skipped.file, skipped.reason)
        return found

    def _judge(self, given: Sequence[Given], found: Found, to_show: set[str]) -> None:
        """Colour pictures under every condition that they allow, and measure it."""
        found.names |= {each.pair.md5: each.name for each in given}
        shown = {each.pair.md5: _shown(each.pair) for each in given if each.name in to_show}
        found.shown |= shown
        known: Known = {}
        conditions = (Condition.DETECTED, Condition.NO_HINT, Condition.TRUE_LINES)
        for condition in conditions if self.is_hinted else conditions[1:]:
            # No strokes are drawn, so the seed decides nothing.
            batch = pose([each.pair for each in given], condition, seed=0)
            if batch is None:
                continue
            generated_BHWC, measured = answer_by_model(batch, self.colorizer, self.instruments)
            found.take([measured, *answer_untrained(batch, self.instruments, known)])
            for md5, generated_HWC in zip(batch.md5s, generated_BHWC, strict=True):
                if md5 in shown:
                    shown[md5][condition] = generated_HWC

    def _color(self, alone: Sequence[Alone], found: Found, to_show: set[str]) -> None:
        """Colour line art of which nobody knows the colours, without a hint."""
        if not alone:
            return
        line_BHW = np.stack([each.line_HW for each in alone])
        generated_BHWC = self.colorizer.colorize(
            line_BHW,
            np.full((*line_BHW.shape, 3), WHITE, np.uint8),
            np.zeros_like(line_BHW),
            [each.md5 for each in alone],
        )
        for each, generated_HWC in zip(alone, generated_BHWC, strict=True):
            with files.whole(self.folder / COLORED / f"{each.name}.png") as file:
                _in_its_shape(generated_HWC, each).save(file, "PNG")
            if each.name in to_show:
                found.shown[each.md5] = {
                    "line": each.line_HW,
                    Condition.TRUE_LINES: generated_HWC,
                }
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
    except (RuntimeError, ValueError):
        # Torch says so of shapes that do not fit, noise of the size that it is tied to.
        return False
    return colored_BHWC.shape[1:3] == (size_px, size_px)


def _opened(asked: Folder, reader: Reader, advance: Advance) -> Iterator[Given | Alone]:
    for item in asked.items:
        opened = reader.read(item)
        if opened:
            yield opened
        advance(skipped=float(len(reader.skipped)))


def _shown(pair: Pair) -> dict[str, Pictures]:
    what = {"edge": pair.edge_HW, "hint": pair.hint_HWC, "color": pair.color_HWC}
    return what if pair.line_HW is None else what | {"line": pair.line_HW}


def _in_its_shape(color_HWC: Pictures, alone: Alone) -> Image.Image:
    """Stretch a square back to the proportions of its line art."""
    scale = len(color_HWC) / max(alone.width, alone.height)
    size = (max(1, round(alone.width * scale)), max(1, round(alone.height * scale)))
    return Image.fromarray(color_HWC).resize(size, Image.Resampling.LANCZOS)
