from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.features import lines
from linewise.features.documents import make_batch
from linewise.features.lines import encode, end_of_lines, split_lines

LINE_PARTS = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\f", b"\x1c", "\u2028".encode(), b" "]))


def reference(data: bytes) -> list[bytes]:
    lines, current, position = [], b"", 0
    while position < len(data):
        byte = data[position : position + 1]
        position += 1
        if byte == b"\r":
            position += data[position : position + 1] == b"\n"
        if byte in (b"\n", b"\r"):
            lines.append(current)
            current = b""
        else:
            current += byte
    return [*lines, current] if current else lines


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\r\nb\rc\n\nd\r", [b"a", b"b", b"c", b"", b"d"]),
        (b"a\n\rb", [b"a", b"", b"b"]),
        (b"\r\r\n\n", [b"", b"", b""]),
        (b"x\fy\x1cz\xe2\x80\xa8w\x85", [b"x\fy\x1cz\xe2\x80\xa8w\x85"]),
    ],
)
def test_only_line_feed_and_carriage_return_end_lines(data: bytes, expected: list[bytes]) -> None:
    spans = split_lines(data)
    assert [data[start:end] for start, end in zip(spans.starts, spans.ends, strict=True)] == expected


@given(LINE_PARTS)
def test_agrees_with_a_loop_over_bytes(parts: list[bytes]) -> None:
    data = b"".join(parts)
    spans = split_lines(data)
    assert [data[start:end] for start, end in zip(spans.starts, spans.ends, strict=True)] == reference(data)


@given(LINE_PARTS, st.integers(1, 5))
def test_lines_end_where_they_are_counted(parts: list[bytes], piece_bytes: int) -> None:
    data = b"".join(parts)
    all_lines = reference(data)
    with patch.object(lines, "_PIECE_BYTES", piece_bytes):
        for count in range(len(all_lines) + 1):
            end = end_of_lines(data, 0, count)
            assert reference(data[:end]) == all_lines[:count]
            assert reference(data[end:]) == all_lines[count:]
            assert end_of_lines(data, end, len(all_lines) - count) == len(data)


@given(st.lists(LINE_PARTS, max_size=5))
def test_a_batch_keeps_each_documents_lines(documents: list[list[bytes]]) -> None:
    texts = [b"".join(parts) for parts in documents]
    batch = make_batch(texts)
    lines = [bytes(batch.data[a:b]) for a, b in zip(batch.lines.starts, batch.lines.ends, strict=True)]
    for index, text in enumerate(texts):
        assert lines[batch.line_offsets[index] : batch.line_offsets[index + 1]] == reference(text)
    assert np.array_equal(np.bincount(batch.document_of_line, minlength=len(texts)), np.diff(batch.line_offsets))


def test_a_byte_order_mark_belongs_to_no_line_but_keeps_its_own() -> None:
    batch = make_batch([b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbf"])
    assert batch.line_offsets.tolist() == [0, 1, 2]
    assert bytes(batch.data[batch.lines.starts[0] : batch.lines.ends[0]]) == b"x = 1"


def test_lone_surrogates_are_encoded() -> None:
    assert encode("a\ud800") == b"a\xed\xa0\x80"
