"""What became of one training of a grid, judged with one kind of hints."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One model under one kind of hints: the key of its evaluation, or why there is none.

    `change` says what differs from the recipe, in words. What has `diverged` would again; any
    other failure may not.
    """

    hints: str
    recipe: str
    change: str
    seed: int
    evaluated: str = ""
    failure: str = ""
    diverged: bool = False
