"""A round brush on white paper: what colour lies around a spot, and which pixels the brush covers.

Marks (strokes or dots) stand in one list for all pictures of a batch, so that few marks cost
little. Real-valued geometry is done on the CPU; the device sees whole numbers only, and so every
device paints the same pixels.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SAMPLES = 3
PIXELS_AT_ONCE = 4_000_000


def blank_paper(truth_BCHW: Tensor) -> Tensor:
    """Give what a pixel without a hint holds, 1C11: white, and 0 in a mask channel."""
    blank = [1.0, 1.0, 1.0, 0.0][: truth_BCHW.shape[1]]
    return torch.tensor(blank).to(truth_BCHW, non_blocking=True).view(1, -1, 1, 1)


def colors_around(
    truth_BCHW: Tensor, pictures_N: Tensor, spots_NMT2: Tensor, side_px: float
) -> Tensor:
    """Give the mean colours NMTC, 0 to 255, of squares around spots, seen at 3x3 places."""
    _, channels, height, width = truth_BCHW.shape
    reach = max(0.0, (side_px - 1) / 2)
    steps = torch.linspace(-reach, reach, SAMPLES).round().long()
    steps = steps.to(truth_BCHW.device, non_blocking=True)
    rows, columns = (spots_NMT2.unsqueeze(-1) + steps).unbind(-2)
    rows = rows.clamp(0, height - 1) + pictures_N.view(-1, 1, 1, 1) * channels * height
    places = rows.unsqueeze(-1) * width + columns.clamp(0, width - 1).unsqueeze(-2)
    flat = truth_BCHW.reshape(-1)
    means = []
    for channel in range(channels):
        seen = flat.index_select(0, places.flatten() + channel * height * width)
        levels = ((seen.float() + 1) * 127.5).round().view(*places.shape)
        # Whole numbers: the same sum in any order, so on any device.
        means.append(levels.sum((-2, -1)) / SAMPLES**2)
    return torch.stack(means, dim=-1)


def inside(spots: Tensor, truth_BCHW: Tensor) -> Tensor:
    """Say which spots lie on the picture."""
    rows, columns = spots.unbind(-1)
    height, width = truth_BCHW.shape[-2:]
    return (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)


@dataclass(frozen=True, slots=True)
class Marks:
    """N marks, each made by a brush that visits T spots (row and column, in whole px)."""

    pictures_N: Tensor
    """Whose each mark is."""

    colors_NC: Tensor
    """0 to 255."""

    spots_NT2: Tensor
    touches_NT: Tensor
    """Whether the brush touches the paper at a spot."""

    radii_N: Tensor
    """Of the brush, in px; on the CPU, all else on the device."""


def paint(marks: Marks, truth_BCHW: Tensor) -> Tensor:
    """Paint marks on blank paper of the truth's shape, later ones over earlier ones."""
    batch, channels, height, width = truth_BCHW.shape
    colors_NC = (marks.colors_NC / 127.5 - 1).clamp(-1, 1).to(truth_BCHW)
    palette = torch.cat([blank_paper(truth_BCHW).view(1, channels), colors_NC])
    owners = _topmost(marks, truth_BCHW)
    size = (batch, height, width)
    planes = [colors.index_select(0, owners).view(size) for colors in palette.unbind(1)]
    return torch.stack(planes, dim=1)


def _topmost(marks: Marks, truth_BCHW: Tensor) -> Tensor:
    """Give for every pixel of the batch 1 + the number of the last mark on it, or 0."""
    batch, _, height, width = truth_BCHW.shape
    offsets_D2, within_ND = (
        each.to(truth_BCHW.device, non_blocking=True) for each in _disc(marks.radii_N)
    )
    numbers_N = torch.arange(len(within_ND), device=truth_BCHW.device)
    # One pixel more than there are: what is not covered goes there, and is cut off.
    nowhere = batch * height * width
    topmost = numbers_N.new_zeros(nowhere + 1)
    at_once = max(1, PIXELS_AT_ONCE // (marks.spots_NT2.shape[1] * len(offsets_D2)))
    for some in torch.split(numbers_N, at_once):
        spots = marks.spots_NT2[some].unsqueeze(2) + offsets_D2
        covers = marks.touches_NT[some].unsqueeze(2) & within_ND[some].unsqueeze(1)
        rows, columns = spots.unbind(-1)
        places = (marks.pictures_N[some].view(-1, 1, 1) * height + rows) * width + columns
        places = torch.where(covers & inside(spots, truth_BCHW), places, nowhere)
        marked = (some + 1).view(-1, 1, 1).expand_as(places)
        topmost.scatter_reduce_(0, places.flatten(), marked.flatten(), "amax")
    return topmost[:-1]


def _disc(radii_N: Tensor) -> tuple[Tensor, Tensor]:
    """Give the offsets under the largest brush, and which of them lie under each brush."""
    reach = math.floor(float(radii_N.max())) if len(radii_N) else 0
    steps = torch.arange(-reach, reach + 1)
    offsets_D2 = torch.cartesian_prod(steps, steps)
    return offsets_D2, offsets_D2.square().sum(-1) <= radii_N.square().unsqueeze(1)
