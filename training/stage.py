"""The verb of this folder: train a recipe on pairs."""

from storage import ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord
from training.config import TrainingConfig


def train(
    config: TrainingConfig, paired: StageRecord, layout: DataLayout, seed: int
) -> StageRecord:
    """Train a recipe; an interrupted training goes on from its newest checkpoint."""
    inputs = {"condition": paired}
    opened = ledger.open_stage(Stage.TRAIN, config, inputs=inputs, layout=layout, seed=seed)
    if opened.finished:
        return opened.finished

    # Imported here, so that a machine that never trains needs no torch.
    from training import compiled, data, loop, players, residence  # noqa: PLC0415
    from training.arithmetic import Arithmetic  # noqa: PLC0415
    from training.gallery import Gallery  # noqa: PLC0415

    how = Arithmetic.of(config)
    pairs_folder = layout.stage(Stage.CONDITION, paired.key)
    val_pairs = data.load_pairs(pairs_folder, Split.VAL)
    team = players.gather(config, val_pairs.size_px, how.device, seed)
    compiled.compile_networks(team, how)
    train_pairs = data.load_pairs(pairs_folder, Split.TRAIN)
    train_pairs = residence.settle(train_pairs, how.device, config.pictures)

    hints = data.hints_of(paired.settings, team.recipe)
    batches = data.Batches(train_pairs, hints, team.recipe, how.device, seed)
    gallery = Gallery(val_pairs, how.device, seed)
    with how.repeatable():
        loop.fit(config, team, batches, gallery, opened.folder, how)

    return opened.seal(
        {
            "steps": config.steps,
            "train_pictures": len(train_pairs.color),
            "val_pictures": len(val_pairs.color),
            "generator_parameters": players.num_parameters(team.generator),
            "critic_parameters": players.num_parameters(team.critic),
        }
    )
