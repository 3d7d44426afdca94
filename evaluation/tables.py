"""The report's tables, before they become HTML or Markdown."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.conditions import Condition
from evaluation.content import Content, untrained_name
from evaluation.pixelwise import norm_at_256
from evaluation.readings import READINGS, flat, heeded, tell, value_of
from evaluation.scores import MIN_FRECHET_PICTURES, UNTRAINED, SetScore
from storage.ledger import Stage
from storage.records import DropReason, StageRecord

CONDITION_NAMES = {
    Condition.DETECTED: "From detected edges, with a hint",
    Condition.NO_HINT: "From detected edges, without a hint",
    Condition.TRUE_LINES: "From the artist's own lines, with a hint",
    Condition.STROKES: "From detected edges, with a user's strokes",
    Condition.TRUE_STROKES: "From the artist's own lines, with a user's strokes",
}

STAGE_NAMES = {
    Stage.SCRAPE: "Read from the site",
    Stage.CLEAN: "Judged fit or not",
    Stage.PACK: "Packed",
    Stage.CONDITION: "Given edges and hints",
}


UNMEASURED = "—"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `best` is the best of its column, `faint` matters less."""

    text: str
    best: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of cells under headings; the first column names the rows.

    `files` are those that its numbers come from, below the root.
    """

    caption: str
    headings: tuple[str, ...]
    rows: list[list[Cell]]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One number of a score: how it is told and, if one can be better, what it is worth.

    What was not measured is worth nothing: None.
    """

    heading: str
    tell: Callable[[SetScore], str]
    worth: Callable[[SetScore], float | None] | None = None


def _psnr(score: SetScore) -> float:
    return math.inf if score.psnr is None else score.psnr


def _less(number: float | None) -> float | None:
    return None if number is None else -number


def _between(low: float | None, high: float | None) -> str:
    return UNMEASURED if low is None or high is None else f"{low:.4f} to {high:.4f}"


TOO_FEW = (
    f" (below {MIN_FRECHET_PICTURES:,} pictures a FID tells more of their number than of them)"
)

COLUMNS = (
    Column("l2", lambda score: f"{score.l2:.4f}", lambda score: -score.l2),
    Column("l2, 95 %", lambda score: f"{score.l2_low:.4f} to {score.l2_high:.4f}"),
    Column("‖·‖₂", lambda score: f"{norm_at_256(score.l2):.1f}", lambda score: -score.l2),
    Column("PSNR, dB", lambda score: _told(score.psnr, 2, "∞"), _psnr),
    Column("SSIM", lambda score: f"{score.ssim:.3f}", lambda score: score.ssim),
    Column(
        "MS-SSIM", lambda score: _told(score.ms_ssim, 3, UNMEASURED), lambda score: score.ms_ssim
    ),
    Column(
        "VGG16 distance",
        lambda score: _told(score.perceptual, 4, UNMEASURED),
        lambda score: _less(score.perceptual),
    ),
    Column("kl_hist", lambda score: f"{score.kl_hist:.3f}", lambda score: -score.kl_hist),
    Column("kl_8", lambda score: f"{score.kl_8:.3f}", lambda score: -score.kl_8),
    Column("KL of sets", lambda score: f"{score.kl_set:.4f}", lambda score: -score.kl_set),
    Column(
        "Kernel distance (nearly blind to hue)",
        lambda score: _told(score.kernel_distance, 4, UNMEASURED),
        lambda score: _less(score.kernel_distance),
    ),
    Column("Kernel distance, 95 %", lambda score: _between(score.kernel_low, score.kernel_high)),
    Column(
        "Fréchet distance",
        lambda score: _told(score.frechet_distance, 2, UNMEASURED),
        lambda score: _less(score.frechet_distance),
    ),
    Column(
        "Inception-FID, of so many",
        lambda score: _told(score.inception_fid, 2, UNMEASURED) + f" of {score.num_pictures:,}",
        lambda score: _less(score.inception_fid),
    ),
    Column("W", lambda score: _told(score.wasserstein, 3, UNMEASURED)),
)


def score_tables(content: Content) -> list[Table]:
    """Put the recipes beside the untrained answers on test: one table for each condition."""
    tables = []
    for condition in Condition:
        scored = _scored(content, condition)
        if scored:
            number = scored[0][1].num_pictures
            caption = f"{CONDITION_NAMES[condition]} · {number:,} test pictures"
            columns = _columns([score for _, score in scored])
            headings = ("Answer", *(column.heading for column in columns))
            files = tuple(f"{recipe.evaluated}/scores.parquet" for recipe in content.recipes)
            tables.append(Table(caption, headings, _score_rows(scored, columns), files))
    return tables


def duel_table(content: Content) -> Table:
    """Say who beats whom, picture by picture."""
    rows = [
        [
            Cell(CONDITION_NAMES[Condition(duel.condition)]),
            Cell(f"{duel.first} against {duel.second[0].lower()}{duel.second[1:]}"),
            Cell(f"{duel.win_rate:.0%}"),
            Cell(f"{duel.difference:+.4f}"),
            Cell(f"{duel.low:+.4f} to {duel.high:+.4f}", faint=True),
        ]
        for duel in content.duels
        if duel.measure == "l2"
    ]
    return Table(
        "Picture by picture",
        ("Condition", "Who against whom", "Wins", "l2 difference", "95 %"),
        rows,
        tuple(f"{recipe.evaluated}/per_sample.parquet" for recipe in content.recipes),
    )


def count_tables(content: Content) -> list[Table]:
    """Say what each stage of the dataset read and made, and what was dropped and why."""
    return [
        Table(
            name,
            ("What", "How many"),
            _count_rows(content.lineage[stage].counts),
            (f"{stage}/{content.lineage[stage].key}/stage.json",),
        )
        for stage, name in STAGE_NAMES.items()
        if stage in content.lineage
    ]


def settings_table(content: Content) -> Table:
    """List every setting of every stage; the recipes stand side by side."""
    rows = []
    for stage in Stage:
        records = _records_of(content, stage)
        spread = [flat(heeded(record)) for record in records]
        # Sorted, since a record that was read and one that was just made differ in their order.
        for name in sorted({name for settings in spread for name in settings}):
            told = [tell(settings[name]) if name in settings else "—" for settings in spread]
            value = told[0] if len(set(told)) == 1 else " | ".join(told)
            rows.append([Cell(f"{stage}.{name}"), Cell(value)])
    return Table("Every setting", ("Setting", "Value"), rows)


def readings_table(content: Content) -> Table:
    """List our readings of what the paper leaves open, with the settings that realise them."""
    rows = []
    for reading in READINGS:
        records = _records_of(content, reading.stage)
        told = dict.fromkeys(value_of(reading, record) for record in records)
        rows.append(
            [
                Cell(reading.number),
                Cell(f"Our reading: {reading.says}"),
                Cell(" | ".join(filter(None, told)), faint=True),
            ]
        )
    return Table("What the paper leaves open", ("No.", "Decision", "Settings"), rows)


def version_table(content: Content) -> Table:
    """List what it ran on."""
    devices = dict.fromkeys(recipe.device for recipe in content.recipes)
    told = content.versions | {"device of the evaluation": ", ".join(devices)}
    inceptions = {recipe.inception_sha256 for recipe in content.recipes} - {""}
    if inceptions:
        told["Inception of the FID, sha256"] = ", ".join(sorted(inceptions)) + TOO_FEW
    rows = [[Cell(name), Cell(version)] for name, version in told.items()]
    return Table("Versions", ("What", "Version"), rows)


def _records_of(content: Content, stage: Stage) -> list[StageRecord]:
    return [record for record in content.lineage.values() if record.stage == stage]


def _scored(content: Content, condition: Condition) -> list[tuple[str, SetScore]]:
    first = content.recipes[0]
    told = [
        (untrained_name(condition, answer), first.score(condition, answer)) for answer in UNTRAINED
    ]
    told += [(recipe.name, recipe.score(condition)) for recipe in content.recipes]
    return [(name, score) for name, score in told if score]


def _columns(scores: Sequence[SetScore]) -> list[Column]:
    """Give what was measured of any answer: small pictures have no MS-SSIM, few no Fréchet one."""
    return [
        column
        for column in COLUMNS
        if not all(column.tell(score).startswith(UNMEASURED) for score in scores)
    ]


def _score_rows(
    scored: Sequence[tuple[str, SetScore]], columns: Sequence[Column]
) -> list[list[Cell]]:
    bests = [_best(column, [score for _, score in scored]) for column in columns]
    return [
        [Cell(name), *map(_score_cell, columns, [score] * len(columns), bests)]
        for name, score in scored
    ]


def _best(column: Column, scores: Sequence[SetScore]) -> float | None:
    if column.worth is None:
        return None
    worths = [worth for score in scores if (worth := column.worth(score)) is not None]
    return max(worths, default=None)


def _score_cell(column: Column, score: SetScore, best: float | None) -> Cell:
    is_best = column.worth is not None and best is not None and column.worth(score) == best
    return Cell(column.tell(score), best=is_best, faint=column.worth is None)


def _count_rows(counts: Mapping[str, int]) -> list[list[Cell]]:
    """Tell the largest first, then what was dropped and why."""
    reasons = {reason.value for reason in DropReason}

    def place(what: str) -> tuple[bool, int, str]:
        return what in reasons, -counts[what], what

    return [
        [
            Cell(
                ("dropped: " if what in reasons else "") + what.replace("_", " "),
                faint=what in reasons,
            ),
            Cell(f"{counts[what]:,}"),
        ]
        for what in sorted(counts, key=place)
    ]


def _told(number: float | None, digits: int, otherwise: str) -> str:
    return otherwise if number is None else f"{number:.{digits}f}"
