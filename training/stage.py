"""The verb of this folder: train a recipe on pairs."""

from contextlib import closing

from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord
from training.config import TrainingConfig
from training.watching import Audience, Watcher


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

    # Imported here, so that a machine that never trains needs no torch.
    from training import data, loop, players  # noqa: PLC0415
    from training.arithmetic import Arithmetic  # noqa: PLC0415
    from training.gallery import Gallery  # noqa: PLC0415
    from training.tensorboard import Events  # noqa: PLC0415

    how = Arithmetic.of(config)
    pairs_folder = layout.stage(Stage.CONDITION, paired.key)
    val_pairs = data.load_pairs(pairs_folder, Split.VAL)
    team = players.gather(config, val_pairs.size_px, how.device, seed)
    train_pairs = data.load_pairs(pairs_folder, Split.TRAIN)

    hints = data.hints_of(paired.settings, team.recipe)
    batches = data.Batches(train_pairs, hints, team.recipe, how.device, seed)
    gallery = Gallery(val_pairs, how.device, seed)
    with closing(Events(opened.folder)) as events, how.repeatable():
        audience = Audience(gallery, (events, *watchers))
        loop.fit(config, team, batches, audience, opened.folder, how)

    return opened.seal(
        {
            "steps": config.steps,
            "train_pictures": len(train_pairs.color),
            "val_pictures": len(val_pairs.color),
            "generator_parameters": players.num_parameters(team.generator),
            "critic_parameters": players.num_parameters(team.critic),
        },
        apart_from=events.names(),
    )
