"""The code block of the README that reads tables, run as it stands."""

import re
from pathlib import Path

import pandas as pd
import pytest

from preprocessing.stage import VERDICTS_NAME
from storage import manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, DropReason, StageRecord, Verdict
from tests.verdicts import verdict_of
from training.recipes import RecipeName

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    reasons = [None, DropReason.MONOCHROME, DropReason.MONOCHROME]
    rows = [verdict_of(number, reason=reason) for number, reason in enumerate(reasons)]
    table = DataLayout.at(str(tmp_path)).stage(Stage.CLEAN, "key") / VERDICTS_NAME
    manifest.write_table(table, Contract.VERDICTS, rows, Verdict)
    return Path(str(table))


def test_pandas_reads_our_tables_as_the_readme_says(
    layout: DataLayout,
    evaluated: dict[RecipeName, StageRecord],
    verdicts: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (block,) = re.findall(r"```python\n(import pandas.*?)```", README.read_text(), re.DOTALL)
    there = layout.stage(Stage.EVALUATE, evaluated["paper"].key)
    block = block.replace("data/clean/<key>/part-00000.parquet", str(verdicts))
    names: dict[str, pd.Series] = {}
    exec(block.replace("data/evaluate/<key>", str(there)), names)
    said = capsys.readouterr().out
    assert re.search(r"monochrome +2", said)
    assert re.search(r"true_strokes +hint", said)
    assert len(set(names["worst"])) >= 2
