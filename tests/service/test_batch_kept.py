"""Parts as they are kept until one file is made of them: what is read is what was written, in order."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from linewise.features.documents import BYTE_ORDER_MARK
from linewise.models import Document
from linewise.service.batch.arrays import column, column_values, counts_of
from linewise.service.batch.kept import ArrowWriter, batch_of, blocks_of, kept_schema, n_kept
from linewise.service.batch.part import Done
from linewise.service.batch.plan import Part
from linewise.service.batch.rows import LineBlock
from linewise.service.batch.run import _in_order
from linewise.service.batch.tables import NAME, file_schema

from .conftest import ScanningClassifier

GROUPS = ([b"", b"import os\n\nx = 1  # MAYBE", BYTE_ORDER_MARK + b"a\r\n\xff\r"], [b"", b"y = f(1)\n", b""])


@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("with_text", [False, True])
def test_lines_are_read_as_they_were_written(tmp_path: Path, scores: bool, with_text: bool) -> None:
    classifier = ScanningClassifier()
    written = []
    for texts in GROUPS:
        predictions = list(classifier.classify_many(Document(text, filename="a.py") for text in texts))
        written.append(LineBlock.of(texts, predictions, scores=scores, with_text=with_text))
    path = tmp_path / "part.arrow"
    with path.open("wb") as stream:
        writer = ArrowWriter(stream, kept_schema(scores=scores, with_text=with_text))
        for block in written:
            writer.write(batch_of(block))
        writer.close()

    assert n_kept(path) == sum(map(len, written))
    counts = np.concatenate([block.counts for block in written])
    found = list(blocks_of(path, counts))
    assert [files.start for _, files in found] == [0, 3]
    for expected, (block, _) in zip(written, found, strict=True):
        for each in fields(LineBlock):
            if each.name != "counts":
                np.testing.assert_array_equal(getattr(block, each.name), getattr(expected, each.name), each.name)
        assert block.counts.sum() == len(expected)


def test_values_of_files_are_read_back() -> None:
    names = ["b", None, "a", "b"]
    assert column_values(column(names, NAME)) == names
    assert column_values(column([None, None], NAME)) == [None, None]
    assert column_values(column([0.5, None], file_schema().field("language_score").type)) == [0.5, 0.0]
    assert counts_of(column([3, None, 0], file_schema().field("lines").type)).tolist() == [3, 0, 0]


def test_parts_are_put_together_in_order_whichever_is_done_first() -> None:
    parts = tuple(Part(index, 0, 1, 1) for index in range(5))
    done = (Done(index, 1, 1, 1) for index in (2, 0, 1, 4, 3))
    assert list(_in_order(parts, done)) == list(parts)
