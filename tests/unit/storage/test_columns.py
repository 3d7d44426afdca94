import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest

from storage.columns import column_of

TEXTS = pa.list_(pa.string())


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], pa.int64()),
        ([0, -1, 2**63 - 1, -(2**63)], pa.int64()),
        ([1, None, 3], pa.int64()),
        ([None, None], pa.int64()),
        ([0.1, float("inf"), float("-inf"), None, 2], pa.float64()),
        ([True, False] * 9, pa.bool_()),
        ([None, True, None, False, None, True, True, None, True], pa.bool_()),
        (["", "彩り", "a\0b", None, "👋"], pa.string()),
        ([("a", "彩"), (), None, ("",)], TEXTS),
        ([[1, 2], [3]], pa.list_(pa.int64())),
        ([["a", None]], TEXTS),
        ([], TEXTS),
    ],
)
def test_a_column_is_the_one_that_arrow_makes(values: list[Any], kind: pa.DataType):
    column = column_of(values, kind)
    column.validate(full=True)
    assert column.type == kind
    assert column.equals(pa.array(values, kind))
    assert column.null_count == values.count(None)


def test_a_number_that_is_none_is_no_null():
    column = column_of([float("nan"), 1.0], pa.float64())
    assert column.null_count == 0
    assert column.to_pylist()[0] != column.to_pylist()[0]


@pytest.mark.parametrize(
    ("value", "kind", "error"),
    [
        (1.5, pa.int64(), TypeError),
        ("1", pa.int64(), TypeError),
        (2**63, pa.int64(), OverflowError),
        ("1", pa.float64(), TypeError),
        (1, pa.string(), TypeError),
        ("true", pa.bool_(), TypeError),
        (0.5, pa.bool_(), TypeError),
        (1, TEXTS, TypeError),
        ((1,), TEXTS, TypeError),
    ],
)
def test_a_value_of_another_type_is_refused(
    value: object, kind: pa.DataType, error: type[Exception]
):
    with pytest.raises(error):
        column_of([value], kind)


def test_a_table_is_written_and_read_without_pandas():
    program = """
import sys
from upath import UPath
from storage import manifest
from storage.records import Contract, ShardRow, Split

table = UPath("memory://t.parquet")
rows = [ShardRow("train-000000.tar", Split.TRAIN, 1, 2, "cc", "dd")]
manifest.write_table(table, Contract.SHARDS, rows, ShardRow)
assert manifest.read_table(table, Contract.SHARDS, ShardRow) == rows
print("pandas" in sys.modules)
"""
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout == "False\n"
