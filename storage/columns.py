"""Columns of Arrow from Python's values, by their buffers.

`pyarrow.array` gives the same columns, but imports pandas for the first one: a quarter of a second
and 40 MB in every process that writes a table.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from typing import Any

import numpy as np
import pyarrow as pa

NUMBERS = {pa.int64(): "q", pa.float64(): "d"}
"""The types of numbers, and Python's codes of them."""


def column_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Give a column of numbers, truths, texts or lists of one of these; None is null.

    Raises:
        TypeError, OverflowError: a value is of another type, or too large for it.
    """
    is_there = [value is not None for value in values]
    if all(is_there):
        return _column_of(values, kind, None)
    blank: Any = () if pa.types.is_list(kind) else "" if pa.types.is_string(kind) else 0
    filled = [blank if value is None else value for value in values]
    return _column_of(filled, kind, _bits(is_there))


def _column_of(values: Sequence[Any], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    if pa.types.is_list(kind):
        items = column_of(list(chain.from_iterable(values)), kind.value_type)
        buffers = [validity, _offsets(values)]
        return pa.Array.from_buffers(kind, len(values), buffers, children=[items])
    if pa.types.is_string(kind):
        texts = list(map(str.encode, values))
        buffers = [validity, _offsets(texts), pa.py_buffer(b"".join(texts))]
    elif pa.types.is_boolean(kind):
        buffers = [validity, _bits(values)]
    else:
        buffers = [validity, pa.py_buffer(array(NUMBERS[kind], values))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _bits(truths: Sequence[bool]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.array(array("b", truths)), bitorder="little").tobytes())


def _offsets(values: Iterable[Sequence[Any]]) -> pa.Buffer:
    """Give where each value begins, and where the last one ends."""
    return pa.py_buffer(array("i", accumulate(map(len, values), initial=0)))
