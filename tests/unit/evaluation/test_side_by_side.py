import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evaluation import side_by_side
from evaluation.conditions import Condition
from evaluation.runs import Run, read_runs
from storage.errors import BadInput, MissingInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord
from tests.small_evaluation import CONFIG
from training.recipes import RecipeName


def _folder(layout: DataLayout, record: StageRecord) -> str:
    return str(layout.stage(Stage.EVALUATE, record.key))


def _old_run(folder: Path, l2s: Sequence[float], **content: object) -> str:
    """Write a run as an older Irodori would have left it: few measures, its own contract."""
    folder.mkdir(parents=True)
    score = {
        "condition": "detected",
        "answer": "model",
        "split": "test",
        "num_pictures": len(l2s),
        "l2": float(np.mean(l2s)),
        "unheard_of": 1.0,
    }
    told = {"seed": 1, "step": 7, "device": "CPU", "validation": [], "test": [score]} | content
    (folder / "metrics.json").write_text(json.dumps(told))
    rows = [
        {"md5": f"{number:032x}", "condition": "detected", "answer": "model", "l2": l2}
        for number, l2 in enumerate(l2s)
    ]
    schema = pa.Table.from_pylist(rows).schema.with_metadata({"irodori.contract": "evaluation/0"})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "per_sample.parquet")
    return str(folder)


def _read(layout: DataLayout, *named: str) -> list[Run]:
    return [run for name in named for run in read_runs(name, layout)]


def test_an_evaluation_tells_who_it_was_and_on_what(
    layout: DataLayout, paired: StageRecord, evaluated: dict[RecipeName, StageRecord]
):
    record = evaluated["paper"]
    by_folder, by_file, by_key = _read(
        layout,
        _folder(layout, record),
        f"{_folder(layout, record)}/metrics.json",
        record.key[:8],
    )
    assert by_folder == by_file == by_key
    assert (by_key.recipe, by_key.step, by_key.seed) == ("paper", 4, 3)
    assert by_key.facts == {
        "dataset": paired.key[:8],
        "px": "",
        "edges": "adaptive",
        "hints": "paper",
    }


def test_two_runs_on_the_same_pictures_are_paired_without_a_note(
    layout: DataLayout, evaluated: dict[RecipeName, StageRecord]
):
    runs = _read(layout, *(_folder(layout, each) for each in evaluated.values()))
    found = side_by_side.put(runs)
    assert found.notes == ()
    scores = [
        {(score["condition"], score["answer"]): score for score in run.scores} for run in runs
    ]
    for each in found.paired:
        first, second = (of[each.condition, "model"] for of in scores)
        is_rare = each.measure == "perceptual"
        taken = CONFIG.num_perceptual_pictures if is_rare else first["num_pictures"]
        assert each.num_pictures == taken
        # `l2` of a set is the mean over its pictures, so the differences' mean is their difference.
        assert each.difference == pytest.approx(first[each.measure] - second[each.measure])
        assert each.low <= each.difference <= each.high
    assert {each.condition for each in found.paired} == set(Condition)
    # What is the same for both is nobody's own.
    names = [row[0].text for table in side_by_side.score_tables(found) for row in table.rows]
    assert "The hint itself" in names
    assert not any("(A" in name for name in names)


def test_an_untrained_answer_is_one_only_where_all_that_is_known_is_the_same(tmp_path: Path):
    def run(name: str, **told: object) -> str:
        row = {"condition": "detected", "num_pictures": 1, "l2": 0.2}
        lines = row | {"answer": "lines"} | told
        return _old_run(tmp_path / name, [0.1], test=[row | {"answer": "model"}, lines])

    runs = _read(
        DataLayout.at(str(tmp_path)),
        run("lacks", perceptual=None),
        run("knows", perceptual=0.4, kernel_low=0.1),
        run("again", perceptual=0.4, kernel_low=0.2),
        run("other", perceptual=0.5),
        run("more", num_pictures=3),
    )
    (table,) = side_by_side.score_tables(side_by_side.put(runs))
    told = [[cell.text for cell in row] for row in table.rows if "(" in row[0].text]
    assert table.headings == ("Answer", "Pictures", "l2 ↓", "VGG16 distance ↓")
    assert told == [
        ["White paper with the lines (A, B, C)", "1", "0.2000", "0.4000"],
        ["White paper with the lines (D)", "1", "0.2000", "0.5000"],
        ["White paper with the lines (E)", "3", "0.2000", "—"],
    ]


def test_what_an_older_irodori_wrote_is_compared_by_what_it_has(layout: DataLayout, tmp_path: Path):
    better = _old_run(tmp_path / "a", [0.1, 0.2, 0.3])
    worse = _old_run(tmp_path / "b", [0.2, 0.3, 0.5, 0.9])
    found = side_by_side.put(_read(layout, better, worse))
    (paired,) = found.paired
    assert (paired.measure, paired.num_pictures) == ("l2", 3)
    assert paired.difference == pytest.approx((-0.1 - 0.1 - 0.2) / 3)
    (table,) = side_by_side.score_tables(found)
    assert table.headings == ("Answer", "Pictures", "l2 ↓")
    assert any("3 are in both, 3 and 4 in all" in note for note in found.notes)


def test_runs_on_other_data_or_hints_are_told_apart_and_not_refused(
    layout: DataLayout, tmp_path: Path, evaluated: dict[RecipeName, StageRecord]
):
    def asked(hints: str) -> dict[str, object]:
        return {
            "checkpoint": "there",
            "recipe": "unet-l2",
            "asked": {"pictures": "some/holiday", "lines": ""},
            "size_px": 64,
            "drawing": {
                "edges": {"detector": "adaptive", "block_px": 14},
                "hints": {"kind": hints},
            },
        }

    folder = _old_run(tmp_path / "folder", [0.5], **asked("strokes"))
    found = side_by_side.put(_read(layout, _folder(layout, evaluated["paper"]), folder))
    told = " | ".join(found.notes)
    assert "dataset differs" in told
    assert "folder holiday" in told
    assert "hints.kind differs (A paper, B strokes)" in told
    assert "edges.block_px differs (A 9, B 14)" in told
    assert "no table of single pictures is beside B" in told
    assert found.paired == ()
    assert side_by_side.markdown(found).startswith("# Runs side by side\n\n- dataset differs")


def test_all_is_json_and_a_letter_names_each_run(layout: DataLayout, tmp_path: Path):
    runs = _read(layout, *(_old_run(tmp_path / str(n), [0.1]) for n in range(2)))
    told = json.loads(json.dumps(side_by_side.as_json(side_by_side.put(runs))))
    assert list(told["runs"]) == ["A", "B"]
    assert told["runs"]["A"]["test"][0]["l2"] == pytest.approx(0.1)
    assert told["paired"][0]["difference"] == 0


def test_a_root_stands_for_its_newest_report(layout: DataLayout, tmp_path: Path):
    for key, ended, step in (("aaa" * 4, "2026-01-02", 2), ("bbb" * 4, "2026-01-01", 1)):
        folder = tmp_path / "report" / key
        folder.mkdir(parents=True)
        (folder / "stage.json").write_text(json.dumps({"ended_at": ended}))
        score = {"condition": "detected", "answer": "model", "num_pictures": 1, "l2": 0.1}
        recipes = {name: {"step": step, "test": [score]} for name in ("unet-l2", "paper")}
        content = {"seed": 5, "stages": {}, "recipes": recipes}
        (folder / "metrics.json").write_text(json.dumps(content))
    runs = _read(layout, str(tmp_path))
    assert [(run.recipe, run.step, run.seed) for run in runs] == [
        ("unet-l2", 2, 5),
        ("paper", 2, 5),
    ]


@pytest.mark.parametrize(
    "row",
    [
        1,
        {},
        {"condition": None},
        {"answer": 1},
        {"l2": "x"},
        {"split": 1},
        {"l2": [1]},
        {"num_pictures": None},
    ],
    ids=str,
)
def test_a_run_whose_rows_are_damaged_is_none(tmp_path: Path, row: object):
    words = {"condition": "detected", "answer": "model", "split": "test"}
    whole = {**words, "num_pictures": 1, "l2": 0.1, "psnr": None}
    damaged = whole | row if isinstance(row, dict) and row else row
    _old_run(tmp_path / "whole", [0.1], test=[whole])
    _old_run(tmp_path / "damaged", [0.1], test=[whole, damaged])
    layout = DataLayout.at(str(tmp_path))
    (run,) = read_runs(str(tmp_path / "whole"), layout)
    assert run.scores == (whole,)
    with pytest.raises(BadInput, match="holds no numbers of a run"):
        read_runs(str(tmp_path / "damaged"), layout)


def test_what_is_no_run_is_said_with_what_is_wanted(tmp_path: Path):
    layout = DataLayout.at(str(tmp_path / "root"))
    (tmp_path / "no.json").write_text("[1]")
    (tmp_path / "other.json").write_text('{"a": 1}')
    shutil.copy(tmp_path / "other.json", tmp_path / "metrics.json")
    for named in ("ffffff", str(tmp_path / "typo"), str(layout.root)):
        with pytest.raises(MissingInput, match="first digits of a key"):
            read_runs(named, layout)
    for named in (str(tmp_path), str(tmp_path / "no.json"), str(tmp_path / "other.json")):
        with pytest.raises(BadInput, match="holds no numbers of a run"):
            read_runs(named, layout)


def test_a_measure_that_was_taken_of_some_pictures_alone_is_told(tmp_path: Path):
    runs = []
    for name, measured in (("most", 3), ("some", 2), ("none", 0)):
        folder = tmp_path / name
        (run,) = read_runs(_old_run(folder, [0.1, 0.2, 0.3]), DataLayout.at(str(tmp_path)))
        rows = pq.read_table(folder / "per_sample.parquet").to_pylist()
        told = [
            row | {"perceptual": 0.5 if number < measured else None}
            for number, row in enumerate(rows)
        ]
        pq.write_table(pa.Table.from_pylist(told), folder / "per_sample.parquet")
        runs.append(run)

    wanted = "VGG16 distance was not taken of the same pictures (A 3, B 2): only the differences"
    assert [note[: len(wanted)] for note in side_by_side.put(runs).notes] == [wanted]
    assert side_by_side.put([runs[0], runs[2]]).notes == ()


def test_two_trainings_of_one_recipe_are_told_apart_by_what_was_changed(
    layout: DataLayout, evaluated: dict[RecipeName, StageRecord]
):
    (run,) = _read(layout, _folder(layout, evaluated["paper"]))
    assert run.training["learning_rate"] == 1e-4
    other = replace(run, training={**run.training, "learning_rate": 1e-3, "seed": 9})
    told = "A and B were trained otherwise: learning_rate 0.0001 and 0.001"
    assert side_by_side.put([run, other]).notes == (told,)
    named = [replace(run, training={**run.training, "feature_sha256": sha}) for sha in "ab"]
    (told,) = side_by_side.put(named).notes
    assert told.endswith("trained otherwise: feature_sha256 a and b")
    assert side_by_side.put([run, replace(other, recipe="wgan")]).notes == ()
