"""One model in memory, and what it does: a drawing and strokes in, colours out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from app import crisp, reach
from app.config import DEFAULT_REACH_PX
from app.drawing import Drawing, at_most
from app.fit import Fit
from app.palette import turn_hues
from evaluation.colorize import Colorizer, open_colorizer
from evaluation.folder_checkpoint import PAPER_HINTS, Source

Color = NDArray[np.uint8]

NOTHING = np.zeros((1, 1, 4), np.uint8)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a drawing.

    `stroke_HWC` are RGBA strokes over the whole drawing, of any size; None are no strokes.
    `reach_px` is how far they run out, at 256 px, for models that learnt from a wash. Other
    variants are other noise, for the models that heed it; `turn` is by how many degrees the hue of
    all strokes is turned. `max_px` bounds the longer side of the answer, 0 leaves the drawing's
    own; what the model sees is the same either way.
    """

    stroke_HWC: Color | None = None
    reach_px: float = DEFAULT_REACH_PX
    variant: int = 0
    turn: int = 0
    max_px: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model was given of a drawing, and where it lies: all (S, S) or (S, S, 3)."""

    line_SS: Color
    hint_SSC: Color
    mask_SS: Color
    fit: Fit


def learns_from_wash(source: Source) -> bool:
    """Whether a model was trained with the paper's hints, so that strokes must run out for it."""
    return source.hint_kind == PAPER_HINTS


def open_painter(source: Source, device: torch.device) -> "Painter":
    """Load the models of a checkpoint."""
    return Painter(source, open_colorizer(source.folder, device, source.seed))


@dataclass(frozen=True, slots=True)
class Painter:
    """A generator that colours drawings of any size, and where it came from."""

    source: Source
    colorizer: Colorizer

    @property
    def has_noise(self) -> bool:
        """Whether variants can differ by what the model makes of noise."""
        return self.colorizer.has_z

    def paint(self, drawing: Drawing, wish: Wish) -> Color:
        """Colour a drawing under its own lines; uint8 RGB."""
        seen = self.see(drawing, wish)
        (small_SSC,) = self.answer(drawing, [seen], [wish.variant])
        line_HW = at_most(drawing.line_HW, wish.max_px)
        return crisp.under_lines(small_SSC, line_HW, seen.line_SS, seen.fit)

    def see(self, drawing: Drawing, wish: Wish) -> Seen:
        """Bring a drawing and strokes to the model's size, as it has learnt to see them."""
        fit = Fit.of(drawing.line_HW.shape, self.source.size_px)
        line_SS = fit.shrink_lines(drawing.line_HW)
        stroke_HWC = NOTHING if wish.stroke_HWC is None else wish.stroke_HWC
        hint_SSC, mask_SS = fit.shrink_strokes(stroke_HWC)
        if wish.turn:
            hint_SSC = turn_hues(hint_SSC, wish.turn)
        if learns_from_wash(self.source):
            hint_SSC = reach.run_out(hint_SSC, mask_SS, line_SS, wish.reach_px)
        return Seen(line_SS, hint_SSC, mask_SS, fit)

    def answer(self, drawing: Drawing, seen: Sequence[Seen], variants: Sequence[int]) -> Color:
        """Give what the model paints of one drawing, (B, S, S, 3)."""
        return self.colorizer.colorize(
            np.stack([each.line_SS for each in seen]),
            np.stack([each.hint_SSC for each in seen]),
            np.stack([each.mask_SS for each in seen]),
            [f"{drawing.md5}/{variant}" for variant in variants],
        )
