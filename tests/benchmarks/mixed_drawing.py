"""A made illustration: a figure before coloured shapes, with outlines, hair, light and grain.

Only its cost matters (sizes, file sizes, flat regions beside fine lines), and that a second
drawing of the same number can differ in one small thing, as an artist's variants do.
"""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Chance = np.random.Generator
Change = Literal["", "eyes", "mouth", "clothes", "clip"]
CHANGES: tuple[Change, ...] = ("eyes", "mouth", "clothes", "clip")

INK = (24, 20, 28)
GRAIN_PX = 509
"""The grain is one tile, repeated; a prime, so that it does not beat with a coder's blocks."""


def draw(numbers: tuple[int, int], size: tuple[int, int], change: Change = "") -> RGB:
    """Draw an illustration: HWC.

    Args:
        numbers: the collection's seed and the drawing's number; another pair, another drawing.
        size: width and height in px; the same drawing at another size is stretched.
        change: what is different from the drawing of the same numbers without it.
    """
    chance = np.random.default_rng(numbers)
    width, height = size
    canvas = _paper(chance, width, height)
    for _ in range(int(chance.integers(14, 30))):
        _shape(canvas, chance)
    _figure(canvas, chance, change)
    return _finish(canvas, chance)


def alpha_of(numbers: tuple[int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Give an opacity for a drawing: a soft-edged oval, HW."""
    chance = np.random.default_rng((*numbers, 1))
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    axes = (int(width * chance.uniform(0.4, 0.55)), int(height * chance.uniform(0.4, 0.55)))
    cv2.ellipse(mask, (width // 2, height // 2), axes, 0, 0, 360, 255, -1)
    return cv2.blur(mask, (15, 15))


def _color(chance: Chance, low: int = 20, high: int = 256) -> tuple[int, ...]:
    return tuple(int(level) for level in chance.integers(low, high, 3))


def _paper(chance: Chance, width: int, height: int) -> RGB:
    """Lay a gradient between four corners' colors."""
    corners = chance.integers(90, 256, (2, 2, 3)).astype(np.float32)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def _outlined(canvas: RGB, points: NDArray[np.float64], color: tuple[int, ...]) -> None:
    height, width = canvas.shape[:2]
    pixels = [(points * (width, height)).astype(np.int32)]
    cv2.fillPoly(canvas, pixels, color, cv2.LINE_AA)
    cv2.polylines(canvas, pixels, True, INK, max(1, min(width, height) // 320), cv2.LINE_AA)


def _shape(canvas: RGB, chance: Chance) -> None:
    """Draw a closed wavy shape anywhere."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = np.full(90, chance.uniform(0.04, 0.26))
    for wave in range(2, 6):
        radius *= 1 + chance.uniform(0, 0.25) * np.sin(wave * angles + chance.uniform(0, 6))
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius[:, None]
    _outlined(canvas, around + chance.uniform(0, 1, 2), _color(chance))


def _oval(x: float, y: float, across: float, down: float) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return np.stack([x + across * np.cos(angles), y + down * np.sin(angles)], axis=1)


def _figure(canvas: RGB, chance: Chance, change: Change) -> None:
    x, y, size = chance.uniform(0.3, 0.7), chance.uniform(0.25, 0.5), chance.uniform(0.09, 0.17)
    skin, hair, clothes, iris, other = (_color(chance, *each) for each in COLORS)
    if change == "clothes":
        clothes = other
    feet = [(x - 2 * size, 1.05), (x + 2 * size, 1.05)]
    shoulders = [(x + size, y + 1.6 * size), (x - size, y + 1.6 * size)]
    _outlined(canvas, np.array(feet + shoulders), clothes)
    _outlined(canvas, _oval(x, y, 1.35 * size, 1.5 * size), hair)
    _strands(canvas, chance, (x, y, size), hair)
    _outlined(canvas, _oval(x, y + 0.25 * size, 0.9 * size, 1.1 * size), skin)
    for side in (-1, 1):
        eye = x + side * 0.4 * size
        _outlined(canvas, _oval(eye, y + 0.2 * size, 0.2 * size, 0.26 * size), (250, 250, 250))
        looks = other if change == "eyes" else iris
        _outlined(canvas, _oval(eye, y + 0.22 * size, 0.14 * size, 0.2 * size), looks)
    opened = 0.22 if change == "mouth" else 0.04
    _outlined(canvas, _oval(x, y + 0.85 * size, 0.25 * size, opened * size), (170, 60, 70))
    if change == "clip":
        _outlined(canvas, _oval(x - 0.8 * size, y - 0.8 * size, 0.3 * size, 0.2 * size), other)


COLORS = ((200, 256), (20, 230), (20, 256), (20, 200), (20, 256))
"""Least and most of a channel: skin, hair, clothes, iris, and what a variant has instead."""


def _strands(
    canvas: RGB, chance: Chance, head: tuple[float, float, float], hair: tuple[int, ...]
) -> None:
    """Draw many thin curves of hair down from the crown."""
    height, width = canvas.shape[:2]
    x, y, size = head
    along = np.linspace(0, 1, 12)
    for _ in range(int(chance.integers(80, 260))):
        side, fall, bend = chance.uniform(-1.35, 1.35), chance.uniform(0.8, 3.4), chance.normal()
        across = x + size * (side * np.sqrt(along) + 0.15 * bend * np.sin(3 * along))
        down = y - 1.5 * size + size * fall * along
        points = np.stack([across * width, down * height], axis=1).astype(np.int32)
        shade = tuple(int(level * chance.uniform(0.5, 1.1)) % 256 for level in hair)
        cv2.polylines(canvas, [points], False, shade, int(chance.integers(1, 3)), cv2.LINE_AA)


def _finish(canvas: RGB, chance: Chance) -> RGB:
    """Lay light and shade over all, and the paper's grain."""
    height, width = canvas.shape[:2]
    light = chance.uniform(0.8, 1.15, (4, 4)).astype(np.float32)
    stretched = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)
    lit = canvas.astype(np.float32) * stretched[..., None]
    grain = chance.normal(0, 1, (GRAIN_PX, GRAIN_PX)).astype(np.float32)
    grain *= np.float32(chance.choice(GRAINS))
    repeats = (-(-height // GRAIN_PX), -(-width // GRAIN_PX))
    lit += np.tile(grain, repeats)[:height, :width, None]
    return np.clip(lit, 0, 255).astype(np.uint8)


GRAINS = (0.0, 0.0, 1.5, 3.0)
"""How rough the paper is; half of the drawings are clean."""
