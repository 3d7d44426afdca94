"""What is measured of generators whose answers to point hints are known."""

import math

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evaluation import hint_curve
from evaluation.colorize import Colorizer
from evaluation.hint_curve import HintAnswer, answer_dotted, dot
from evaluation.pairs import Pair
from evaluation.point_hints import label_regions
from evaluation.resampling import Interval

SIDE = 48
COLORS = [(200, 30, 40), (20, 60, 210), (40, 160, 60)]
CPU = torch.device("cpu")


class FillsRegions(nn.Module):
    """Fills each region between lines with the colour that is hinted in it; others stay white."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        answer = torch.ones_like(hint)
        for number, lines in enumerate(edge):
            labels = cv2.connectedComponents((lines[0] > 0).byte().numpy(), connectivity=4)[1]
            for label in range(1, labels.max() + 1):
                region = torch.from_numpy(labels == label)
                hinted = region & (hint[number] < 1).any(0)
                if hinted.any():
                    row, column = hinted.nonzero()[0].tolist()
                    answer[number][:, region] = hint[number, :, row, column].unsqueeze(1)
        return answer


class Floods(nn.Module):
    """Fills the whole picture with a hinted colour; white without a hint."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        answer = torch.ones_like(hint)
        for number, one in enumerate(hint):
            hinted = (one < 1).any(0).nonzero()
            if len(hinted):
                row, column = hinted[0].tolist()
                answer[number] = one[:, row, column].view(3, 1, 1)
        return answer


class IgnoresZ(Floods):
    """Is given noise, and heeds it not."""

    z_size = 5


class NoisyGray(nn.Module):
    """Answers with gray, each number of which is off by its own number of the noise."""

    z_size = 3 * SIDE * SIDE
    deviation = 0.2

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor) -> Tensor:
        return self.deviation * z.view(-1, 3, SIDE, SIDE)


class TellsMask(nn.Module):
    """Answers with white where the hint is told to lie, and black elsewhere."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        return hint[:, 3:].expand(-1, 3, -1, -1)


@pytest.fixture
def pairs() -> list[Pair]:
    """Three fields of one colour each, of 12, 20 and 14 columns, parted by lines."""
    edge = np.full((SIDE, SIDE), 255, np.uint8)
    edge[:, [12, 33]] = 0
    color = np.zeros((SIDE, SIDE, 3), np.uint8)
    for flat, columns in zip(COLORS, (slice(0, 12), slice(13, 33), slice(34, SIDE)), strict=True):
        color[:, columns] = flat
    blank = np.full_like(color, 255)
    return [
        Pair(f"{number:032x}", "", "", "", color, edge, blank, np.zeros_like(edge), None)
        for number in range(4)
    ]


def _answers(
    pairs: list[Pair], generator: nn.Module, number: int, *, is_masked: bool = False
) -> list[HintAnswer]:
    colorizer = Colorizer(generator, None, CPU, seed=1, is_masked=is_masked)
    return answer_dotted([dot(pair, number, seed=7) for pair in pairs], colorizer)


@pytest.mark.parametrize("number", [1, 2, 5, 50])
def test_who_paints_exactly_the_hinted_regions_heeds_all_and_bleeds_nowhere(
    pairs: list[Pair], number: int
) -> None:
    for answer in _answers(pairs, FillsRegions(), number):
        assert answer.hint_delta_e == pytest.approx(0, abs=1e-9)
        assert answer.hint_region_delta_e == pytest.approx(0, abs=1e-9)
        assert answer.bleed in (0, None)  # None: its region was hinted before


def test_one_hint_for_who_floods_bleeds_by_the_share_of_the_area_outside(pairs: list[Pair]) -> None:
    for pair, answer in zip(pairs, _answers(pairs, Floods(), 1), strict=True):
        dotted = dot(pair, 1, seed=7)
        outside = (label_regions(pair.edge_HW) != dotted.last_region).mean()

        assert outside > 0.5
        assert answer.bleed == pytest.approx(outside)
        assert answer.hint_delta_e == pytest.approx(0, abs=1e-9)


def test_without_a_hint_there_is_nothing_to_heed_and_white_is_not_saturated(
    pairs: list[Pair],
) -> None:
    for answer in _answers(pairs, Floods(), 0):
        assert (answer.hint_delta_e, answer.hint_region_delta_e, answer.bleed) == (None,) * 3
        assert answer.saturation == pytest.approx(0, abs=1e-2)
        assert answer.l2 > 0.1


def test_more_hints_bring_who_heeds_them_nearer_to_the_truth(pairs: list[Pair]) -> None:
    means = [
        np.mean([answer.l2 for answer in _answers(pairs, FillsRegions(), number)])
        for number in (0, 1, 50)
    ]

    assert means[0] > means[1] > means[2]


def test_who_ignores_z_has_no_spread(pairs: list[Pair]) -> None:
    assert [answer.z_spread for answer in _answers(pairs, IgnoresZ(), 5)] == [0] * len(pairs)
    assert [answer.z_spread for answer in _answers(pairs, Floods(), 5)] == [0] * len(pairs)


def test_noise_by_z_is_found_as_spread(pairs: list[Pair]) -> None:
    # What eight numbers of a normal distribution deviate from their own mean, of its deviation.
    of_eight = math.sqrt(2 / 8) * math.gamma(4) / math.gamma(3.5)
    wanted = NoisyGray.deviation / 2 * of_eight

    for answer in _answers(pairs, NoisyGray(), 2):
        assert answer.z_spread == pytest.approx(wanted, rel=0.02)


def test_who_is_told_where_hints_lie_is_told_of_every_dot(pairs: list[Pair]) -> None:
    (first, *_) = _answers(pairs, TellsMask(), 5, is_masked=True)
    mask = dot(pairs[0], 5, seed=7).hint.mask_HW

    answer = np.repeat(mask[..., None], 3, axis=-1)
    wanted = np.sqrt(np.mean((answer / 255.0 - pairs[0].color_HWC / 255.0) ** 2))
    assert first.l2 == pytest.approx(wanted, rel=1e-5)


def test_where_dots_lie_depends_on_seed_and_name_alone(pairs: list[Pair]) -> None:
    together = _answers(pairs, Floods(), 5)
    alone = _answers(pairs[2:3], Floods(), 5)

    assert together[2] == alone[0]
    hints = {dot(pair, 5, seed=7).hint.mask_HW.tobytes() for pair in pairs}
    assert len(hints) == len(pairs)


def test_a_share_that_few_pictures_tell_of_is_bounded_by_nothing_but_its_range() -> None:
    assert hint_curve._around_share([0.1] * 7, 1) == Interval(0.0, 1.0)
    assert hint_curve._around_share([0.1] * 8, 1) == Interval(0.1, 0.1)
