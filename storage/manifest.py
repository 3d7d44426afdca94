"""Tables: rows of frozen dataclasses as Parquet, with the contract's name in the file.

A column's type follows from the dataclass field: int, float, bool, str, an Enum of str, `tuple`
of these, and `| None`. A reader refuses a table of another contract.
"""

import dataclasses
import types
from collections.abc import Iterable, Iterator
from enum import Enum
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from storage import digest, files
from storage.columns import column_of
from storage.errors import ContractError, CorruptFile, MissingInput
from storage.layout import PART, DataLayout
from storage.records import Contract, StageRecord

Row = TypeVar("Row")

CONTRACT_FIELD = b"irodori.contract"
DAMAGED = (pa.ArrowException, OSError, ValueError, KeyError)
"""What Arrow and its values raise, if some bytes of a table are not what was written."""
PLAIN_TYPES = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}


def write_table(
    path: UPath,
    contract: Contract,
    rows: Iterable[Row],
    row_type: type[Row],
    *,
    checked: bool = False,
) -> None:
    """Write rows as one Parquet file, whole or not at all: the same rows, the same bytes.

    What no record has a digest of is `checked`: its pages carry checksums of their own.
    """
    schema = schema_of(row_type).with_metadata({CONTRACT_FIELD: contract.value.encode()})
    listed = list(rows)
    columns = [column_of(list(map(attrgetter(each.name), listed)), each.type) for each in schema]
    with files.whole(path) as file:
        pq.write_table(
            pa.Table.from_arrays(columns, schema=schema),
            file,
            compression="zstd",
            write_page_checksum=checked,
        )


def read_table(path: UPath, contract: Contract, row_type: type[Row], sha256: str = "") -> list[Row]:
    """Read the rows of one Parquet file; of a row type with fewer fields, no other columns.

    Raises:
        MissingInput: the file is not there.
        CorruptFile: the file is no Parquet, or not that of a sha256 which is given: with a bit that
            has flipped it may well be read, as other rows.
        ContractError: it holds another contract.
    """
    try:
        content = files.read_bytes(path)
    except FileNotFoundError as error:
        raise MissingInput(f"{path}: not there; run the stage that writes it again") from error
    if sha256 not in ("", digest.of_bytes(content)):
        raise CorruptFile(
            f"{path}: its sha256 is not that of its stage's record; delete it and run the stage"
            " again, or put it back from a copy"
        )
    try:
        # Arrow's threads may abort a process that ends soon after (apache/arrow#34314).
        # Nor by read_table, which starts one to look for a dataset.
        file = pq.ParquetFile(
            pa.BufferReader(content), pre_buffer=False, page_checksum_verification=True
        )
        _refuse_other(file, contract, path)
        hints = get_type_hints(row_type)
        table = file.read(columns=list(hints), use_threads=False)
        columns = {name: _as_hinted(table[name].to_pylist(), hint) for name, hint in hints.items()}
        rows = zip(*columns.values(), strict=True)
        return [row_type(**dict(zip(columns, values, strict=True))) for values in rows]
    except DAMAGED as error:
        raise CorruptFile(f"{path}: no readable Parquet; delete it and run again") from error


def rows_of(record: StageRecord, layout: DataLayout, row_type: type[Row]) -> Iterator[Row]:
    """Read the table that a finished stage wrote in parts; one part is in memory at a time."""
    folder = layout.stage(record.stage, record.key)
    for output in record.outputs:
        if PART.fullmatch(output.name):
            path = folder / output.name
            yield from read_table(path, record.contract, row_type, output.sha256)


def schema_of(row_type: type) -> pa.Schema:
    """Give the Parquet schema of a dataclass."""
    hints = get_type_hints(row_type)
    return pa.schema(
        [_field_of(field.name, hints[field.name]) for field in dataclasses.fields(row_type)]
    )


def _refuse_other(file: pq.ParquetFile, contract: Contract, path: UPath) -> None:
    found = (file.schema_arrow.metadata or {}).get(CONTRACT_FIELD, b"no contract").decode()
    if found != contract:
        raise ContractError(
            f"{path}: holds {found}, wanted {contract}; run the stage that writes it again"
        )


def _field_of(name: str, hint: Any) -> pa.Field:
    inner = _without_none(hint)
    return pa.field(name, _arrow_type(inner), nullable=inner is not hint)


def _arrow_type(hint: Any) -> pa.DataType:
    if get_origin(hint) is tuple:
        return pa.list_(_arrow_type(get_args(hint)[0]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return pa.string()
    return PLAIN_TYPES[hint]


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (types.UnionType, Union):
        (hint,) = [arm for arm in get_args(hint) if arm is not type(None)]
    return hint


def _as_hinted(values: list[Any], hint: Any) -> Iterable[Any]:
    inner = _without_none(hint)
    if get_origin(inner) is tuple:
        return map(tuple, values)
    if isinstance(inner, type) and issubclass(inner, Enum):
        return (None if value is None else inner(value) for value in values)
    return values
