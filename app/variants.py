"""Other answers to the same wish: only those that really differ, and what makes them differ."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app import crisp
from app.drawing import Drawing
from app.painter import Painter, Wish

NUM_TRIED = 8
TURNS = (-40, 40, -20, 20, 80, -80, 160, 120)
# Two answers are told apart where this share of the pixels changes by so many levels of 255.
LEAST_SHARE, LEAST_LEVELS = 0.03, 32


@dataclass(frozen=True, slots=True)
class Variant:
    """An answer, at the model's size cut to the drawing, and the wish that gives it again.

    `difference` is the share of its pixels that differ visibly from the nearest other answer's.
    """

    wish: Wish
    difference: float
    color_HWC: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Variants:
    """What was found; `noise_spread` is how far noise alone moves a pixel's channel, of 255."""

    found: list[Variant]
    noise_spread: float


def vary(painter: Painter, drawing: Drawing, wish: Wish, number: int) -> Variants:
    """Seek answers that differ from the one to the wish, and from each other.

    Noise is tried first; where a model does not heed it (the paper's hardly does), the hues of the
    strokes are turned instead. Nothing is found where there are no strokes either.
    """
    base = _paint(painter, drawing, [wish])[0]
    tried = [replace(wish, variant=wish.variant + more) for more in range(1, NUM_TRIED)]
    by_noise = _paint(painter, drawing, tried) if painter.has_noise else base[None][:0]
    spread = float(np.concatenate([base[None], by_noise]).std(axis=0, dtype=np.float64).mean())
    turned = [replace(wish, turn=wish.turn + turn) for turn in TURNS]
    by_turn = _paint(painter, drawing, turned) if wish.stroke_HWC is not None else base[None][:0]
    answers = [*zip(tried, by_noise, strict=False), *zip(turned, by_turn, strict=False)]
    return Variants([*_distinct(base, answers)][:number], spread)


def _distinct(
    base: NDArray[np.uint8], answers: list[tuple[Wish, NDArray[np.uint8]]]
) -> Iterator[Variant]:
    chosen = [base]
    for wish, color in answers:
        difference = min(_difference(color, each) for each in chosen)
        if difference >= LEAST_SHARE:
            chosen.append(color)
            yield Variant(wish, difference, color)


def _paint(painter: Painter, drawing: Drawing, wishes: list[Wish]) -> NDArray[np.uint8]:
    # Other noise changes nothing of what is seen.
    by_turn = {wish.turn: painter.see(drawing, wish) for wish in wishes}
    seen = [by_turn[wish.turn] for wish in wishes]
    small = painter.answer(drawing, seen, [wish.variant for wish in wishes])
    fit = seen[0].fit
    size = (fit.height, fit.width)
    lines = fit.enlarge(seen[0].line_SS, *size)
    return np.stack([crisp.under_lines(each, lines, seen[0].line_SS, fit) for each in small])


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    levels = np.abs(one.astype(np.int16) - other).max(axis=-1)
    return float((levels >= LEAST_LEVELS).mean())
