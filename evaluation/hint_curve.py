"""How the answers change with the number of point hints, and how well they heed them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluation import hint_fidelity, pixelwise
from evaluation.colorize import Colorizer
from evaluation.further_scores import HintPoint
from evaluation.measures import MIN_PICTURES
from evaluation.pairs import Pair
from evaluation.pixelwise import WHITE, PerPicture, Pictures
from evaluation.plan import Plan
from evaluation.point_hints import (
    ON_A_LINE,
    Labels,
    PointHint,
    draw_dots,
    label_regions,
    place_dots,
)
from evaluation.resampling import Interval, bootstrap_mean, bootstrap_share, mean_of_told
from storage import digest
from storage.progress import watch
from storage.records import Split

NUM_HINTS = (0, 1, 2, 5, 10, 20, 50)
NUM_Z = 8


@dataclass(frozen=True, slots=True)
class HintAnswer:
    """The answer to one picture with so many point hints; the numbers are those of HintPoint."""

    md5: str
    l2: float
    hint_delta_e: float | None
    hint_region_delta_e: float | None
    bleed: float | None
    saturation: float
    z_spread: float


@dataclass(frozen=True, slots=True)
class Dotted:
    """A picture with its point hints, and the same without the last of them.

    `last_region` is where the last one lies; 0 if there is none, or it lies on a line.
    """

    pair: Pair
    regions_HW: Labels
    hint: PointHint
    one_less: PointHint
    last_region: int


def draw_hint_curve(plan: Plan, colorizer: Colorizer) -> list[HintPoint]:
    """Ask for the first test pictures with 0 to 50 point hints, whatever hints the dataset has.

    What a killed run has asked is read, not asked again.
    """
    answers = {}
    with watch("point hints", len(NUM_HINTS)) as advance:
        for number in NUM_HINTS:
            make = partial(_answer_all, plan, colorizer, number)
            answers[number] = plan.part(f"hints-{number:02d}", HintAnswer, make)
            advance(hints=number, l2=_mean([answer.l2 for answer in answers[number]]))
    most = answers[NUM_HINTS[-1]]
    return [_sum_up(some, most, number, plan.seed) for number, some in answers.items()]


def _answer_all(plan: Plan, colorizer: Colorizer, number: int) -> Iterator[HintAnswer]:
    keys = plan.first(Split.TEST, plan.config.num_hint_pictures)
    for some in plan.batches(Split.TEST, keys):
        yield from answer_dotted([dot(pair, number, plan.seed) for pair in some], colorizer)


def dot(pair: Pair, number: int, seed: int) -> Dotted:
    """Give a picture so many point hints; the seed and its name decide where they lie."""
    regions_HW = label_regions(pair.edge_HW)
    chance = digest.seed_of(seed, "dots", pair.md5)
    spots_N2 = place_dots(pair.color_HWC, regions_HW, number, chance)
    return Dotted(
        pair=pair,
        regions_HW=regions_HW,
        hint=draw_dots(pair.color_HWC, regions_HW, spots_N2),
        one_less=draw_dots(pair.color_HWC, regions_HW, spots_N2[:-1]),
        last_region=int(regions_HW[tuple(spots_N2[-1])]) if number else ON_A_LINE,
    )


def answer_dotted(some: Sequence[Dotted], colorizer: Colorizer) -> list[HintAnswer]:
    """Answer a batch of pictures with point hints, and measure how the hints are heeded."""
    md5s = [one.pair.md5 for one in some]
    hints = [one.hint for one in some]
    generated_BHWC = _colorize(some, hints, md5s, colorizer)
    if any(one.last_region for one in some):
        one_less_BHWC = _colorize(some, [one.one_less for one in some], md5s, colorizer)
    else:
        one_less_BHWC = generated_BHWC
    columns = zip(
        some,
        generated_BHWC,
        one_less_BHWC,
        pixelwise.l2(np.stack([one.pair.color_HWC for one in some]), generated_BHWC).tolist(),
        _spread_over_z(some, generated_BHWC, colorizer).tolist(),
        strict=True,
    )
    return [_measure(*column) for column in columns]


def _measure(
    one: Dotted, generated_HWC: Pictures, one_less_HWC: Pictures, l2: float, z_spread: float
) -> HintAnswer:
    lab_HWC = hint_fidelity.to_lab(generated_HWC)
    bleed = None
    if one.last_region:
        region_HW = one.regions_HW == one.last_region
        bleed = hint_fidelity.bleed(lab_HWC, hint_fidelity.to_lab(one_less_HWC), region_HW)
    return HintAnswer(
        md5=one.pair.md5,
        l2=l2,
        hint_delta_e=hint_fidelity.hint_delta_e(lab_HWC, one.hint),
        hint_region_delta_e=hint_fidelity.hint_region_delta_e(lab_HWC, one.hint, one.regions_HW),
        bleed=bleed,
        saturation=hint_fidelity.saturation(lab_HWC),
        z_spread=z_spread,
    )


def _spread_over_z(
    some: Sequence[Dotted], generated_BHWC: Pictures, colorizer: Colorizer
) -> PerPicture:
    """Give the mean standard deviation of each picture's pixels over NUM_Z z, in [0, 1]."""
    if not colorizer.has_z:
        return np.zeros(len(some))
    hints = [one.hint for one in some]
    # Whole numbers, so that no batch and no order changes a digit.
    sums = generated_BHWC.astype(np.int32)
    squares = sums**2
    for number in range(1, NUM_Z):
        names = [f"{one.pair.md5}/{number}" for one in some]
        other = _colorize(some, hints, names, colorizer).astype(np.int32)
        sums += other
        squares += other**2
    deviations = np.sqrt(NUM_Z * squares - sums**2) / (NUM_Z * WHITE)
    return np.asarray(deviations.reshape(len(some), -1).mean(axis=1), dtype=np.float64)


def _colorize(
    some: Sequence[Dotted], hints: Sequence[PointHint], names: Sequence[str], colorizer: Colorizer
) -> Pictures:
    return colorizer.colorize(
        np.stack([one.pair.edge_HW for one in some]),
        np.stack([hint.hint_HWC for hint in hints]),
        np.stack([hint.mask_HW for hint in hints]),
        names,
    )


def _sum_up(
    answers: Sequence[HintAnswer], most: Sequence[HintAnswer], number: int, seed: int
) -> HintPoint:
    interval = bootstrap_mean([answer.l2 for answer in answers], seed)
    bleeds = [answer.bleed for answer in answers if answer.bleed is not None]
    bleed = _around_share(bleeds, seed) if bleeds else None
    saturations = [answer.saturation for answer in answers]
    saturation = bootstrap_mean(saturations, seed)
    share, around = _share_of(answers, most, seed)
    return HintPoint(
        num_hints=number,
        num_pictures=len(answers),
        l2=_mean([answer.l2 for answer in answers]),
        l2_low=interval.low,
        l2_high=interval.high,
        hint_delta_e=mean_of_told([answer.hint_delta_e for answer in answers]),
        hint_region_delta_e=mean_of_told([answer.hint_region_delta_e for answer in answers]),
        bleed=mean_of_told(bleeds),
        bleed_low=bleed.low if bleed else None,
        bleed_high=bleed.high if bleed else None,
        saturation=_mean(saturations),
        saturation_low=saturation.low,
        saturation_high=saturation.high,
        saturation_share=share,
        saturation_share_low=around.low if around else None,
        saturation_share_high=around.high if around else None,
        z_spread=_mean([answer.z_spread for answer in answers]),
    )


def _around_share(shares: Sequence[float], seed: int) -> Interval:
    """Bound a mean share: of few pictures (where a hint changes nothing it has none) by 0 and 1."""
    return bootstrap_mean(shares, seed) if len(shares) >= MIN_PICTURES else Interval(0.0, 1.0)


def _share_of(
    answers: Sequence[HintAnswer], most: Sequence[HintAnswer], seed: int
) -> tuple[float | None, Interval | None]:
    """Give the saturation over that with the most hints, of the pictures that both have."""
    wholes_by_md5 = {answer.md5: answer.saturation for answer in most}
    both = [answer for answer in answers if answer.md5 in wholes_by_md5]
    parts = [answer.saturation for answer in both]
    wholes = [wholes_by_md5[answer.md5] for answer in both]
    if not sum(wholes):
        return None, None
    return sum(parts) / sum(wholes), bootstrap_share(parts, wholes, seed)


def _mean(numbers: Sequence[float]) -> float:
    return float(np.mean(numbers))
