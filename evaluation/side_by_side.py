"""Runs beside each other: what each is worth, and by how much two differ on the same pictures."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_uppercase
from typing import Any

from evaluation import names
from evaluation.conditions import Condition
from evaluation.measures import DUELLED, MEASURES, MIN_PICTURES, NOTHING
from evaluation.resampling import bootstrap_mean
from evaluation.runs import Run
from evaluation.score_table import Numbers, by_condition, score_table
from evaluation.scores import Answer
from evaluation.table import Cell, Table, write_table

SEED = 1
"""Of the bootstrap; any would do, and the same gives the same table."""

UNTOLD = {"seed", "checkpoint_every", "log_every", "picture_every"}
"""Settings of a training that its table tells, or that change nothing of what is learned."""

PLACES = {answer.value: place for place, answer in enumerate(Answer)}
"""In which order answers are told; those of a later Irodori come last."""

Pictures = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True, slots=True)
class Paired:
    """By how much two runs differ on the pictures that both have: first minus second.

    `difference` is the mean over the pictures, `low` and `high` bound its bootstrap 95 % interval.
    """

    first: str
    second: str
    condition: str
    measure: str
    num_pictures: int
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Runs by their letters, what pairs of them differ by, and what keeps them from comparing."""

    runs: Mapping[str, Run]
    paired: tuple[Paired, ...]
    notes: tuple[str, ...]


def put(runs: Sequence[Run]) -> SideBySide:
    """Give each run a letter and compare every two."""
    lettered = {_letter(place): run for place, run in enumerate(runs)}
    pictures = {letter: run.per_picture() for letter, run in lettered.items()}
    paired = [
        each
        for first, second in combinations(lettered, 2)
        for each in _compare(first, second, pictures)
    ]
    return SideBySide(lettered, tuple(paired), tuple(_notes(lettered, pictures)))


def score_tables(found: SideBySide) -> list[Table]:
    """Lay out what the runs are worth, beside the untrained answers: a table for each condition."""
    conditions = dict.fromkeys(
        score["condition"] for run in found.runs.values() for score in run.scores
    )
    return [score_table(condition, _answers(found, condition)) for condition in conditions]


def runs_table(found: SideBySide) -> Table:
    """Lay out who the runs are."""
    rows = [
        [
            Cell(letter),
            Cell(run.recipe or NOTHING),
            *(Cell(value or NOTHING) for value in run.facts.values()),
            Cell(f"{run.step:,}"),
            Cell(str(run.seed)),
            Cell(run.place),
        ]
        for letter, run in found.runs.items()
    ]
    headings = ("Run", "Recipe", "Dataset", "px", "Edges", "Hints", "Step", "Seed", "From")
    return Table("Runs", headings, rows)


def differences_table(found: SideBySide) -> Table:
    """Lay out by how much every two runs differ on the pictures that both have."""
    # Many pairs fill a page with one measure each.
    is_one = len({(each.first, each.second) for each in found.paired}) == 1
    rows = [
        [
            Cell(f"{each.first} - {each.second}"),
            Cell(names.CONDITIONS.get(each.condition, each.condition)),
            Cell(measure.heading),
            Cell(f"{each.num_pictures:,}"),
            Cell(measure.tell(each.difference, signed=True)),
            Cell(
                measure.tell_interval(each.low, each.high, signed=True)
                if each.num_pictures >= MIN_PICTURES
                else NOTHING
            ),
        ]
        for each in found.paired
        if each.measure in (DUELLED if is_one else DUELLED[:1])
        for measure in [MEASURES[each.measure]]
    ]
    headings = ("Runs", "Condition", "Measure", "Pictures", "Difference", "95 %")
    return Table("Differences on the same pictures", headings, rows)


def markdown(found: SideBySide) -> str:
    """Write all of it as Markdown."""
    tables = [runs_table(found), *score_tables(found), differences_table(found)]
    parts = [part for table in tables for part in write_table(table)]
    notes = ["\n".join(f"- {note}" for note in found.notes)] if found.notes else []
    return "\n\n".join(["# Runs side by side", *notes, *parts]) + "\n"


def as_json(found: SideBySide) -> dict[str, Any]:
    """Give all numbers, JSON-ready."""
    return {
        "runs": {
            letter: {
                "place": run.place,
                "recipe": run.recipe,
                "step": run.step,
                "seed": run.seed,
                **run.facts,
                "test": list(run.scores),
            }
            for letter, run in found.runs.items()
        },
        "paired": [dataclasses.asdict(each) for each in found.paired],
        "notes": list(found.notes),
    }


def _letter(place: int) -> str:
    rounds, rest = divmod(place, len(ascii_uppercase))
    return ascii_uppercase[rest] + (str(rounds) if rounds else "")


def _compare(first: str, second: str, pictures: Mapping[str, Pictures]) -> Iterator[Paired]:
    for condition, mine in pictures[first].items():
        theirs = pictures[second].get(condition, {})
        for measure in (name for name in MEASURES if name in mine and name in theirs):
            md5s = sorted(mine[measure].keys() & theirs[measure].keys())
            differences = [mine[measure][md5] - theirs[measure][md5] for md5 in md5s]
            # A picture that is hit exactly has an infinite PSNR, and no difference.
            if not differences or not all(abs(each) < float("inf") for each in differences):
                continue
            interval = bootstrap_mean(differences, SEED)
            mean = sum(differences) / len(differences)
            told = (condition, measure, len(md5s), mean, interval.low, interval.high)
            yield Paired(first, second, *told)


def _notes(runs: Mapping[str, Run], pictures: Mapping[str, Pictures]) -> Iterator[str]:
    """Say what keeps the numbers from comparing, and what was done otherwise."""
    asked = {letter: _md5s(pictures[letter]) for letter in runs}
    are_the_same = all(asked.values()) and len(set(map(frozenset, asked.values()))) == 1
    yield from _other_facts(runs, are_the_same=are_the_same)
    yield from _other_trainings(runs)
    for first, second in combinations(runs, 2):
        mine, theirs = asked[first], asked[second]
        if mine and theirs and mine != theirs:
            both = len(mine & theirs)
            yield (
                f"{first} and {second} were asked about different pictures: {both:,} are in both,"
                f" {len(mine):,} and {len(theirs):,} in all"
                + ("; only the differences below are of the same ones" if both else "")
            )
    if are_the_same:
        yield from _partly_measured(pictures)
    lost = [letter for letter in runs if not pictures[letter]]
    if lost:
        yield f"no table of single pictures is beside {', '.join(lost)}: no differences with it"


def _other_trainings(runs: Mapping[str, Run]) -> Iterator[str]:
    """Say in what two trainings of one recipe differ, apart from their seeds."""
    for (first, mine), (second, theirs) in combinations(runs.items(), 2):
        known = mine.training.keys() & theirs.training.keys() - UNTOLD
        changed = [name for name in sorted(known) if mine.training[name] != theirs.training[name]]
        if mine.recipe == theirs.recipe and changed:
            told = "; ".join(
                f"{name} {mine.training[name]} and {theirs.training[name]}" for name in changed
            )
            yield f"{first} and {second} were trained otherwise: {told}"


def _partly_measured(pictures: Mapping[str, Pictures]) -> Iterator[str]:
    """Say of which measures the means are over other pictures of the same."""
    for measure in MEASURES.values():
        taken = {
            letter: frozenset(md5 for by in of_run.values() for md5 in by.get(measure.name, {}))
            for letter, of_run in pictures.items()
        }
        measured = {letter: md5s for letter, md5s in taken.items() if md5s}
        if len(set(measured.values())) > 1:
            told = ", ".join(f"{letter} {len(md5s):,}" for letter, md5s in measured.items())
            yield (
                f"{measure.called} was not taken of the same pictures ({told}): only the"
                " differences below are of the same ones"
            )


def _md5s(pictures: Pictures) -> set[str]:
    return {md5 for measures in pictures.values() for md5 in measures.get("l2", {})}


def _answers(found: SideBySide, condition: str) -> list[tuple[str, Numbers]]:
    """Put the runs in their order, then each untrained answer, once if it is the same for all."""
    answers: list[tuple[str, Numbers]] = []
    untrained: list[tuple[list[str], dict[str, Any]]] = []
    for letter, run in found.runs.items():
        for score in by_condition(run.scores).get(condition, []):
            if score["answer"] == Answer.MODEL:
                answers.append((f"{letter} {run.recipe}".strip(), score))
            else:
                _put_to(untrained, letter, score)
    num_runs = len(answers)
    # The order of everywhere; the same answer stands in the order of the runs.
    for letters, score in sorted(
        untrained, key=lambda one: (PLACES.get(one[1]["answer"], len(PLACES)), one[0])
    ):
        whose = "" if len(letters) == num_runs else f" ({', '.join(letters)})"
        answers.append((f"{_untrained(condition, score['answer'])}{whose}", score))
    return answers


def _put_to(untrained: list[tuple[list[str], dict[str, Any]]], letter: str, score: Numbers) -> None:
    """Put a run's untrained answer to the same one of other runs, which takes what it lacks."""
    for letters, known in untrained:
        if _are_the_same(known, score):
            letters.append(letter)
            known.update((name, told) for name, told in score.items() if known.get(name) is None)
            return
    untrained.append(([letter], dict(score)))


def _are_the_same(first: Numbers, second: Numbers) -> bool:
    """Whether two are one answer to the same pictures, by every measure that both have."""
    if any(first[name] != second[name] for name in ("answer", "num_pictures")):
        return False
    pairs = [(first.get(name), second.get(name)) for name in MEASURES]
    # Two machines differ in the last digits of what a network sees.
    return all(
        math.isclose(mine, theirs, rel_tol=1e-4, abs_tol=1e-6)
        for mine, theirs in pairs
        if mine is not None and theirs is not None
    )


def _untrained(condition: str, answer: str) -> str:
    """Name an answer that needs no model, also one of a later Irodori."""
    if answer not in set(Answer):
        return answer
    known = condition if condition in set(Condition) else Condition.DETECTED
    return names.of_untrained(Condition(known), Answer(answer))


def _other_facts(runs: Mapping[str, Run], *, are_the_same: bool) -> Iterator[str]:
    """Say what was not the same for all; which dataset is all one where its pictures are."""
    facts: dict[str, dict[str, Any]] = {}
    for letter, run in runs.items():
        for fact in ("px",) if are_the_same else ("dataset", "px"):
            if run.facts[fact]:
                facts.setdefault(fact, {})[letter] = run.facts[fact]
        for setting, value in run.drawing.items():
            facts.setdefault(setting, {})[letter] = value
    for fact, known in facts.items():
        if len(set(map(str, known.values()))) > 1:
            told = ", ".join(f"{letter} {value}" for letter, value in known.items())
            yield f"{fact} differs ({told}): numbers of different runs do not compare as they stand"
