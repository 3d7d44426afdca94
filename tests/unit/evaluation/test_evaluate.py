import dataclasses
import logging
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation.conditions import Condition
from evaluation.config import EvaluationConfig
from evaluation.detectors import LineAnswer
from evaluation.drawing import usable_detectors
from evaluation.further_scores import (
    ARTIST,
    DETECTORS,
    HINT_CURVE,
    NOISE,
    DetectorScore,
    HintPoint,
    NoiseScore,
)
from evaluation.gallery import Gallery
from evaluation.hint_curve import HintAnswer
from evaluation.noise import NoisyAnswer
from evaluation.scores import Answer, PictureScore, SetScore
from evaluation.stage import evaluate
from storage import files, ledger, manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, StageRecord
from tests.small_evaluation import CONFIG
from training.recipes import RecipeName

SEED = 3
NUM_ANSWERS = len(Condition) * len(Answer) - 1
"""Every answer under every condition; without a hint nothing is spread."""

Trainings = dict[RecipeName, StageRecord]
Evaluations = dict[RecipeName, StageRecord]


Tables = tuple[list[SetScore], list[SetScore], list[PictureScore]]


def _tables(layout: DataLayout, record: StageRecord) -> Tables:
    folder = layout.stage(Stage.EVALUATE, record.key)
    return (
        manifest.read_table(folder / "curves.parquet", Contract.EVALUATION, SetScore),
        manifest.read_table(folder / "scores.parquet", Contract.EVALUATION, SetScore),
        manifest.read_table(folder / "per_sample.parquet", Contract.EVALUATION, PictureScore),
    )


def _elsewhere(layout: DataLayout, folder: Path, *without: str) -> DataLayout:
    """Copy a run's inputs to another root, without its evaluations."""
    shutil.copytree(
        str(layout.root), folder, ignore=shutil.ignore_patterns(Stage.EVALUATE, *without)
    )
    return DataLayout.at(str(folder))


def test_every_checkpoint_is_scored_on_the_same_validation_pictures(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    curves, _, _ = _tables(layout, evaluated["paper"])

    assert [(score.answer, score.step) for score in curves] == [
        (Answer.LINES, 0),
        (Answer.HINT, 0),
        (Answer.LEVIN, 0),
        (Answer.MODEL, 2),
        (Answer.MODEL, 4),
    ]
    assert {score.num_pictures for score in curves} == {2}


def test_every_test_picture_is_answered_under_every_condition(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    _, scores, per_sample = _tables(layout, evaluated["paper"])

    asked = {(one.md5, one.condition, one.answer) for one in per_sample}
    assert len(asked) == len(per_sample) == 5 * NUM_ANSWERS
    assert (Condition.NO_HINT, Answer.LEVIN) not in {asked[1:] for asked in asked}
    assert {score.num_pictures for score in scores} == {5}
    assert evaluated["paper"].counts["test_pictures_with_true_lines"] == 5


def test_scores_of_the_set_are_those_of_its_pictures(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    _, scores, per_sample = _tables(layout, evaluated["paper"])

    for score in scores:
        mine = [
            one.l2
            for one in per_sample
            if (one.condition, one.answer) == (score.condition, score.answer)
        ]
        assert score.l2 == pytest.approx(np.mean(mine))


def test_every_measure_is_there_and_says_where_it_is_not_taken(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    curves, scores, per_sample = _tables(layout, evaluated["paper"])

    # 32 px are too few for MS-SSIM, five pictures too few for a covariance of 1,280 features.
    assert {(score.ms_ssim, score.frechet_distance) for score in scores} == {(None, None)}
    ssims = [*(score.ssim for score in (*curves, *scores)), *(each.ssim for each in per_sample)]
    assert all(-1 <= ssim <= 1 for ssim in ssims)
    for score in (*curves, *scores):
        assert score.kernel_distance is not None
        assert score.kernel_low is not None
        assert score.kernel_high is not None
        assert score.kernel_low <= score.kernel_distance <= score.kernel_high
    # The perceptual distance is taken of the first test pictures, and of none in validation.
    judged = sorted({one.md5 for one in per_sample})[: CONFIG.num_perceptual_pictures]
    assert {one.md5 for one in per_sample if one.perceptual is not None} == set(judged)
    assert {score.perceptual for score in curves} == {None}
    assert all(score.perceptual is not None for score in scores)


def test_untrained_answers_are_measured_once_for_all_trainings(
    layout: DataLayout,
    paired: StageRecord,
    trained: Trainings,
    evaluated: Evaluations,
    tmp_path: Path,
) -> None:
    def kept() -> dict[str, int]:
        folder = anew.cache(paired.key) / "untrained"
        return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*.*")}

    anew = _elsewhere(layout, tmp_path / "anew", "cache")
    first = evaluate(CONFIG, trained["unet-l2"], paired, anew, SEED)
    by_first = kept()
    second = evaluate(CONFIG, trained["paper"], paired, anew, SEED)
    by_second = kept()
    evaluate(CONFIG, trained["paper"], paired, anew, SEED + 1)

    # Whoever measures them writes them; another seed has other strokes.
    assert by_first
    assert by_second == by_first
    assert len(kept()) == 2 * len(by_first)
    assert first.outputs == evaluated["unet-l2"].outputs
    assert second.outputs == evaluated["paper"].outputs


def test_the_untrained_answers_do_not_depend_on_the_model(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    def scores(record: StageRecord, *, untrained: bool) -> list[SetScore]:
        _, scores, _ = _tables(layout, record)
        return [one for one in scores if (one.answer != Answer.MODEL) == untrained]

    one, other = evaluated["unet-l2"], evaluated["paper"]
    assert scores(one, untrained=True) == scores(other, untrained=True)
    assert scores(one, untrained=False) != scores(other, untrained=False)


def test_only_a_recipe_with_a_critic_has_a_w_distance(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    baseline = evaluated["unet-l2"]

    with_critic = [
        one for one in _tables(layout, evaluated["paper"])[1] if one.answer == Answer.MODEL
    ]
    without = [one for one in _tables(layout, baseline)[1] if one.answer == Answer.MODEL]
    assert all(math.isfinite(one.wasserstein or math.nan) for one in with_critic)
    assert all(one.wasserstein is None for one in without)


def test_the_pictures_kept_are_those_that_were_scored(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    _, _, per_sample = _tables(layout, evaluated["paper"])
    gallery = Gallery(layout.stage(Stage.EVALUATE, evaluated["paper"].key))

    for shown in gallery.shown():
        truth = gallery.read(shown.md5, "color")
        answer = gallery.read(shown.md5, Condition.TRUE_LINES)
        assert truth is not None
        assert answer is not None
        (score,) = [
            one.l2
            for one in per_sample
            if (one.md5, one.condition, one.answer)
            == (shown.md5, Condition.TRUE_LINES, Answer.MODEL)
        ]
        rmse = np.sqrt(np.mean((truth / 255.0 - answer / 255.0) ** 2))
        assert rmse == pytest.approx(score, rel=1e-6)


def test_the_contact_sheet_and_the_numbers_for_machines_are_there(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    folder = layout.stage(Stage.EVALUATE, evaluated["paper"].key)

    metrics = files.read_json(folder / "metrics.json")
    assert (metrics["seed"], metrics["step"]) == (SEED, 4)
    assert len(metrics["test"]) == NUM_ANSWERS
    with (folder / "grid.png").open("rb") as file, Image.open(file) as sheet:
        assert sheet.size[0] > sheet.size[1]


def test_evaluating_again_finds_it_finished(
    layout: DataLayout, paired: StageRecord, trained: Trainings, evaluated: Evaluations
) -> None:
    assert evaluate(CONFIG, trained["paper"], paired, layout, SEED) == evaluated["paper"]


def test_an_evaluation_that_broke_off_goes_on_to_the_same_bytes(
    layout: DataLayout,
    paired: StageRecord,
    trained: Trainings,
    evaluated: Evaluations,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    there = _elsewhere(layout, tmp_path / "again")
    parts = there.stage(Stage.EVALUATE, evaluated["paper"].key) / "parts"
    # A folder lies where the second test shard's scores belong, so the evaluation breaks off there.
    obstacle = parts / "test-000001.tar.scores.parquet"
    obstacle.mkdir(parents=True)
    with pytest.raises(OSError, match=r"test-000001\.tar"):
        evaluate(CONFIG, trained["paper"], paired, there, SEED)
    obstacle.rmdir()
    caplog.clear()

    with caplog.at_level(logging.INFO):
        again = evaluate(CONFIG, trained["paper"], paired, there, SEED)

    assert "examined shard=test-000001.tar" in caplog.text
    assert "examined shard=test-000000.tar" not in caplog.text
    assert "scored" not in caplog.text
    assert again.outputs == evaluated["paper"].outputs
    assert not parts.exists()


def test_pairs_without_true_lines_are_evaluated_without_them(
    unlined: tuple[DataLayout, StageRecord], evaluated_unlined: StageRecord
) -> None:
    (there, _), record = unlined, evaluated_unlined

    assert record.counts["test_pictures_with_true_lines"] == 0
    conditions = {score.condition for score in _tables(there, record)[1]}
    assert conditions == {Condition.DETECTED, Condition.NO_HINT, Condition.STROKES}
    folder = there.stage(Stage.EVALUATE, record.key)
    assert manifest.read_table(folder / DETECTORS, Contract.EVALUATION, DetectorScore) == []
    assert len(manifest.read_table(folder / NOISE, Contract.EVALUATION, NoiseScore)) == 8


def test_what_is_asked_beyond_has_a_table_each_and_is_told_to_machines(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    folder = layout.stage(Stage.EVALUATE, evaluated["paper"].key)
    points = manifest.read_table(folder / HINT_CURVE, Contract.EVALUATION, HintPoint)
    lines = manifest.read_table(folder / DETECTORS, Contract.EVALUATION, DetectorScore)
    noise = manifest.read_table(folder / NOISE, Contract.EVALUATION, NoiseScore)

    assert [point.num_hints for point in points] == [0, 1, 2, 5, 10, 20, 50]
    assert {point.num_pictures for point in points} == {2}
    assert all(point.z_spread > 0 for point in points)
    assert {score.num_pictures for score in lines} == {3}
    assert {score.num_pictures for score in noise} == {2}
    metrics = files.read_json(folder / "metrics.json")
    assert metrics["hint_curve"] == [dataclasses.asdict(point) for point in points]
    assert metrics["detectors"] == [dataclasses.asdict(score) for score in lines]
    assert metrics["noise"] == [dataclasses.asdict(score) for score in noise]
    share = points[0].saturation / points[-1].saturation
    assert metrics["no_hint_saturation"] == pytest.approx(share)
    for point in points:
        assert point.saturation_low <= point.saturation <= point.saturation_high
        assert point.saturation_share_low <= point.saturation_share <= point.saturation_share_high
        assert (point.bleed is None) == (point.bleed_low is None)
    assert points[-1].saturation_share_low == points[-1].saturation_share_high == 1


def test_a_recipe_without_z_has_no_spread(layout: DataLayout, evaluated: Evaluations) -> None:
    baseline = evaluated["unet-l2"]

    folder = layout.stage(Stage.EVALUATE, baseline.key)
    points = manifest.read_table(folder / HINT_CURVE, Contract.EVALUATION, HintPoint)
    assert {point.z_spread for point in points} == {0}


def test_each_picture_shown_has_two_sets_of_strokes_and_what_they_make_of_it(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    gallery = Gallery(layout.stage(Stage.EVALUATE, evaluated["paper"].key))

    for shown in gallery.shown():
        hints = [gallery.read(shown.md5, what) for what in ("strokes_hint", "strokes_hint_2")]
        answers = [gallery.read(shown.md5, what) for what in (Condition.STROKES, "strokes_2")]
        for one, other in (hints, answers):
            assert one is not None
            assert other is not None
            assert (one != other).any()
        assert gallery.read(shown.md5, Condition.TRUE_STROKES) is not None


def test_a_part_that_a_killed_evaluation_has_finished_is_read_not_asked_again(
    layout: DataLayout, paired: StageRecord, trained: Trainings, tmp_path: Path
) -> None:
    there = _elsewhere(layout, tmp_path / "again")
    config = EvaluationConfig(**dict(CONFIG) | {"num_perceptual_pictures": 0})
    key = ledger.key_of(
        Stage.EVALUATE, config, {"train": trained["paper"].key, "condition": paired.key}, SEED
    )
    parts = there.stage(Stage.EVALUATE, key) / "parts"
    hints = [HintAnswer("0" * 32, 0.25, 1.0, None, 0.5, 3.0, 0.0)]
    lines = [LineAnswer("0" * 32, 0.5, 1.0)]
    noise = [NoisyAnswer("0" * 32, 0.75)]
    # Nobody would find these numbers by asking.
    manifest.write_table(parts / "hints-05.parquet", Contract.EVALUATION, hints, HintAnswer)
    for name in (ARTIST, *usable_detectors()):
        path = parts / f"lines-{name}.parquet"
        manifest.write_table(path, Contract.EVALUATION, lines, LineAnswer)
    path = parts / "noise-hint-16.parquet"
    manifest.write_table(path, Contract.EVALUATION, noise, NoisyAnswer)

    evaluate(config, trained["paper"], paired, there, SEED)

    folder = there.stage(Stage.EVALUATE, key)
    points = manifest.read_table(folder / HINT_CURVE, Contract.EVALUATION, HintPoint)
    assert [point.num_pictures for point in points] == [2, 2, 2, 1, 2, 2, 2]
    assert (points[3].l2, points[3].bleed, points[3].hint_region_delta_e) == (0.25, 0.5, None)
    scores = manifest.read_table(folder / DETECTORS, Contract.EVALUATION, DetectorScore)
    assert {(score.l2, score.gap) for score in scores} == {(0.5, 0.0)}
    noisy = manifest.read_table(folder / NOISE, Contract.EVALUATION, NoiseScore)
    found = [score.l2 for score in noisy if (score.what, score.sigma) == ("hint", 16)]
    assert found == [0.75]
    assert not parts.exists()


def test_each_picture_shown_hangs_in_the_lines_of_every_detector(
    layout: DataLayout, evaluated: Evaluations
) -> None:
    gallery = Gallery(layout.stage(Stage.EVALUATE, evaluated["paper"].key))
    for shown in gallery.shown():
        adaptive, canny = (
            gallery.read(shown.md5, f"lines_{name}") for name in ("adaptive", "canny")
        )
        # The dataset's own line art is by the adaptive threshold.
        assert np.array_equal(adaptive, gallery.read(shown.md5, "edge"))
        assert canny is not None
        assert not np.array_equal(canny, adaptive)
