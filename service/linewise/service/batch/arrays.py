"""Arrow arrays made of their buffers.

`pa.array` imports pandas wherever that is installed, even for an array of numpy: half a second for each process, which
is longer than a process needs to label 100,000 lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .tables import NAME


def numbers(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """An array of whole numbers or floats, of the type that the values have; null where one is missing."""
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [_validity(missing), pa.py_buffer(values)])


def booleans(values: NDArray[np.bool_] | NDArray[np.uint8], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """An array of booleans; null where one is missing."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [_validity(missing), _bits(values)])


def strings(values: Sequence[str | None]) -> pa.Array:
    """An array of strings, null for None."""
    return _joined([None if value is None else value.encode() for value in values], pa.string())


def names(values: Sequence[str | None]) -> pa.DictionaryArray:
    """The same as `strings`, with each value stored once."""
    return strings(values).dictionary_encode()


def constant(value: str, length: int) -> pa.DictionaryArray:
    """So many rows of one string, which is stored once."""
    return pa.DictionaryArray.from_arrays(numbers(np.zeros(length, dtype=np.int32)), strings([value]))


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """An array of Python values, null for None, of any type that the tables have."""
    if kind == NAME:
        return names(values)
    if pa.types.is_string(kind):
        return strings(values)
    if pa.types.is_binary(kind):
        return _joined(values, kind)
    missing = np.array([value is None for value in values], dtype=bool)
    known = [0 if value is None else value for value in values]
    if pa.types.is_boolean(kind):
        return booleans(np.array(known, dtype=bool), missing)
    return numbers(np.array(known, dtype=kind.to_pandas_dtype()), missing)


def _joined(values: Sequence[bytes | None], kind: pa.DataType) -> pa.Array:
    lengths = [0 if value is None else len(value) for value in values]
    offsets = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    data = b"".join(value for value in values if value is not None)
    missing = np.array([value is None for value in values], dtype=bool)
    buffers = [_validity(missing), pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _validity(missing: NDArray[np.bool_] | None) -> pa.Buffer | None:
    return _bits(~missing) if missing is not None and missing.any() else None


def _bits(values: NDArray[np.bool_] | NDArray[np.uint8]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(values, bitorder="little"))
