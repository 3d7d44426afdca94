"""The numbers behind the curves beyond training, and the paper's claims, as tables."""

from collections.abc import Sequence

from evaluation.content import Content, Trained
from evaluation.further_scores import DETECTORS, HINT_CURVE, NOISE
from evaluation.measures import MEASURES, NOTHING
from evaluation.table import Cell, Table
from evaluation.verdicts import Claim, Verdict

L2, KL_8 = MEASURES["l2"], MEASURES["kl_8"]
L2_95 = f"{L2.called}, 95 %"

CLAIM_HEADINGS = ("No.", "The paper says", "Given", "How tested", "Result", "Verdict")
HINT_HEADINGS = (
    *("Point hints", L2.heading, L2_95, "ΔE at hints", "ΔE in regions", "Bleed"),
    *("Bleed, 95 %", "Chroma", "Chroma, 95 %", "Of that with most", "95 %", "z spread"),
)


def further_tables(content: Content) -> list[Table]:
    """List hints, lines and noise for each recipe, as far as they were measured."""
    makers = (_hint_table, _line_table, _noise_table)
    made = (make(recipe) for recipe in content.recipes for make in makers)
    return [table for table in made if table.rows]


def claim_table(found: Sequence[Claim]) -> Table:
    """List all tests of all sentences."""
    rows = [
        [
            Cell(claim.number),
            Cell(claim.sentence),
            Cell(claim.condition),
            Cell(claim.tested, faint=True),
            Cell(claim.result),
            Cell(
                claim.verdict.value,
                best=claim.verdict == Verdict.HOLDS,
                faint=claim.verdict == Verdict.NOT_DECIDED,
            ),
        ]
        for claim in found
    ]
    return Table("What the paper says, tested", CLAIM_HEADINGS, rows)


def _hint_table(recipe: Trained) -> Table:
    return Table(
        f"Hints, {recipe.name}",
        HINT_HEADINGS,
        [
            [
                Cell(f"{point.num_hints}"),
                Cell(L2.tell(point.l2)),
                Cell(L2.tell_interval(point.l2_low, point.l2_high), faint=True),
                Cell(_told(point.hint_delta_e, 1)),
                Cell(_told(point.hint_region_delta_e, 1)),
                Cell(_told(point.bleed, 2)),
                Cell(_between(point.bleed_low, point.bleed_high, 2), faint=True),
                Cell(f"{point.saturation:.1f}"),
                Cell(_between(point.saturation_low, point.saturation_high, 1), faint=True),
                Cell(_told(point.saturation_share, 2)),
                Cell(
                    _between(point.saturation_share_low, point.saturation_share_high, 2),
                    faint=True,
                ),
                Cell(f"{point.z_spread:.5f}"),
            ]
            for point in recipe.further.hints
        ],
        (f"{recipe.evaluated}/{HINT_CURVE}",),
    )


def _line_table(recipe: Trained) -> Table:
    return Table(
        f"Lines, {recipe.name}",
        ("Lines", L2.heading, L2_95, KL_8.heading, "Artist's minus these", "95 %"),
        [
            [
                Cell(score.lines),
                Cell(L2.tell(score.l2)),
                Cell(L2.tell_interval(score.l2_low, score.l2_high), faint=True),
                Cell(KL_8.tell(score.kl_8)),
                Cell(L2.tell(score.gap, signed=True)),
                Cell(L2.tell_interval(score.gap_low, score.gap_high, signed=True), faint=True),
            ]
            for score in recipe.further.lines
        ],
        (f"{recipe.evaluated}/{DETECTORS}",),
    )


def _noise_table(recipe: Trained) -> Table:
    return Table(
        f"Noise, {recipe.name}",
        ("Noise on", "Deviation, of 255", L2.heading, L2_95),
        [
            [
                Cell(score.what),
                Cell(f"{score.sigma:g}"),
                Cell(L2.tell(score.l2)),
                Cell(L2.tell_interval(score.l2_low, score.l2_high), faint=True),
            ]
            for score in recipe.further.noise
        ],
        (f"{recipe.evaluated}/{NOISE}",),
    )


def _between(low: float | None, high: float | None, digits: int) -> str:
    return NOTHING if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def _told(number: float | None, digits: int) -> str:
    return NOTHING if number is None else f"{number:.{digits}f}"
