import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evaluation import drawing
from evaluation.colorize import Colorizer
from evaluation.config import EvaluationConfig
from evaluation.detectors import compare_lines
from evaluation.further_scores import ARTIST
from evaluation.measuring import BARE
from evaluation.pairs import read_pairs, shards_of
from evaluation.plan import Plan
from preprocessing import hed_weights, learned_edges
from preprocessing.config import EdgeConfig
from preprocessing.pairs import draw_edges
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split, StageRecord

SEED = 3
CPU = torch.device("cpu")


class LinesReturned(nn.Module):
    """Answers with the lines, so that the score is that of the lines themselves."""

    z_size = 0

    def forward(self, edge: Tensor, hint: Tensor, z: Tensor | None) -> Tensor:
        return edge.expand(-1, 3, -1, -1)


def _plan(layout: DataLayout, paired: StageRecord, folder: Path, number: int = 4) -> Plan:
    return Plan(
        EvaluationConfig(num_line_pictures=number, batch_size=3),
        layout.stage(Stage.CONDITION, paired.key),
        (),
        DataLayout.at(str(folder)).root,
        CPU,
        SEED,
        BARE,
    )


def test_every_kind_of_lines_is_scored_on_the_same_pictures_against_the_artists(
    layout: DataLayout, paired: StageRecord, tmp_path: Path
) -> None:
    plan = _plan(layout, paired, tmp_path)

    scores = compare_lines(plan, Colorizer(LinesReturned(), None, CPU, SEED))

    pairs = read_pairs(plan.pairs_folder, shards_of(plan.pairs_folder, Split.TEST))
    chosen = sorted(pairs, key=lambda pair: pair.md5)[:4]
    by_lines = {score.lines: score for score in scores}
    assert list(by_lines) == [ARTIST, *drawing.usable_detectors()]
    assert {score.num_pictures for score in scores} == {4}

    def l2_of(pictures: list[np.ndarray]) -> np.ndarray:
        return np.array(
            [
                np.sqrt(np.mean((lines[..., None] / 255.0 - pair.color_HWC / 255.0) ** 2))
                for lines, pair in zip(pictures, chosen, strict=True)
            ]
        )

    artist = l2_of([pair.line_HW for pair in chosen if pair.line_HW is not None])
    # The dataset's own lines are drawn by the adaptive threshold, in the same sizes.
    adaptive = l2_of([pair.edge_HW for pair in chosen])
    canny = l2_of([draw_edges(one.color_HWC, EdgeConfig(detector="canny")) for one in chosen])
    for name, l2 in ((ARTIST, artist), ("adaptive", adaptive), ("canny", canny)):
        assert by_lines[name].l2 == pytest.approx(l2.mean(), rel=1e-5)
        assert by_lines[name].gap == pytest.approx((artist - l2).mean(), abs=1e-6)
        assert by_lines[name].gap_low <= by_lines[name].gap <= by_lines[name].gap_high
    assert (by_lines[ARTIST].gap, by_lines[ARTIST].gap_low, by_lines[ARTIST].gap_high) == (0, 0, 0)


def test_detectors_draw_with_the_sizes_of_the_dataset(
    layout: DataLayout, paired: StageRecord, chance: np.random.Generator, tmp_path: Path
) -> None:
    color = chance.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    folder = DataLayout.at(str(tmp_path)).root
    (tmp_path / "stage.json").write_text('{"settings": {"edges": {"offset": -20.0}}}')

    drawn = drawing.line_drawer(folder, "adaptive")(color)

    assert (drawn == draw_edges(color, EdgeConfig(offset=-20))).all()
    (tmp_path / "stage.json").unlink()
    defaults = drawing.line_drawer(folder, "adaptive")(color)
    assert (defaults == draw_edges(color, EdgeConfig())).all()
    assert (defaults != drawn).any()


def test_without_its_weights_the_learned_detector_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drawing.usable_detectors.cache_clear()
    learned_edges._network.cache_clear()
    monkeypatch.setattr(hed_weights, "MODULE", "no_such_wheel")

    try:
        with caplog.at_level(logging.WARNING):
            assert drawing.usable_detectors() == ("adaptive", "xdog", "canny", "dilate")
    finally:
        drawing.usable_detectors.cache_clear()

    assert "left out lines=hed" in caplog.text


def test_without_true_lines_there_is_nothing_to_compare(
    unlined: tuple[DataLayout, StageRecord], tmp_path: Path
) -> None:
    plan = _plan(*unlined, tmp_path)

    assert compare_lines(plan, Colorizer(LinesReturned(), None, CPU, SEED)) == []
