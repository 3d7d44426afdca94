"""How far a grid is, read from what its trainings write: they may run in other processes."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field

from storage.errors import IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.progress import watch
from training import journal
from training.watching import Glance, Watcher

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 5.0
MAX_NAMED = 4
"""So many of those under way are named; there may be hundreds."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a grid: its name, the key of its stage, and how many steps it takes."""

    label: str
    key: str
    steps: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All trainings of a grid, and the names of those that have ended, one way or another."""

    trainings: Sequence[Training]
    layout: DataLayout
    ended: set[str] = field(default_factory=set)

    @property
    def steps(self) -> int:
        """How many steps all of them take together."""
        return sum(training.steps for training in self.trainings)

    def look(self) -> Glance:
        """See how many of all steps are done, and how far those are that are under way."""
        step_of = {training.label: self._step(training) for training in self.trainings}
        under_way = {
            f"{training.label} %": 100 * step / training.steps
            for training in self.trainings
            if training.label not in self.ended and (step := step_of[training.label])
        }
        facts = dict(list(under_way.items())[:MAX_NAMED])
        ended = {"ended": float(len(self.ended))}
        return Glance(sum(step_of.values()), self.steps, ended | facts)

    def _step(self, training: Training) -> int:
        if training.label in self.ended:
            return training.steps
        return journal.last_step(self.layout.stage(Stage.TRAIN, training.key))


@contextmanager
def overlooking(
    overview: Overview, watcher: Watcher, *, every_seconds: float = SECONDS_BETWEEN_LOOKS
) -> Iterator[Callable[[str], None]]:
    """Show how far a grid is while it goes on; yields what tells that a training has ended."""
    over, told = threading.Event(), _seen(overview, Glance(0, overview.steps, {}))
    with watch("grid", told.steps, already=told.step) as advance:

        def show() -> None:
            nonlocal told
            before, told = told, _seen(overview, told)
            advance(told.step - before.step, **told.facts)
            watcher(told)

        def look_on() -> None:
            while not over.wait(every_seconds):
                show()

        # Prefect knows by its context which run it is that shows something.
        looking = threading.Thread(target=copy_context().run, args=(look_on,), daemon=True)
        looking.start()
        try:
            yield overview.ended.add
        finally:
            over.set()
            looking.join()
        show()


def _seen(overview: Overview, before: Glance) -> Glance:
    """Look; of what is broken or away the training itself will tell, and all stays as it was."""
    try:
        return overview.look()
    except (IrodoriError, OSError):
        logger.debug("not seen", exc_info=True)
        return before
