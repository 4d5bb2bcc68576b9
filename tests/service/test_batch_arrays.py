"""The steps from labels to a file of columns: lines found, bits turned about, bits counted."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.documents import BYTE_ORDER_MARK
from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.features.lines import split_lines
from linewise.models import Document
from linewise.service.batch.arrays import column, flags, repeated
from linewise.service.batch.spans import line_spans
from linewise.service.batch.summary import _count_bits, summarize_many, summarize_stream
from linewise.service.batch.tables import NAME

from .conftest import ScanningClassifier

masks = st.lists(st.integers(0, 2**32 - 1), max_size=40)


@given(masks)
def test_flags_are_the_bits_of_the_masks(values: list[int]) -> None:
    found = flags(np.array(values, dtype=np.uint32), 32)
    assert [array.to_pylist() for array in found] == [[bool(v >> bit & 1) for v in values] for bit in range(32)]


PIECES = [b"a", b"\n", b"\r", b"\r\n", b"\x0b", b"some more", BYTE_ORDER_MARK]
texts = st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), max_size=4)


@given(texts)
def test_lines_are_where_they_are_with_the_kernel_and_without(some: list[bytes]) -> None:
    found = line_spans(some)
    with patch.object(kernel, "load", lambda: None):
        plain = line_spans(some)
    for name in ("counts", "starts", "ends"):
        np.testing.assert_array_equal(getattr(found, name), getattr(plain, name), name)
        assert getattr(found, name).dtype == getattr(plain, name).dtype == np.int64
    rows = zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    for text, count in zip(some, found.counts.tolist(), strict=True):
        body = text.removeprefix(BYTE_ORDER_MARK)
        lines = split_lines(body)
        expected = [body[a:b] for a, b in zip(lines.starts.tolist(), lines.ends.tolist(), strict=True)]
        assert [text[start:end] for start, end in (next(rows) for _ in range(count))] == (
            expected or ([b""] if text else [])
        )


@given(st.lists(masks, max_size=5))
def test_bits_are_counted_alike_with_the_kernel_and_without(runs: list[list[int]]) -> None:
    together = np.array([mask for run in runs for mask in run], dtype=np.uint32)
    lengths = np.array([len(run) for run in runs], dtype=np.int64)
    found = _count_bits(together, lengths)
    with patch.object(kernel, "load", lambda: None):
        plain = _count_bits(together, lengths)
    np.testing.assert_array_equal(found, plain)
    assert found.tolist() == [[sum(mask >> bit & 1 for mask in run) for bit in range(32)] for run in runs]


def test_repeated_strings_are_stored_once() -> None:
    found = repeated(["a", None, "b", "a"], np.array([2, 1, 0, 1]))
    assert found.to_pylist() == ["a", "a", None, "a"]
    assert (found.type, found.dictionary.to_pylist()) == (NAME, ["a", "b"])
    assert repeated([None, None], None).to_pylist() == [None, None]
    assert repeated([], None).to_pylist() == []


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", None, "é"], NAME),
        (["a", None, "é"], pa.string()),
        ([b"a", None, b""], pa.binary()),
        ([True, None, False], pa.bool_()),
        ([1, None, -3], pa.int64()),
        ([[1, 2], None, []], pa.list_(pa.uint32())),
    ],
)
def test_columns_are_what_arrow_makes_of_the_values(values: list[object], kind: pa.DataType) -> None:
    given_values = [np.array(v, dtype=np.uint32) if isinstance(v, list) else v for v in values]
    for some in (slice(None), slice(1, 2), slice(0)):
        found = column(given_values[some], kind)
        found.validate(full=True)
        assert found.type == kind
        assert found.to_pylist() == pa.array(values[some], kind).to_pylist()


def test_summaries_count_the_labels_of_each_text() -> None:
    texts = [b"import os\n\n# note\nfor x in y:\n    f(x)  # MAYBE\n" * times for times in (1, 0, 300, 2)]
    said = list(ScanningClassifier().classify_many([Document(text, filename="a.py") for text in texts]))
    for summary, prediction in zip(summarize_many(said), said, strict=True):
        assert summary.lines == len(prediction)
        if not len(prediction):
            assert summary.shares is None
            continue
        expected = [np.mean(prediction.masks & mask_of([name]) != 0) for name in LABEL_NAMES]
        assert summary.shares == pytest.approx(expected)
        commented = np.count_nonzero(prediction.masks & mask_of(["comment", "documentation"]))
        code = np.count_nonzero(prediction.masks & mask_of(["code"]))
        assert summary.comment_to_code_ratio == pytest.approx(commented / code)
    many = said * 200
    assert [each.values for each in summarize_stream(many)] == [each.values for each in summarize_many(many)]
