"""The verbs of this folder: train a recipe on pairs, and help another process to do so."""

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord
from training.config import TrainingConfig
from training.watching import Audience, Watcher

if TYPE_CHECKING:
    from training.arithmetic import Arithmetic
    from training.data import Batches, Pairs
    from training.players import Players

logger = logging.getLogger(__name__)


def require(config: TrainingConfig, size_px: int) -> None:
    """Refuse what cannot be trained, before anything is made to be trained on.

    Raises:
        BadInput: its networks cannot be built or run with pictures of a size, or it has nothing to
            learn by.
    """
    # Only who trains needs torch.
    from training import weightless  # noqa: PLC0415

    weightless.refuse_impossible(config.resolved(), size_px)


def train(
    config: TrainingConfig,
    paired: StageRecord,
    layout: DataLayout,
    seed: int,
    *watchers: Watcher,
) -> StageRecord:
    """Train a recipe; an interrupted training goes on where it was."""
    inputs = {"condition": paired}
    opened = ledger.open_stage(Stage.TRAIN, config, inputs=inputs, layout=layout, seed=seed)
    if opened.finished:
        return opened.finished
    opened.go_on()
    for name in config.idle:
        flag = name.replace("_", "-")
        logger.warning(
            "--training.%s changes nothing here, with the recipe %s", flag, config.recipe
        )

    # Imported here, so that a machine that never trains needs no torch.
    from training import checkpoint, loop  # noqa: PLC0415
    from training.arithmetic import Arithmetic  # noqa: PLC0415
    from training.gallery import Gallery  # noqa: PLC0415
    from training.networks.flops import num_parameters  # noqa: PLC0415
    from training.tensorboard import Events  # noqa: PLC0415

    with Arithmetic.of(config).together() as how:
        team, batches, val_pairs = _prepare(config, paired, layout, seed, how)
        gallery = Gallery(val_pairs, how.device, seed)
        with closing(Events(opened.folder)) as events, how.kernels():
            audience = Audience(gallery, (events, *watchers))
            loop.fit(config, team, batches, audience, opened.folder, how)

        # A training that went on has read the newest checkpoint alone.
        checkpoint.refuse_damaged(opened.folder)
        record = opened.seal(
            {
                "steps": config.steps,
                "train_pictures": len(batches.pairs.color),
                "val_pictures": len(val_pairs.color),
                "generator_parameters": num_parameters(team.generator),
                "critic_parameters": num_parameters(team.critic),
            },
            apart_from=events.names(),
        )
        # Who has helped waits for the record.
        how.team.told()
    return record


def train_along(
    config: TrainingConfig, paired: StageRecord, layout: DataLayout, seed: int
) -> StageRecord:
    """Take part in a training as one of its other processes: the first one writes, this one never.

    Raises:
        LostPeer: another process has ended.
    """
    key = ledger.key_of(Stage.TRAIN, config, {"condition": paired.key}, seed)
    finished = ledger.find(layout, Stage.TRAIN, key)
    if finished:
        return finished

    from training import loop  # noqa: PLC0415
    from training.arithmetic import Arithmetic  # noqa: PLC0415

    with Arithmetic.of(config).together() as how:
        team, batches, _ = _prepare(config, paired, layout, seed, how)
        with how.kernels():
            loop.fit_along(config, team, batches, layout.stage(Stage.TRAIN, key), how)
        how.team.told()
    return ledger.require(layout, Stage.TRAIN, key)


def _prepare(
    config: TrainingConfig,
    paired: StageRecord,
    layout: DataLayout,
    seed: int,
    how: "Arithmetic",
) -> tuple["Players", "Batches", "Pairs"]:
    """Give who trains, what they learn from, and the pictures of val."""
    from training import compiled, data, players, residence, weightless, whole_batch  # noqa: PLC0415

    pairs_folder = layout.stage(Stage.CONDITION, paired.key)
    val_pairs = data.load_pairs(pairs_folder, Split.VAL)
    weightless.refuse_impossible(config.resolved(), val_pairs.size_px)
    team = players.gather(config, val_pairs.size_px, how.device, seed)
    for network in (team.generator, team.critic):
        if network:
            whole_batch.see_whole_batch(network, how.team)
    compiled.compile_networks(team, how)
    train_pairs = data.load_pairs(pairs_folder, Split.TRAIN)
    train_pairs = residence.settle(train_pairs, how.device, config.pictures)
    hints = data.hints_of(paired.settings, team.recipe)
    batches = data.Batches(train_pairs, hints, team.recipe, how.device, seed, how.team)
    return team, batches, val_pairs
