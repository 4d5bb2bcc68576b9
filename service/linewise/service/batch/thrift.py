"""The compact protocol of Thrift, in which Parquet writes its footers: enough to change one and write it again.

Nothing is known here of what fields mean. A struct is read as a dict from field numbers to types and values, in order,
and written as it was read, so that fields of later versions of Parquet survive.
"""

from __future__ import annotations

from typing import Any

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _, _STRUCT = range(13)
_DOUBLE_BYTES = 8
_LONG_LIST = 15

Struct = dict[int, tuple[int, Any]]
"""The fields of a struct by their numbers: the type of each in the protocol, and its value."""


class ThriftError(ValueError):
    """Bytes are no struct in the compact protocol, or hold a type that Parquet's footers do not use."""


def read_struct(data: bytes) -> Struct:
    """Read a struct, which must be all there; what follows it is passed over.

    Raises:
        ThriftError: it is cut off, or no struct.
    """
    try:
        return _Reader(data).struct()
    except IndexError as error:
        raise ThriftError("a struct is cut off") from error


def write_struct(struct: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _write(out, _STRUCT, struct)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self) -> Struct:
        fields: Struct = {}
        number = 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = kind, kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (_I16, _I32, _I64):
            return self._signed()
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind == _STRUCT:
            return self.struct()
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < _LONG_LIST else self._unsigned()
            return head & 15, [self._value(head & 15) for _ in range(size)]
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()  # in a list, a truth value is a byte too
        if kind == _DOUBLE:
            return self._bytes(_DOUBLE_BYTES)
        raise ThriftError(f"type {kind} is not used in footers")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, length: int) -> bytes:
        self._at += length
        if self._at > len(self._data):
            raise IndexError
        return self._data[self._at - length : self._at]

    def _unsigned(self) -> int:
        value = shift = 0
        while (byte := self._byte()) > 127:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift

    def _signed(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind in (_I16, _I32, _I64):
        _write_unsigned(out, value << 1 if value >= 0 else ~(value << 1))
    elif kind == _BINARY:
        _write_unsigned(out, len(value))
        out += value
    elif kind == _STRUCT:
        _write_fields(out, value)
    elif kind in (_LIST, _SET):
        inner, values = value
        if len(values) < _LONG_LIST:
            out.append(len(values) << 4 | inner)
        else:
            out.append(_LONG_LIST << 4 | inner)
            _write_unsigned(out, len(values))
        for each in values:
            _write(out, inner, each)
    elif kind == _DOUBLE:
        out += value
    else:
        out.append(value)


def _write_fields(out: bytearray, fields: Struct) -> None:
    before = 0
    for number, (kind, value) in fields.items():
        told = (_TRUE if value else _FALSE) if kind in (_TRUE, _FALSE) else kind
        if 0 < number - before <= _LONG_LIST:
            out.append(number - before << 4 | told)
        else:
            out.append(told)
            _write(out, _I16, number)
        if kind not in (_TRUE, _FALSE):
            _write(out, kind, value)
        before = number
    out.append(_STOP)


def _write_unsigned(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
