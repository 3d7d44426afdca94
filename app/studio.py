"""What a person can ask for, each as one function of bytes; the page uses nothing else."""

import base64
from dataclasses import asdict, dataclass
from typing import Any

from app import config, layers, variants
from app.config import DEFAULT_REACH_PX
from app.drawing import Drawing, at_most, read_color, read_drawing
from app.encoding import read_strokes, to_png
from app.models import Models
from app.painter import Wish
from app.palette import palette_of

NUM_VARIANTS = 4
FULL_TURN = 360


@dataclass(frozen=True, slots=True)
class Order:
    """A drawing and what is wished of it, as it comes in.

    `lines` and `hints` are files; `model` is a key, empty for the newest model; `max_px` bounds the
    longer side of the answer, 0 leaves the drawing's own size; `clean` tells that it is a scan.
    """

    lines: bytes
    hints: bytes | None = None
    model: str = ""
    reach_px: float = DEFAULT_REACH_PX
    variant: int = 0
    turn: int = 0
    max_px: int = 0
    clean: bool = False

    def __post_init__(self) -> None:
        config.check(self.reach_px, self.max_px)

    def drawing(self) -> Drawing:
        """Open the drawing."""
        return read_drawing(self.lines, "lines", clean=self.clean)

    def wish(self) -> Wish:
        """Open the strokes."""
        strokes = read_strokes(self.hints, "hints") if self.hints else None
        return Wish(strokes, self.reach_px, self.variant, self.turn % FULL_TURN, self.max_px)


def lines(order: Order) -> bytes:
    """Give a drawing as it will be coloured, as a PNG."""
    return to_png(at_most(order.drawing().line_HW, order.max_px))


def colorize(at_hand: Models, order: Order) -> bytes:
    """Colour a drawing; give a PNG."""
    drawing, wish = order.drawing(), order.wish()
    return to_png(at_hand.painter(order.model).paint(drawing, wish))


def openraster(at_hand: Models, order: Order) -> bytes:
    """Colour a drawing; give its layers as an OpenRaster file."""
    drawing, wish = order.drawing(), order.wish()
    return layers.to_openraster(at_hand.painter(order.model), drawing, wish)


def vary(at_hand: Models, order: Order) -> dict[str, Any]:
    """Give other answers that really differ, small, and what to order each by."""
    drawing, wish = order.drawing(), order.wish()

    found = variants.vary(at_hand.painter(order.model), drawing, wish, NUM_VARIANTS)
    told = [
        {
            "variant": each.wish.variant,
            "turn": each.wish.turn,
            "difference": round(each.difference, 3),
            "png": base64.b64encode(to_png(each.color_HWC)).decode(),
        }
        for each in found.found
    ]
    return {"noise_spread": round(found.noise_spread, 3), "variants": told}


def list_models(at_hand: Models) -> list[dict[str, Any]]:
    """List the models at hand, the newest first."""
    return [asdict(model) for model in at_hand.listed()]


def palette(picture: bytes) -> list[str]:
    """Give the main colours of a reference picture."""
    return palette_of(read_color(picture, "picture"))
