"""Where a drawing of any size lies on the model's square, and the ways there and back.

Nothing is stretched: the longer side fills the square, and white paper is put around the rest.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

WHITE = 255
# A stroke counts on a pixel of the model where it covers this share of it.
LEAST_COVER = 0.25
# What is at least so opaque is a stroke, however thin; the rest of one that was erased is none.
SOLID = 128


@dataclass(frozen=True, slots=True)
class Fit:
    """A place on a square: of `size_px`, the rectangle from `top`, `left` of `height` x `width`."""

    size_px: int
    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, shape: tuple[int, ...], size_px: int) -> "Fit":
        """Fit a drawing (H, W) in."""
        height, width = shape
        scale = size_px / max(height, width)
        inner_height, inner_width = max(1, round(height * scale)), max(1, round(width * scale))
        top, left = (size_px - inner_height) // 2, (size_px - inner_width) // 2
        return cls(size_px, top, left, inner_height, inner_width)

    def shrink_lines(self, line_HW: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Give the lines on the square; thin ones stay dark, however much the drawing shrinks."""
        kept_HW = cast(NDArray[np.uint8], cv2.erode(line_HW, self._half_a_pixel(line_HW)))
        square_SS = np.full((self.size_px, self.size_px), WHITE, np.uint8)
        square_SS[self._inside()] = self._resize(kept_HW)
        return square_SS

    def shrink_strokes(
        self, stroke_HWC: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Give RGBA strokes, of any size, on the square.

        Returns:
            Their colours (S, S, 3) on white; and where they lie (S, S): 255, and 0 elsewhere.
        """
        # Weighed by alpha, so that a clear pixel's colour counts for nothing.
        weighed = cv2.cvtColor(stroke_HWC, cv2.COLOR_RGBA2mRGBA)
        small = self._resize(cast(NDArray[np.uint8], weighed))
        covered = small[..., 3] >= LEAST_COVER * WHITE
        hint_SSC = np.full((self.size_px, self.size_px, 3), WHITE, np.uint8)
        mask_SS = np.zeros((self.size_px, self.size_px), np.uint8)
        colors = small[..., :3] * (WHITE / np.maximum(small[..., 3:], 1))
        wide = self._resize(self._widened(stroke_HWC))
        near = cv2.dilate(covered.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        thin = (wide[..., 3] >= LEAST_COVER * WHITE) & ~near
        colors[thin] = wide[thin, :3] * (WHITE / wide[thin, 3:].astype(np.float32))
        covered |= thin
        hint_SSC[self._inside()][covered] = np.clip(colors.round(), 0, WHITE)[covered]
        mask_SS[self._inside()][covered] = WHITE
        return hint_SSC, mask_SS

    def _widened(self, stroke_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Give what is solid of strokes half a pixel of the square wider; RGBA, nothing elsewhere.

        Where two colours meet they mix, but what is so thin meets none.
        """
        solid_HW1 = stroke_HWC[..., 3:] >= SOLID
        solid_HWC = np.where(solid_HW1, stroke_HWC | np.array([0, 0, 0, WHITE], np.uint8), 0)
        kernel = self._half_a_pixel(stroke_HWC)
        return cast(NDArray[np.uint8], cv2.dilate(solid_HWC.astype(np.uint8), kernel))

    def _half_a_pixel(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        side = max(1, round(max(picture.shape[:2]) / self.size_px / 2))
        return np.ones((side, side), np.uint8)

    def enlarge(self, color_SSC: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
        """Cut the drawing's part out of a square and give it a size."""
        shrinks = height < self.height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        inner = np.ascontiguousarray(color_SSC[self._inside()])
        return cast(NDArray[np.uint8], cv2.resize(inner, (width, height), interpolation=way))

    def _inside(self) -> tuple[slice, slice]:
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    def _resize(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        shrinks = picture.shape[0] >= self.height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        size = (self.width, self.height)
        return cast(NDArray[np.uint8], cv2.resize(picture, size, interpolation=way))
