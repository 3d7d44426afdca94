"""One evaluation from checkpoints and pairs to tables, numbers and pictures."""

import dataclasses
import platform
from collections.abc import Sequence
from typing import Any

import torch
from upath import UPath

from evaluation import choose
from evaluation.colorize import Colorizer, device_of, list_checkpoints, open_colorizer
from evaluation.conditions import Condition
from evaluation.config import EvaluationConfig
from evaluation.curves import draw_curves
from evaluation.detectors import compare_lines, hang_lines
from evaluation.exam import examine
from evaluation.further_scores import (
    DETECTORS,
    HINT_CURVE,
    NOISE,
    DetectorScore,
    Further,
    HintPoint,
    NoiseScore,
)
from evaluation.gallery import Gallery
from evaluation.hint_curve import draw_hint_curve
from evaluation.instruments import open_instruments
from evaluation.measuring import Measured, summarise
from evaluation.noise import bear_noise
from evaluation.pairs import first_keys, read_pairs, shards_of
from evaluation.plan import Plan
from evaluation.scores import (
    CURVES,
    METRICS,
    PER_SAMPLE,
    SCORES,
    Answer,
    PictureScore,
    SetScore,
)
from storage import files, manifest
from storage.errors import BadInput, MissingInput
from storage.records import Contract, ShardRow, Split

GRID = "grid.png"


def measure_training(
    config: EvaluationConfig, trained: UPath, paired: UPath, folder: UPath, seed: int
) -> dict[str, int]:
    """Measure a training's checkpoints; write what was found; say how much was measured.

    Args:
        config: how much is measured.
        trained: the folder of the training.
        paired: the folder of the pairs it is judged on, which may have other hints than those it
            was trained with.
        folder: where to write. What a killed run has left there is gone on from.
        seed: the seed of the run.

    Raises:
        MissingInput: the training has no checkpoint.
        BadInput: there are no test pictures.
    """
    plan = _plan(config, trained, paired, folder, seed)
    rows = shards_of(paired, Split.TEST)
    if not any(row.samples for row in rows):
        raise BadInput(f"{paired}: holds no test pictures, wanted at least 1; scrape more posts")

    curves = draw_curves(plan)
    manifest.write_table(folder / CURVES, Contract.EVALUATION, curves, SetScore)

    shown = _hang(plan, rows)
    hang_lines(plan)
    step, checkpoint = plan.checkpoints[-1]
    colorizer = open_colorizer(checkpoint, plan.device, plan.seed)
    measured = examine(plan, colorizer, rows, frozenset(shown))
    scores = [
        summarise(one, Split.TEST, _step_of(one, step), seed, plan.instruments) for one in measured
    ]
    per_sample = sorted(
        (score for one in measured for score in one.scores),
        key=lambda score: (score.md5, score.condition, score.answer),
    )
    manifest.write_table(folder / SCORES, Contract.EVALUATION, scores, SetScore)
    manifest.write_table(folder / PER_SAMPLE, Contract.EVALUATION, per_sample, PictureScore)
    further = _ask_further(plan, colorizer)
    files.write_json(folder / METRICS, _metrics(plan, curves, scores) | _told(further))
    with files.whole(folder / GRID) as file:
        Gallery(folder).sheet().save(file, "PNG")
    files.remove(plan.parts_folder)
    return _counts(plan, curves, scores, len(shown))


def _plan(
    config: EvaluationConfig, trained: UPath, paired: UPath, folder: UPath, seed: int
) -> Plan:
    checkpoints = tuple((found.step, found.folder) for found in list_checkpoints(trained))
    if not checkpoints:
        raise MissingInput(f"{trained}: holds no complete checkpoint; run `irodori train` first")
    device = device_of(config.device)
    judged = first_keys(paired, shards_of(paired, Split.TEST), config.num_perceptual_pictures)
    instruments = open_instruments(device, config, judged)
    return Plan(config, paired, checkpoints, folder, device, seed, instruments)


def _hang(plan: Plan, rows: Sequence[ShardRow]) -> list[str]:
    """Choose the pictures to show, before any is coloured, and keep what is given for them."""
    chosen = choose.choose_varied(read_pairs(plan.pairs_folder, rows), plan.config.num_pictures)
    pairs = {pair.md5: pair for pair in read_pairs(plan.pairs_folder, rows, frozenset(chosen))}
    Gallery(plan.folder).hang([pairs[md5] for md5 in chosen])
    return chosen


def _ask_further(plan: Plan, colorizer: Colorizer) -> Further:
    """Ask what is asked beyond one hint and one kind of lines, and write a table of each."""
    further = Further(
        draw_hint_curve(plan, colorizer),
        compare_lines(plan, colorizer),
        bear_noise(plan, colorizer),
    )
    contract = Contract.EVALUATION
    manifest.write_table(plan.folder / HINT_CURVE, contract, further.hints, HintPoint)
    manifest.write_table(plan.folder / DETECTORS, contract, further.lines, DetectorScore)
    manifest.write_table(plan.folder / NOISE, contract, further.noise, NoiseScore)
    return further


def _told(further: Further) -> dict[str, Any]:
    return {
        "hint_curve": [dataclasses.asdict(point) for point in further.hints],
        "no_hint_saturation": further.no_hint_saturation,
        "detectors": [dataclasses.asdict(score) for score in further.lines],
        "noise": [dataclasses.asdict(score) for score in further.noise],
    }


def _step_of(measured: Measured, step: int) -> int:
    return step if measured.answer == Answer.MODEL else 0


def _metrics(plan: Plan, curves: Sequence[SetScore], scores: Sequence[SetScore]) -> dict[str, Any]:
    return {
        "seed": plan.seed,
        "step": plan.checkpoints[-1][0],
        "device": _device_name(plan.device),
        "inception_sha256": plan.instruments.inception_sha256,
        "validation": [dataclasses.asdict(score) for score in curves],
        "test": [dataclasses.asdict(score) for score in scores],
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()})"


def _counts(
    plan: Plan, curves: Sequence[SetScore], scores: Sequence[SetScore], shown: int
) -> dict[str, int]:
    by_condition = {score.condition: score.num_pictures for score in scores}
    return {
        "checkpoints": len(plan.checkpoints),
        "val_pictures": max((score.num_pictures for score in curves), default=0),
        "test_pictures": by_condition[Condition.DETECTED],
        "test_pictures_with_true_lines": by_condition.get(Condition.TRUE_LINES, 0),
        "pictures_shown": shown,
    }
