"""The training loop: step, log, draw, save; stopped or killed anywhere, it goes on where it was."""

import logging
import time
from functools import partial

import torch
from upath import UPath

from storage import digest
from storage.errors import Diverged, MissingInput
from storage.progress import Advance, watch
from training import bookmark, checkpoint, memory, recorded, stopping
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches
from training.divergence import refuse_broken_weights, refuse_row
from training.journal import VAL_L2, Row
from training.pace import Pace
from training.players import Players
from training.step import Facts, Learn, train_step
from training.watching import Audience, Glance

TOLD = ("loss", "l2", "wasserstein", "pictures_per_second", "share_of_peak")
"""What the progress line tells, where it is known."""

logger = logging.getLogger(__name__)


def fit(
    config: TrainingConfig,
    players: Players,
    batches: Batches,
    audience: Audience,
    folder: UPath,
    how: Arithmetic,
) -> None:
    """Train from where it was, or from the start, to the last step.

    Raises:
        Stopped: it was asked to end, and has left a bookmark.
        Diverged: a loss or a weight is out of bounds.
        BadInput: the memory does not hold a step.
    """

    def work() -> None:
        _fit(Run(config, players, audience, folder, how), batches)

    memory.minding(work, players, batches, how)


def fit_along(
    config: TrainingConfig, players: Players, batches: Batches, folder: UPath, how: Arithmetic
) -> None:
    """Take every step that the first process takes, from where it begins; it alone writes.

    Raises:
        LostPeer: it has ended, or another has.
        BadInput: the memory does not hold a step, or the checkpoint is not seen from here.
    """
    done = how.team.told()
    if done:
        last = bookmark.of_step(folder, done)
        if last is None:
            raise MissingInput(
                f"{folder}: the checkpoint of step {done}, where the first process goes on, is not"
                " there; all processes have to share the root"
            )
        checkpoint.restore(last, players)
    steps = range(done + 1, config.steps + 1)
    memory.minding(partial(_fit_along, steps, players, batches, how), players, batches, how)


class Run:
    """One process's share of a training: what it says and what it keeps after each step."""

    def __init__(
        self,
        config: TrainingConfig,
        players: Players,
        audience: Audience,
        folder: UPath,
        how: Arithmetic,
    ) -> None:
        """Put the players and the journal where the newest checkpoint was."""
        self.config, self.players, self.how = config, players, how
        self.audience, self.folder = audience, folder
        self.journal = bookmark.resume(folder, players)
        self.done = how.team.told(self.journal.until_step)
        self.learn = recorded.learning(how)
        self.pace = Pace(players, how, self.done)
        self.kept_at = time.monotonic()

    def say(self, step: int, tell: Advance) -> None:
        """Close the row and draw the pictures, each in its rhythm; show what is new."""
        rhythm, row, sheet = self.config.rhythm, Row(), None
        if self._is_save(step) or step % rhythm.log == 0:
            row = self.journal.close_row(step)
            refuse_row(row, self.players, self.folder)
        if self._is_save(step) or step % rhythm.picture == 0:
            refuse_broken_weights(self.players, self.folder, step)
            sheet, val_l2 = self.audience.gallery.draw(self.players, self.folder, step)
            if self._is_save(step):
                row[VAL_L2] = val_l2
        if row:
            self.journal.save()
            facts = row | self.pace.at(step)
            tell(self.pace.steps, **{name: facts[name] for name in TOLD if name in facts})
            self.audience.show(Glance(step, self.config.steps, facts, sheet))
        elif sheet is not None:
            self.audience.show(Glance(step, self.config.steps, {}, sheet))

    def keep(self, step: int, *, is_last: bool) -> None:
        """Save a checkpoint in its rhythm, or a bookmark when it is time or the end."""
        is_due = time.monotonic() - self.kept_at > 60 * self.config.bookmark_minutes
        if not (self._is_save(step) or is_last or is_due):
            return
        # What is kept takes the place of what was good.
        try:
            refuse_row(self.journal.newest_step(step), self.players, self.folder)
            refuse_broken_weights(self.players, self.folder, step)
        except Diverged:
            if self._is_save(step):
                raise
            # When a bookmark is due is the clock's matter: the row, or a checkpoint, will tell.
            return
        if self._is_save(step):
            self.journal.save_best()
            checkpoint.save(self.folder, self.players, step)
            bookmark.remove(self.folder)
            logger.info("saved step=%d of=%d", step, self.config.steps)
        else:
            bookmark.put(self.folder, self.players, self.journal, step)
        self.kept_at = time.monotonic()

    def _is_save(self, step: int) -> bool:
        return step % self.config.rhythm.checkpoint == 0 or step == self.config.steps


def _fit(run: Run, batches: Batches) -> None:
    steps = run.config.steps
    with (
        stopping.listening() as stop,
        watch(f"train {run.config.recipe}", steps, already=run.done) as tell,
        torch.random.fork_rng(devices=[]),
    ):
        for step in range(run.done + 1, steps + 1):
            run.journal.add(take_step(run.players, batches, step, run.how, run.learn))
            is_last = stop.is_set()
            run.say(step, tell)
            run.keep(step, is_last=is_last)
            if is_last:
                raise stopping.Stopped(f"stopped after step {step}; run the same command again")


def _fit_along(steps: range, players: Players, batches: Batches, how: Arithmetic) -> None:
    learn = recorded.learning(how)
    with stopping.left_to_others(), torch.random.fork_rng(devices=[]):
        for step in steps:
            take_step(players, batches, step, how, learn)


def take_step(
    players: Players, batches: Batches, step: int, how: Arithmetic, learn: Learn
) -> Facts:
    """Do one step, counted from 1, together with all processes."""
    # Dropout draws for the whole batch from one stream, the same in every process; where it
    # begins follows from the step.
    torch.manual_seed(digest.seed_of(batches.seed, "train", "step", str(step)))
    return how.team.mean(train_step(players, batches, step - 1, how, learn))
