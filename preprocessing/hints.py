"""Colour hints, made from the truth: the paper's, strokes, dots, none, or a mix of these.

One batched implementation serves the stored hints of val and test and the fresh ones of every
training step, on CPU and GPU. All chance is drawn on the CPU from the generator handed in, so
the device changes nothing but rounding.

Source: the paper's section on hints, in the order it prints: white-out, then blur, then pasted
true blocks. Strokes and dots on white are what later systems simulate.
"""

import math
from typing import get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from preprocessing.brush import blank_paper
from preprocessing.config import REFERENCE_PX, HintConfig, OneHintKind
from preprocessing.strokes import draw_dots, draw_strokes

BLUR_GRID_PX = 32
KINDS = get_args(OneHintKind)


def make_hints(color_BCHW: Tensor, config: HintConfig, chance: torch.Generator) -> Tensor:
    """Make one hint for each picture of a batch.

    Args:
        color_BCHW: true colours, float in [-1, 1].
        config: which kind of hint, and its sizes.
        chance: a CPU generator; the same state gives the same hints.

    Returns:
        Hints of the same shape, range, dtype and device.
    """
    return _draw(color_BCHW, config.kind, config, chance)


def make_masked_hints(color_BCHW: Tensor, config: HintConfig, chance: torch.Generator) -> Tensor:
    """Make the same hints with a mask as their fourth channel, B4HW.

    The mask is 1 where the truth was given and 0 on blank paper, so that white is told from
    nothing; in between it is the share of truth where a blur has mixed white-outs in.
    """
    everywhere = torch.ones_like(color_BCHW[:, :1])
    return _draw(torch.cat([color_BCHW, everywhere], dim=1), config.kind, config, chance)


def _draw(truth_BCHW: Tensor, kind: str, config: HintConfig, chance: torch.Generator) -> Tensor:
    if kind == "paper":
        return _draw_paper(truth_BCHW, config, chance)
    if kind == "strokes":
        return draw_strokes(truth_BCHW, config.strokes, chance)
    if kind == "dots":
        return draw_dots(truth_BCHW, config.dots, chance)
    if kind == "mix":
        return _draw_mix(truth_BCHW, config, chance)
    return blank_paper(truth_BCHW).expand_as(truth_BCHW).contiguous()


def _draw_mix(truth_BCHW: Tensor, config: HintConfig, chance: torch.Generator) -> Tensor:
    shares = torch.tensor([getattr(config.mix, kind) for kind in KINDS], dtype=torch.float64)
    kinds_B = torch.multinomial(shares, len(truth_BCHW), replacement=True, generator=chance)
    hints = torch.empty_like(truth_BCHW)
    for number, kind in enumerate(KINDS):
        rows = torch.nonzero(kinds_B == number).flatten()
        rows = rows.to(truth_BCHW.device, non_blocking=True)
        if len(rows):
            hints[rows] = _draw(truth_BCHW[rows], kind, config, chance)
    return hints


def _draw_paper(truth_BCHW: Tensor, config: HintConfig, chance: torch.Generator) -> Tensor:
    blank = blank_paper(truth_BCHW)
    whitened = torch.where(_whiteouts(truth_BCHW, config, chance), blank, truth_BCHW)
    width_px = config.blur_sigma_px if config.blur_shape == "gaussian" else config.blur_box_px
    scale = truth_BCHW.shape[-1] / REFERENCE_PX
    blurred = blur(whitened, width_px * scale, config.blur_shape)
    return torch.where(_blocks(truth_BCHW, config, chance), truth_BCHW, blurred)


def hint_of(
    color_HWC: NDArray[np.uint8], config: HintConfig, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make the hint of one stored picture (uint8 RGB) and its mask: the same seed, the same hint.

    Returns:
        The hint as HWC; the mask as HW, 255 where the truth was given and 0 on blank paper.
    """
    color_BCHW = torch.from_numpy(color_HWC.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    hint_BCHW = make_masked_hints(color_BCHW, config, torch.Generator().manual_seed(seed))
    stored = ((hint_BCHW[0, :3] + 1) * 127.5).round().clamp(0, 255).byte()
    mask = (hint_BCHW[0, 3] * 255).round().clamp(0, 255).byte()
    return stored.permute(1, 2, 0).numpy(), mask.numpy()


def blur(color_BCHW: Tensor, width_px: float, shape: str = "gaussian") -> Tensor:
    """Blur widely: shrink to a grid of about 32, blur there, enlarge bilinearly.

    The width is the standard deviation of a Gaussian or the side of a box.
    """
    height, width = color_BCHW.shape[-2:]
    shrink = max(1, width // BLUR_GRID_PX)
    if width_px == 0:
        return color_BCHW
    # In float32 whatever comes in: a wide blur sums too many small numbers for half precision.
    # To whole cells that cover all of it, also where its side is no multiple of theirs.
    small = F.adaptive_avg_pool2d(color_BCHW.float(), (height // shrink, width // shrink))
    weigh = _gaussian if shape == "gaussian" else _box
    kernel = weigh(width_px / shrink).to(small, non_blocking=True)
    radius = len(kernel) // 2
    channels = small.shape[1]
    along_x = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    along_y = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    padded = F.pad(small, (radius, radius, radius, radius), mode="replicate")
    small = F.conv2d(F.conv2d(padded, along_x, groups=channels), along_y, groups=channels)
    large = F.interpolate(small, (height, width), mode="bilinear", align_corners=False)
    return large.to(color_BCHW.dtype)


def _gaussian(sigma: float) -> Tensor:
    radius = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    return weights / weights.sum()


def _box(side: float) -> Tensor:
    radius = max(0, math.ceil((side - 1) / 2))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    # The outermost cells count as far as the box reaches into them.
    weights = (side / 2 + 0.5 - offsets.abs()).clamp(0, 1)
    return weights / weights.sum()


def _whiteouts(color_BCHW: Tensor, config: HintConfig, chance: torch.Generator) -> Tensor:
    batch, width = len(color_BCHW), color_BCHW.shape[-1]
    side = max(1, round(config.whiteout_px * width / REFERENCE_PX))
    sides = torch.full((batch, config.num_whiteouts), side)
    return _squares(sides, color_BCHW, chance)


def _blocks(color_BCHW: Tensor, config: HintConfig, chance: torch.Generator) -> Tensor:
    batch, width = len(color_BCHW), color_BCHW.shape[-1]
    shape = (batch, config.max_blocks)
    scale = width / REFERENCE_PX
    sides = torch.randint(config.min_block_px, config.max_block_px + 1, shape, generator=chance)
    sides = (sides * scale).round().long().clamp(min=1)
    counts = torch.randint(0, config.max_blocks + 1, (batch, 1), generator=chance)
    sides = torch.where(torch.arange(config.max_blocks) < counts, sides, 0)
    return _squares(sides, color_BCHW, chance)


def _squares(sides_BK: Tensor, picture_BCHW: Tensor, chance: torch.Generator) -> Tensor:
    """Put squares of the given sides (px; 0 for none) anywhere inside; give their union as B1HW."""
    height, width = picture_BCHW.shape[-2:]
    places = (_anywhere(height - sides_BK, chance), _anywhere(width - sides_BK, chance))
    # Only places and sides travel to the device, and nobody waits for them.
    tops, lefts, sides = (
        each.to(picture_BCHW.device, non_blocking=True) for each in (*places, sides_BK)
    )
    rows_BKH = _covers(tops, sides, height)
    columns_BKW = _covers(lefts, sides, width)
    # A pixel is covered when some square covers both its row and its column.
    return (torch.einsum("bkh,bkw->bhw", rows_BKH, columns_BKW) > 0).unsqueeze(1)


def _anywhere(room_BK: Tensor, chance: torch.Generator) -> Tensor:
    share = torch.rand(room_BK.shape, generator=chance, dtype=torch.float64)
    return (share * (room_BK.clamp(min=0) + 1)).floor().long()


def _covers(starts_BK: Tensor, sides_BK: Tensor, length: int) -> Tensor:
    places = torch.arange(length, device=starts_BK.device)
    starts, sides = starts_BK.unsqueeze(-1), sides_BK.unsqueeze(-1)
    return ((places >= starts) & (places < starts + sides)).float()
