"""The report's tables."""

import dataclasses
from collections.abc import Mapping

from dataset.settings import flat
from evaluation import names
from evaluation.conditions import Condition
from evaluation.content import Content
from evaluation.measures import NORM, NOTHING
from evaluation.pixelwise import norm_at_256
from evaluation.readings import READINGS, heeded, tell, value_of
from evaluation.score_table import Numbers, score_table
from evaluation.scores import MIN_FRECHET_PICTURES, PER_SAMPLE, SCORES, UNTRAINED, SetScore
from evaluation.table import Cell, Table
from storage.ledger import Stage
from storage.records import DropReason, StageRecord

STAGE_NAMES = {
    Stage.SCRAPE: "Read from the site",
    Stage.CLEAN: "Judged fit or not",
    Stage.PACK: "Packed",
    Stage.CONDITION: "Given edges and hints",
}


TOO_FEW = (
    f" (below {MIN_FRECHET_PICTURES:,} pictures a FID tells more of their number than of them)"
)


def score_tables(content: Content) -> list[Table]:
    """Put the recipes beside the untrained answers on test: one table for each condition."""
    files = tuple(f"{recipe.evaluated}/{SCORES}" for recipe in content.recipes)
    return [
        dataclasses.replace(
            score_table(condition, answers, what="test picture", marks_best=True), files=files
        )
        for condition in Condition
        if (answers := _answers(content, condition))
    ]


def duel_table(content: Content) -> Table:
    """Say who beats whom, picture by picture."""
    rows = [
        [
            Cell(names.CONDITIONS[duel.condition]),
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
        tuple(f"{recipe.evaluated}/{PER_SAMPLE}" for recipe in content.recipes),
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
            told = [tell(settings[name]) if name in settings else NOTHING for settings in spread]
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


def _answers(content: Content, condition: Condition) -> list[tuple[str, Numbers]]:
    first = content.recipes[0]
    scored = [
        (names.of_untrained(condition, answer), first.score(condition, answer))
        for answer in UNTRAINED
    ]
    scored += [(recipe.name, recipe.score(condition)) for recipe in content.recipes]
    return [(name, _numbers(score)) for name, score in scored if score]


def _numbers(score: SetScore) -> Numbers:
    """Give what is told of a score: no l1, which says what l2 says, but the paper's norm."""
    told = dataclasses.asdict(score) | {NORM: norm_at_256(score.l2)}
    del told["l1"]
    return told


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
