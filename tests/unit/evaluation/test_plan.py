"""Where an evaluation keeps what it has measured."""

from dataclasses import replace

import torch

from evaluation.config import EvaluationConfig
from evaluation.measuring import BARE
from evaluation.plan import Plan
from storage import manifest, shards
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, ShardRow, Split
from tests.circle_pairs import make_pairs


def test_what_untrained_answers_are_worth_is_not_believed_of_other_pictures(
    layout: DataLayout,
) -> None:
    paired = make_pairs(layout, {Split.TRAIN: [2], Split.VAL: [2], Split.TEST: [2]}, 32)
    folder = layout.stage(Stage.CONDITION, paired.key)
    plan = Plan(EvaluationConfig(), folder, (), layout.root, torch.device("cpu"), 1, BARE)
    before = plan.shared_folder
    assert plan.shared_folder == before

    # Made again under its key, of other pictures.
    first, *others = shards.rows_in(folder, Contract.PAIRS)
    rows = [replace(first, sha256="0" * 64), *others]
    manifest.write_table(shards.table_in(folder), Contract.PAIRS, rows, ShardRow)
    assert plan.shared_folder != before
