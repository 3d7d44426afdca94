"""Hints as a user gives them: brush strokes and dots of the colours that should lie there.

A person aims: inside a shape and along it, not at its outline. So every mark has a few tries near
one place, and the best of them is painted.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from preprocessing.brush import Marks, colors_around, inside, paint
from preprocessing.config import REFERENCE_PX, DotConfig, StrokeConfig

TRIES = 4
AIM_PX = 6
AROUND_DOT_PX = 5


def draw_strokes(truth_BCHW: Tensor, config: StrokeConfig, chance: torch.Generator) -> Tensor:
    """Stroke true colours on blank paper.

    Args:
        truth_BCHW: true colours in [-1, 1], and perhaps a mask channel of ones.
        config: how many strokes, how long, how wide.
        chance: a CPU generator.

    Returns:
        Hints of the same shape, dtype and device.
    """
    device, scale = truth_BCHW.device, truth_BCHW.shape[-1] / REFERENCE_PX
    counts_B = _counts(len(truth_BCHW), config.min_strokes, config.max_strokes, config.skew, chance)
    pictures_N = torch.repeat_interleave(counts_B).to(device, non_blocking=True)
    count = len(pictures_N)
    walks_NMT2 = _walks(_aims(count, truth_BCHW, chance), config, scale, chance)
    spots_NMT2 = walks_NMT2.to(device, non_blocking=True)
    lengths_N = _between(config.min_length_px, config.max_length_px, (count,), chance)
    lengths_N = lengths_N.to(device, non_blocking=True)
    radii_N = _between(config.min_width_px, config.max_width_px, (count,), chance) * scale / 2
    jitter_NC = _jitter(count, truth_BCHW, config.jitter, chance)

    # Where the widest brush meets another colour, the mean around it changes.
    side_px = config.max_width_px * scale
    colors_NMTC = colors_around(truth_BCHW, pictures_N, spots_NMT2, side_px)
    touches_NMT = _until_it_changes(colors_NMTC, config.tolerance)
    touches_NMT &= inside(spots_NMT2, truth_BCHW).cummin(-1).values
    touches_NMT &= torch.arange(config.max_length_px, device=device) < lengths_N.view(-1, 1, 1)

    furthest = _best(touches_NMT.sum(-1))
    touches_NT = touches_NMT[furthest]
    colors_NC = _mean(colors_NMTC[furthest], touches_NT) + jitter_NC
    strokes = Marks(pictures_N, colors_NC, spots_NMT2[furthest], touches_NT, radii_N)
    return paint(strokes, truth_BCHW)


def draw_dots(truth_BCHW: Tensor, config: DotConfig, chance: torch.Generator) -> Tensor:
    """Dot true colours on blank paper; arguments and result as of strokes."""
    device, scale = truth_BCHW.device, truth_BCHW.shape[-1] / REFERENCE_PX
    counts_B = _counts(len(truth_BCHW), config.min_dots, config.max_dots, config.skew, chance)
    pictures_N = torch.repeat_interleave(counts_B).to(device, non_blocking=True)
    count = len(pictures_N)
    aims_NM2 = _aims(count, truth_BCHW, chance)
    shifts_N12 = _between(-config.shift_px, config.shift_px, (count, 1, 2), chance) * scale
    radii_N = _between(config.min_radius_px, config.max_radius_px, (count,), chance) * scale
    jitter_NC = _jitter(count, truth_BCHW, config.jitter, chance)

    seen_NMT2 = aims_NM2.round().long().unsqueeze(2).to(device, non_blocking=True)
    pixels_NMC = colors_around(truth_BCHW, pictures_N, seen_NMT2, 1).squeeze(2)
    colors_NMC = colors_around(truth_BCHW, pictures_N, seen_NMT2, AROUND_DOT_PX * scale).squeeze(2)
    # The calmest pixel is the one most like what is around it.
    calmest = _best(-(pixels_NMC - colors_NMC).abs().amax(-1))
    spots_NM2 = (aims_NM2 + shifts_N12).round().long().to(device, non_blocking=True)
    spots_NT2 = spots_NM2[calmest].unsqueeze(1)
    colors_NC = colors_NMC[calmest] + jitter_NC
    dots = Marks(pictures_N, colors_NC, spots_NT2, inside(spots_NT2, truth_BCHW), radii_N)
    return paint(dots, truth_BCHW)


def _counts(batch: int, least: int, most: int, skew: float, chance: torch.Generator) -> Tensor:
    """Draw how many marks each picture gets."""
    shares_B = _between(0, 1, (batch,), chance) ** skew
    return (least + (most + 1 - least) * shares_B).long().clamp(max=most)


def _aims(count: int, truth_BCHW: Tensor, chance: torch.Generator) -> Tensor:
    """Draw rows and columns NM2, in px: a place anywhere for each mark, and tries around it."""
    last = torch.tensor(truth_BCHW.shape[-2:]) - 1
    reach = AIM_PX * truth_BCHW.shape[-1] / REFERENCE_PX
    places_N12 = _between(0, 1, (count, 1, 2), chance) * last
    return (places_N12 + _between(-reach, reach, (count, TRIES, 2), chance)).clamp(min=0).min(last)


def _walks(aims_NM2: Tensor, config: StrokeConfig, scale: float, chance: torch.Generator) -> Tensor:
    """Draw arcs NMT2 that set out from the aims, in whole px; one step is 1 px at 256 px."""
    shape, bend = (*aims_NM2.shape[:2], 1), config.max_bend_deg
    headings = _between(config.min_angle_deg, config.max_angle_deg, shape, chance)
    way_T = torch.arange(config.max_length_px) / config.max_length_px
    angles = torch.deg2rad(headings + _between(-bend, bend, shape, chance) * way_T)
    steps = torch.stack([angles.sin(), angles.cos()], dim=-1) * scale
    return (aims_NM2.unsqueeze(2) + steps.cumsum(2) - steps).round().long()


def _until_it_changes(colors_NMTC: Tensor, tolerance: float) -> Tensor:
    """Say up to where a walk stays in the colour that it began in."""
    differences = (colors_NMTC - colors_NMTC[:, :, :1]).abs().amax(-1)
    return (differences <= tolerance).cummin(-1).values


def _mean(colors_NTC: Tensor, touches_NT: Tensor) -> Tensor:
    touched = touches_NT.unsqueeze(-1)
    return (colors_NTC * touched).sum(1) / touched.sum(1)


def _best(scores_NM: Tensor) -> tuple[Tensor, Tensor]:
    """Index the best try of each mark; of equals the first, which argmax alone does not promise."""
    device = scores_NM.device
    is_best = scores_NM == scores_NM.amax(1, keepdim=True)
    best_N = (is_best * torch.arange(TRIES, 0, -1, device=device)).argmax(1)
    return torch.arange(len(best_N), device=device), best_N


def _jitter(count: int, truth_BCHW: Tensor, deviation: float, chance: torch.Generator) -> Tensor:
    """Draw how far each colour is off, NC, of 255; a mask is never off."""
    jitter = torch.randn(count, 3, generator=chance) * deviation
    padded = F.pad(jitter, (0, truth_BCHW.shape[1] - 3))
    return padded.to(truth_BCHW.device, non_blocking=True)


def _between(low: float, high: float, shape: tuple[int, ...], chance: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=chance, dtype=torch.float64)
