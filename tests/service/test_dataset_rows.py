"""`label_batch`, and what becomes of rows that cannot be labelled."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from linewise.features.labels import LABEL_INDEX, LABEL_NAMES
from linewise.models import Classifier, Document, OptionError, Prediction
from linewise.service.batch import label_batch, label_schema
from linewise.service.batch.summary import summarize
from linewise.service.datasets.batches import BatchTypeError
from linewise.service.datasets.columns import ColumnError
from linewise.service.datasets.options import RowOptions
from linewise.service.datasets.rows import label_rows

TEXTS = ["import os\n\nfor a in b:\n    print(a)  # all\n", "x = 1\n", "", "/* none */\nint f(void);\n"]
LANGUAGES = ["Python", "python", None, "C"]
N_ADDED = 2 + 4 + len(LABEL_NAMES)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


def expected(classifier: Classifier) -> list[Prediction]:
    documents = [
        Document(text, language=language, context="file") for text, language in zip(TEXTS, LANGUAGES, strict=True)
    ]
    return list(classifier.classify_many(documents))


def check_rows(rows: list[dict[str, Any]], predictions: list[Prediction]) -> None:
    for row, prediction in zip(rows, predictions, strict=True):
        summary = summarize(prediction).as_row()
        assert row["linewise_status"] == "labelled"
        assert row["linewise_reason"] is None
        language = row["linewise_language"]  # pandas' own null where there is none
        assert (None if pd.isna(language) else language) == summary["language"]
        assert row["linewise_lines"] == len(prediction)
        for name in LABEL_NAMES:
            share = row[f"linewise_frac_lines_{name}"]
            wanted = summary[f"frac_lines_{name}"]
            # Where there is no share, Arrow and lists say None, numpy and pandas NaN.
            assert (share is None or math.isnan(share)) if wanted is None else share == pytest.approx(wanted)
        assert list(row["linewise_line_labels"]) == prediction.masks.tolist()
        assert list(row["linewise_line_uncertain"]) == prediction.uncertain_masks.tolist()


label = partial(label_batch, language_column="lang", with_lines=True)


def test_every_kind_of_batch_is_answered_in_kind(classifier: Classifier) -> None:
    predictions = expected(classifier)
    columns = {"content": TEXTS, "lang": LANGUAGES, "id": [4, 3, 2, 1]}
    table = pa.table(columns)

    labelled = label(table)
    assert isinstance(labelled, pa.Table)
    assert labelled.schema.names[3:] == label_schema(language_column="lang", with_lines=True).names
    check_rows(labelled.to_pylist(), predictions)

    batch = label(table.to_batches()[0])
    assert isinstance(batch, pa.RecordBatch)
    assert pa.Table.from_batches([batch]).equals(labelled)

    frame = label(pd.DataFrame(columns, index=[7, 8, 9, 10]))
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.index) == [7, 8, 9, 10]
    check_rows(frame.to_dict("records"), predictions)

    arrays = label({name: np.array(values, dtype=object) for name, values in columns.items()})
    assert all(isinstance(values, np.ndarray) and len(values) == len(TEXTS) for values in arrays.values())
    assert arrays["linewise_lines"].dtype == np.int64
    check_rows([{name: values[row] for name, values in arrays.items()} for row in range(4)], predictions)

    lists = label(dict(columns))
    assert lists["id"] == columns["id"]
    check_rows([{name: values[row] for name, values in lists.items()} for row in range(4)], predictions)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS, pa.string_view()),
        pa.array(TEXTS).dictionary_encode(),
        pa.array([text.encode() for text in TEXTS], pa.binary()),
        pa.chunked_array([pa.array(TEXTS[:1]), pa.array([], pa.string()), pa.array(TEXTS[1:])]),
    ],
    ids=["large", "view", "dictionary", "binary", "chunks"],
)
def test_text_may_be_stored_in_any_way(column: pa.Array, classifier: Classifier) -> None:
    check_rows(label(pa.table({"content": column, "lang": LANGUAGES})).to_pylist(), expected(classifier))


def test_rows_that_cannot_be_labelled_say_why_and_cost_no_others() -> None:
    texts = ["x = 1\n", None, 7, "y" * 50, b"z = 2\n", float("nan"), "\n" * 40, ["x"]]
    answer = label_batch({"content": texts}, max_bytes=45, max_lines=30, prefix="")
    assert answer["status"] == [
        "labelled", "skipped", "failed", "skipped", "labelled", "skipped", "skipped", "failed",
    ]  # fmt: skip
    assert answer["reason"] == [None, "null", "not text", "too large", None, "null", "too large", "not text"]
    assert answer["lines"] == [1, 0, 0, 0, 1, 0, 0, 0]
    assert [share is None for share in answer["frac_lines_code"]] == [
        status != "labelled" for status in answer["status"]
    ]
    table = label_batch(pa.table({"content": pa.array([None, None], pa.null())}))
    assert table["linewise_reason"].to_pylist() == ["null", "null"]
    assert label_batch(pa.table({"content": pa.array([], pa.string())})).num_columns == 1 + N_ADDED
    assert label_batch({"content": []})["linewise_status"] == []


class Moody:
    """A classifier that cannot answer for texts with the word `poison`."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def classify_many(self, texts: Iterable[str | bytes | Document]) -> Iterator[Prediction]:
        documents = list(texts)
        good = [one for one in documents if isinstance(one, Document) and b"poison" not in one.text]
        for document, prediction in zip(documents, self.classifier.classify_many(good), strict=False):
            if document not in good:
                raise MemoryError
            yield prediction
        if len(good) < len(documents):
            raise MemoryError


def test_a_text_that_the_classifier_cannot_answer_for_fails_alone(classifier: Classifier) -> None:
    texts = ["x = 1\n", "poison", "y = f()\nz = 2\n", "poison", "a\n"]
    columns = label_rows(texts, None, None, RowOptions(prefix=""), Moody(classifier))
    assert columns["reason"] == [None, "not classified", None, "not classified", None]
    assert columns["lines"] == [1, 0, 2, 0, 1]


def test_languages_and_file_names_tell_what_they_can() -> None:
    texts = ["x\n"] * 5
    answer = label_batch(
        {"text": texts, "lang": ["C++", "Brainfuck", None, 3, "GO"], "path": ["a.py", "a/b.rs", "c.lua", "d.kt", None]},
        text_column="text",
        language_column="lang",
        filename_column="path",
    )
    assert answer["linewise_language"] == ["cpp", "rust", "lua", "kotlin", "go"]
    assert answer["linewise_language_score"] == [1.0] * 5


def test_line_labels_are_bits_of_the_taxonomy() -> None:
    answer = label_batch({"content": ["import os\n# now\n"]}, with_lines=True)
    (masks,) = answer["linewise_line_labels"]
    assert masks[0] >> LABEL_INDEX["import"] & 1
    assert masks[1] >> LABEL_INDEX["comment"] & 1
    assert isinstance(masks, list)


def test_wrong_batches_and_options_are_told() -> None:
    with pytest.raises(BatchTypeError, match=r"not a builtins\.list"):
        label_batch([{"content": "x"}])
    with pytest.raises(ColumnError, match="no column 'content'; there are a, b"):
        label_batch(pa.table({"b": [1], "a": [2]}))
    with pytest.raises(ColumnError, match="no column 'lang'"):
        label_batch(pd.DataFrame({"content": ["x"]}), language_column="lang")
    with pytest.raises(ColumnError, match="'linewise_status' already"):
        label_batch(label_batch({"content": ["x"]}))
    with pytest.raises(OptionError, match="mode is 'sure'"):
        label_batch({"content": ["x"]}, mode="sure")


def test_it_is_plain_enough_for_other_engines() -> None:
    assert pickle.loads(pickle.dumps(label_batch)) is label_batch
    assert pickle.loads(pickle.dumps(partial(label_batch, with_lines=True)))({"content": ["x\n"]})


def test_hugging_face_datasets_take_it(tmp_path: Path, classifier: Classifier) -> None:
    datasets.disable_progress_bars()
    data = datasets.Dataset.from_dict({"content": TEXTS, "lang": LANGUAGES})
    mapped = data.map(label, batched=True, batch_size=3, cache_file_name=str(tmp_path / "cache.arrow"))
    check_rows(list(mapped), expected(classifier))
    streamed = data.to_iterable_dataset().map(label, batched=True, batch_size=3)
    check_rows(list(streamed), expected(classifier))
