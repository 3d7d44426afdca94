from dataclasses import replace
from typing import get_args

from evaluation import names
from evaluation.conditions import Condition
from evaluation.config import ReportConfig
from evaluation.content import gather
from evaluation.sheets import DETECTORS, sheets_of
from preprocessing.config import EdgeConfig, HintKind
from storage.layout import DataLayout
from storage.records import StageRecord
from training.recipes import RecipeName


def test_each_condition_and_each_kind_of_hints_has_its_words():
    assert names.CONDITIONS.keys() == names.GIVEN.keys() == set(Condition)
    assert names.HINTS.keys() == set(get_args(HintKind))


def test_the_hint_of_a_figure_is_told_as_the_dataset_has_it(
    layout: DataLayout, paired: StageRecord, evaluated: dict[RecipeName, StageRecord]
):
    stroked = replace(paired, settings=paired.settings | {"hints": {"kind": "strokes"}})
    lineage = {f"evaluate-{recipe}": record for recipe, record in evaluated.items()}
    for dataset, told in ((paired, "whited out, blurred"), (stroked, "as a user draws them")):
        content = gather(ReportConfig(), "", lineage | {"condition": dataset}, layout)
        (sheet,) = (sheet for sheet in sheets_of(content) if sheet.slug == "recipes")
        (hint,) = (column for column in sheet.columns if column.heading == "Hint")
        assert told in sheet.caption
        assert told in hint.seen


def test_the_figure_of_detectors_has_a_place_for_each():
    assert get_args(EdgeConfig.model_fields["detector"].annotation) == DETECTORS
