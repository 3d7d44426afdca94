"""The training loop: step, log, draw, save; killed anywhere, it goes on where it was."""

import logging
import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from upath import UPath

from storage.errors import IrodoriError
from storage.progress import watch
from training import checkpoint
from training.arithmetic import Arithmetic
from training.config import TrainingConfig
from training.data import Batches
from training.gallery import Gallery
from training.journal import Journal, Row
from training.players import Players
from training.step import train_step

logger = logging.getLogger(__name__)


def fit(
    config: TrainingConfig,
    players: Players,
    batches: Batches,
    gallery: Gallery,
    folder: UPath,
    how: Arithmetic,
) -> None:
    """Train from the newest checkpoint, or from the start, to the last step."""
    done = how.team.told(resume(players, folder))
    journal = Journal(folder, until_step=done)
    rhythm, clock = config.rhythm, Clock(players.recipe.batch_size)

    with watch(f"train {config.recipe}", config.steps, already=done) as tell:
        for step in range(done + 1, config.steps + 1):
            journal.add(how.team.mean(train_step(players, batches, step - 1, how)))
            is_save = step % rhythm.checkpoint == 0 or step == config.steps

            if is_save or step % rhythm.log == 0:
                row = journal.close_row(step)
                _refuse_nan(row, folder)
                journal.save()
                speed = clock.pictures_per_second(step - done)
                tell(step - done, loss=row["loss"], l2=row["l2"], pictures_per_second=speed)
                done = step

            if is_save or step % rhythm.picture == 0:
                gallery.draw(players, folder, step)

            if is_save:
                _refuse_broken_weights(players, folder, step)
                checkpoint.save(folder, players, step)
                logger.info("saved step=%d of=%d %s", step, config.steps, _told(row))


def fit_along(
    config: TrainingConfig, players: Players, batches: Batches, folder: UPath, how: Arithmetic
) -> None:
    """Take every step that the first process takes, from where it begins; it alone writes."""
    done = how.team.told()
    if done:
        checkpoint.restore(checkpoint.at(folder, done), players)
    with _undisturbed():
        for step in range(done, config.steps):
            how.team.mean(train_step(players, batches, step, how))


def resume(players: Players, folder: UPath) -> int:
    """Put the players where the newest checkpoint was; give its step, or 0 without one."""
    checkpoints = checkpoint.list_checkpoints(folder)
    if not checkpoints:
        return 0
    checkpoint.drop_old_optimizers(folder)
    checkpoint.restore(checkpoints[-1], players)
    logger.info("resumed step=%d folder=%s", checkpoints[-1].step, folder)
    return checkpoints[-1].step


class Clock:
    """How fast the training goes, from row to row."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.told_at = time.monotonic()

    def pictures_per_second(self, steps: int) -> float:
        """Give the speed since the last time it was asked for."""
        now = time.monotonic()
        seconds, self.told_at = now - self.told_at, now
        return steps * self.batch_size / max(seconds, 1e-9)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave it to the first process when to stop: once it is gone, the next step fails."""
    heard: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, _: heard.append(number)) for each in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])


def _refuse_nan(row: Row, folder: UPath) -> None:
    lost = [name for name, fact in row.items() if not math.isfinite(fact)]
    if lost:
        raise IrodoriError(_diverged(f"{', '.join(lost)} no longer finite", folder, row["step"]))


def _refuse_broken_weights(players: Players, folder: UPath, step: int) -> None:
    for network in (players.generator, players.critic):
        if network and not all(torch.isfinite(value).all() for value in network.parameters()):
            what = f"the {type(network).__name__}'s weights no longer finite"
            raise IrodoriError(_diverged(what, folder, step))


def _diverged(what: str, folder: UPath, step: float) -> str:
    checkpoints = checkpoint.list_checkpoints(folder)
    last = checkpoints[-1].folder if checkpoints else "none yet"
    return (
        f"training diverged at step {step}: {what}; last good checkpoint {last};"
        " lower --training.learning-rate"
    )


def _told(row: Row) -> str:
    return " ".join(f"{name}={fact:.4g}" for name, fact in row.items() if name != "step")
