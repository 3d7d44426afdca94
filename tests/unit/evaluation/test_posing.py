import numpy as np
import pytest

from evaluation.conditions import Condition
from evaluation.drawing import draw_strokes
from evaluation.pairs import Pair, read_pairs, shards_of
from evaluation.posing import pose
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord

SEED = 3


@pytest.fixture
def pairs(layout: DataLayout, paired: StageRecord) -> list[Pair]:
    folder = layout.stage(Stage.CONDITION, paired.key)
    return list(read_pairs(folder, shards_of(folder, Split.TEST)))


def test_strokes_are_few_true_colours_on_white_with_their_mask(pairs: list[Pair]) -> None:
    batch = pose(pairs, Condition.STROKES, SEED)

    assert batch is not None
    is_stroke = batch.mask_BHW == 255
    assert set(np.unique(batch.mask_BHW)) == {0, 255}
    assert 0 < is_stroke.mean() < 0.5
    assert (batch.hint_BHWC[~is_stroke] == 255).all()
    differences = np.abs(batch.hint_BHWC.astype(int) - batch.color_BHWC)[is_stroke]
    assert np.median(differences) <= 8
    assert (batch.edge_BHW == np.stack([pair.edge_HW for pair in pairs])).all()


def test_strokes_on_the_artists_lines_are_the_same_strokes(pairs: list[Pair]) -> None:
    detected, true = (
        pose(pairs, condition, SEED) for condition in (Condition.STROKES, Condition.TRUE_STROKES)
    )

    assert detected is not None
    assert true is not None
    assert (true.hint_BHWC == detected.hint_BHWC).all()
    assert (true.edge_BHW == np.stack([pair.line_HW for pair in pairs])).all()


def test_a_pictures_strokes_depend_on_seed_name_and_set_alone(pairs: list[Pair]) -> None:
    together, alone, other_set, other_seed = (
        pose(some, Condition.STROKES, seed, stroke_set)
        for some, seed, stroke_set in (
            (pairs, SEED, 1),
            (pairs[1:2], SEED, 1),
            (pairs[1:2], SEED, 2),
            (pairs[1:2], SEED + 1, 1),
        )
    )

    assert together is not None
    assert alone is not None
    assert other_set is not None
    assert other_seed is not None
    assert (together.hint_BHWC[1] == alone.hint_BHWC[0]).all()
    assert (other_set.hint_BHWC != alone.hint_BHWC).any()
    assert (other_seed.hint_BHWC != alone.hint_BHWC).any()


def test_strokes_heed_no_hints_of_the_dataset(pairs: list[Pair]) -> None:
    color = np.stack([pair.color_HWC for pair in pairs])
    hints, _ = draw_strokes(color, [pair.md5 for pair in pairs], SEED)
    batch = pose(pairs, Condition.STROKES, SEED)

    assert batch is not None
    assert (batch.hint_BHWC == hints).all()
    assert (batch.hint_BHWC != np.stack([pair.hint_HWC for pair in pairs])).any()


def test_every_set_of_strokes_has_one_to_be_seen() -> None:
    color = np.full((64, 64, 3), 255, np.uint8)
    color[20:32, 20:32] = (30, 90, 200)
    names = [f"{number:032x}" for number in range(24)]

    hints, masks = draw_strokes(np.stack([color] * len(names)), names, SEED)

    assert (hints.min(axis=(1, 2, 3)) < 240).all()
    assert (masks.max(axis=(1, 2)) == 255).all()


def test_a_white_picture_has_white_strokes() -> None:
    white = np.full((1, 16, 16, 3), 255, np.uint8)
    hints, masks = draw_strokes(white, ["0" * 32], SEED)
    assert hints.min() > 230
    assert masks.max() == 255


def test_who_has_no_true_lines_is_not_asked_for_them() -> None:
    blank = np.full((8, 8), 255, np.uint8)
    color = np.full((8, 8, 3), 255, np.uint8)
    pair = Pair("00", "", "", "", color, blank, color, blank, None)

    assert pose([pair], Condition.TRUE_STROKES, SEED) is None
    assert pose([pair], Condition.STROKES, SEED) is not None
