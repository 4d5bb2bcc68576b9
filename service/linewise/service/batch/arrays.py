"""Arrow arrays made of their buffers.

`pa.array` imports pandas wherever that is installed, even for an array of numpy, and the methods of arrays import
`pyarrow.compute`: half a second for each process, which is longer than a process needs to label 100,000 lines.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .tables import NAME

_SWAPS = (
    (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
    (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
    (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
)
"""How far the bits of a square of eight by eight move to change places, and which do: the upper ones of each pair."""


def numbers(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """An array of whole numbers or floats, of the type that the values have; null where one is missing."""
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [_validity(missing), pa.py_buffer(values)])


def flags(masks: NDArray[np.uint32], n_bits: int) -> list[pa.Array]:
    """For each of the lowest bits, an array of booleans that tells which masks have it."""
    return [
        pa.Array.from_buffers(pa.bool_(), len(masks), [None, pa.py_buffer(column)])
        for column in _transposed(masks)[:n_bits]
    ]


def _transposed(masks: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The bits of masks turned about: row k has bit k of every mask, eight to a byte, of shape (32, n_bytes).

    Bytes of eight masks are turned at once, as squares of eight bits by eight in 64-bit numbers: two bits on either
    side of the diagonal change places, then squares of two by two, then of four by four.
    """
    n_bytes = -(-len(masks) // 8)
    padded = np.zeros(n_bytes * 8, dtype="<u4")
    padded[: len(masks)] = masks
    squares = np.ascontiguousarray(padded.view(np.uint8).reshape(-1, 4).T).view("<u8")  # (4, n_bytes)
    for shift, moved in _SWAPS:
        swapped = (squares ^ (squares >> shift)) & moved
        squares ^= swapped ^ (swapped << shift)
    return np.ascontiguousarray(squares.view(np.uint8).reshape(4, n_bytes, 8).transpose(0, 2, 1)).reshape(32, n_bytes)


def booleans(values: NDArray[np.bool_], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """An array of booleans; null where one is missing."""
    return pa.Array.from_buffers(pa.bool_(), len(values), [_validity(missing), _bits(values)])


def strings(values: Sequence[str | None]) -> pa.Array:
    """An array of strings, null for None."""
    return _joined([None if value is None else value.encode() for value in values], pa.string())


def names(values: Sequence[str | None]) -> pa.DictionaryArray:
    """The same as `strings`, with each value stored once."""
    return repeated(values, None)


def repeated(values: Sequence[str | None], counts: NDArray[np.int64] | None) -> pa.DictionaryArray:
    """Each string as often as its count says, stored once; without counts, once each."""
    known = [value for value in dict.fromkeys(values) if value is not None]
    # Null stands for the first value, whichever that is.
    places: dict[str | None, int] = {None: 0, **dict(zip(known, range(len(known)), strict=True))}
    indices = np.fromiter(map(places.__getitem__, values), dtype=np.int32, count=len(values))
    missing = np.array([value is None for value in values], dtype=bool) if None in values else None
    if counts is not None:
        indices, missing = np.repeat(indices, counts), None if missing is None else np.repeat(missing, counts)
    return pa.DictionaryArray.from_arrays(numbers(indices, missing), strings(known))


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
    if pa.types.is_list(kind):
        return _lists(values, kind)
    missing = np.array([value is None for value in values], dtype=bool) if None in values else None
    known = values if missing is None else [0 if value is None else value for value in values]
    if pa.types.is_boolean(kind):
        return booleans(np.array(known, dtype=bool), missing)
    return numbers(np.array(known, dtype=kind.to_pandas_dtype()), missing)


def values_of(array: pa.Array, kind: Any) -> NDArray[Any]:
    """The numbers of an array that begins where its buffers do, nulls among them as whatever was put in their place.

    Args:
        array: of numbers, or of lists of so many numbers, which come end to end.
        kind: the numbers' type, as numpy has it.
    """
    n_values = len(array) * (array.type.list_size if pa.types.is_fixed_size_list(array.type) else 1)
    return np.frombuffer(array.buffers()[-1] or b"", dtype=kind)[:n_values]


def column_values(array: pa.Array) -> list[Any]:
    """The strings of an array that `names` has made, or the floats of one of `numbers`, 0 for those that are null."""
    if not pa.types.is_dictionary(array.type):
        return list(values_of(array, array.type.to_pandas_dtype()).tolist())
    known = array.dictionary.to_pylist() or [None]
    places = values_of(array.indices, np.int32)
    if array.null_count:
        missing = _missing(array)
        return [None if gone else known[place] for place, gone in zip(places.tolist(), missing.tolist(), strict=True)]
    return [known[place] for place in places.tolist()]


def counts_of(array: pa.Array) -> NDArray[np.int64]:
    """Whole numbers of 64 bits, nothing for null."""
    counts = values_of(array, np.int64)
    return np.where(_missing(array), 0, counts) if array.null_count else counts


def bytes_of(array: pa.StringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Strings end to end, and how many bytes each has; there are no nulls among them."""
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[: len(array) + 1]
    return np.frombuffer(data or b"", dtype=np.uint8)[: bounds[-1]], np.diff(bounds).astype(np.int64)


def _missing(array: pa.Array) -> NDArray[np.bool_]:
    bits: NDArray[np.uint8] = np.frombuffer(array.buffers()[0], dtype=np.uint8)
    return np.equal(np.unpackbits(bits, count=len(array), bitorder="little"), 0)


def _joined(values: Sequence[bytes | None], kind: pa.DataType) -> pa.Array:
    data = b"".join(value for value in values if value is not None)
    return pa.Array.from_buffers(kind, len(values), [*_places(values), pa.py_buffer(data)])


def _lists(values: Sequence[NDArray[Any] | None], kind: pa.DataType) -> pa.Array:
    """An array of lists of numbers, each of which is an array of the type that they have."""
    known = [value for value in values if value is not None]
    items = np.concatenate(known) if known else np.empty(0, dtype=kind.value_type.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), _places(values), children=[numbers(items)])


def _places(values: Sequence[Sized | None]) -> list[pa.Buffer | None]:
    """Which values there are, and where each begins and ends when they are laid end to end."""
    offsets = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum([0 if value is None else len(value) for value in values], out=offsets[1:])
    missing = np.array([value is None for value in values], dtype=bool)
    return [_validity(missing), pa.py_buffer(offsets)]


def _validity(missing: NDArray[np.bool_] | None) -> pa.Buffer | None:
    return _bits(~missing) if missing is not None and missing.any() else None


def _bits(values: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(values, bitorder="little"))
