"""What the paper says of rates, batches and optimisers, decided by finished grids."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evaluation.content import Content
from evaluation.resampling import Duel, duel
from evaluation.searches import Tried
from evaluation.verdicts import Claim, Verdict, over, told

PAPER_RATE, PAPER_BATCH = 1e-4, 4
MARGIN = 0.02
"""A batch that is not better by this share of the l2 does not help."""

BEATS = "95 % bootstrap interval of the paired l2 difference over the test pictures"
LACKING = "the grid lacks the paper's own value"

Judged = tuple[str, Verdict]


def searched(content: Content) -> Iterator[Claim]:
    """Test what wants a search, with each kind of hints that its grid was judged with."""
    for question in QUESTIONS:
        search = content.searches.get(question.grid)
        if search is None:
            wanted = (
                f"not searched; `irodori experiments --grid {question.grid}` with the flags of this"
                " run would decide"
            )
            yield question.answered("any hints", wanted, Verdict.NOT_DECIDED)
            continue
        for kind in dict.fromkeys(cell.hints for cell in search.cells):
            cells = [cell for cell in search.cells if cell.hints == kind]
            result, verdict = question.judge(cells, content.seed)
            seen = min((len(cell.l2) for cell in cells if cell.l2), default=0)
            yield question.answered(f"{kind} hints", result, over(seen, verdict))


def rate_is_best(cells: Sequence[Tried], seed: int) -> Judged:
    """Judge that the paper's rate beats every other."""
    rates = [float(cell.changed.get("learning_rate", "nan")) for cell in cells]
    chosen = [cell for cell, rate in zip(cells, rates, strict=True) if rate == PAPER_RATE]
    return _beats_all(chosen, cells, seed)


def adam_is_best(cells: Sequence[Tried], seed: int) -> Judged:
    """Judge that Adam beats SGD at each of its rates."""
    return _beats_all(
        [cell for cell in cells if cell.changed.get("optimizer") == "adam"], cells, seed
    )


def batches_do_not_help(cells: Sequence[Tried], seed: int) -> Judged:
    """Judge that no batch above the paper's is worth it; what failed is not, if not all have."""
    sizes = [int(cell.changed.get("batch_size", "0")) for cell in cells]
    own = [cell for cell, size in zip(cells, sizes, strict=True) if size == PAPER_BATCH]
    larger = [cell for cell, size in zip(cells, sizes, strict=True) if size > PAPER_BATCH]
    if not own or not larger:
        return LACKING, Verdict.NOT_DECIDED
    if not own[0].l2:
        return _told(own[0], None), Verdict.NOT_DECIDED
    margin = MARGIN * sum(own[0].l2.values()) / len(own[0].l2)
    met = [_meet(cell, own[0], seed) for cell in larger]
    result = "; ".join(map(_told, larger, met))
    if not any(met):
        return result, Verdict.NOT_DECIDED
    if any(each and each.high < 0 for each in met):
        return result, Verdict.DOES_NOT_HOLD
    if all(each is None or each.low > -margin for each in met):
        return result, Verdict.HOLDS
    return result, Verdict.NOT_DECIDED


def _beats_all(chosen: Sequence[Tried], cells: Sequence[Tried], seed: int) -> Judged:
    """Let one cell meet all others; what failed is beaten, if not all have."""
    others = [cell for cell in cells if cell not in chosen]
    if not chosen or not others:
        return LACKING, Verdict.NOT_DECIDED
    if not any(cell.l2 for cell in others):
        return "; ".join(_told(cell, None) for cell in others), Verdict.NOT_DECIDED
    if not chosen[0].l2:
        return _told(chosen[0], None), Verdict.DOES_NOT_HOLD
    met = [_meet(chosen[0], cell, seed) for cell in others]
    result = "; ".join(map(_told, others, met))
    if any(each and each.low > 0 for each in met):
        return result, Verdict.DOES_NOT_HOLD
    if all(each is None or each.high < 0 for each in met):
        return result, Verdict.HOLDS
    return result, Verdict.NOT_DECIDED


def _meet(first: Tried, second: Tried, seed: int) -> Duel | None:
    return duel((first.name, first.l2), (second.name, second.l2), first.hints, seed)


def _told(cell: Tried, met: Duel | None) -> str:
    if met is None:
        return f"{cell.name}: diverged or failed"
    seeds = "1 seed" if cell.num_seeds == 1 else f"{cell.num_seeds} seeds"
    return f"{cell.name}: {told(met.difference, met.low, met.high)}, {seeds}"


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence that wants a grid of trainings, and how its cells are judged."""

    number: str
    sentence: str
    grid: str
    tested: str
    judge: Callable[[Sequence[Tried], int], Judged]

    def answered(self, condition: str, result: str, verdict: Verdict) -> Claim:
        """Give the claim."""
        return Claim(self.number, self.sentence, self.tested, condition, result, verdict)


QUESTIONS = (
    Question(
        "12",
        "Larger batches do not help.",
        "batch-size",
        f"each batch above {PAPER_BATCH} minus batch {PAPER_BATCH}, over equal steps: {BEATS};"
        f" helps if below 0, does not if above -{MARGIN:.0%} of the l2",
        batches_do_not_help,
    ),
    Question(
        "13",
        "The best learning rate is 1e-4.",
        "learning-rate",
        f"1e-4 minus every other rate of the grid: {BEATS} below 0",
        rate_is_best,
    ),
    Question(
        "14",
        "Adam is better than SGD.",
        "optimizer",
        f"Adam minus SGD at every rate of the grid: {BEATS} below 0",
        adam_is_best,
    ),
)
