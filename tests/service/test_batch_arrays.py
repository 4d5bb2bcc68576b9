"""The steps from labels to a file of columns: bits turned about, bits counted, footers read, row groups copied."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.models import Document
from linewise.service.batch.arrays import column, flags, repeated
from linewise.service.batch.forms import ParquetWriter
from linewise.service.batch.joined_parquet import JoinError, join_parquet
from linewise.service.batch.summary import summarize_many, summarize_stream
from linewise.service.batch.tables import NAME
from linewise.service.batch.thrift import ThriftError, read_struct, write_struct

from .conftest import ScanningClassifier

masks = st.lists(st.integers(0, 2**32 - 1), max_size=40)


@given(masks)
def test_flags_are_the_bits_of_the_masks(values: list[int]) -> None:
    found = flags(np.array(values, dtype=np.uint32), 32)
    assert [array.to_pylist() for array in found] == [[bool(v >> bit & 1) for v in values] for bit in range(32)]


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


class TestJoined:
    @pytest.fixture
    def parts(self, tmp_path: Path) -> list[Path]:
        """Files of one schema with none, one and several row groups; of one the text differs."""
        schema = pa.schema([("path", NAME), ("line", pa.int32()), ("flag", pa.bool_()), ("more", pa.list_(pa.int8()))])
        paths = []
        for number, sizes in enumerate([(), (5,), (1000, 1, 70_000)]):
            paths.append(tmp_path / f"{number}.parquet")
            with paths[-1].open("wb") as stream:
                writer = ParquetWriter(stream, schema, {b"linewise.table": b"lines"})
                for size in sizes:
                    rows = {"path": [f"{number}/{row % 3}" for row in range(size)], "line": list(range(size))}
                    rows |= {"flag": [row % 2 == 0 for row in range(size)], "more": [[row % 99] for row in range(size)]}
                    writer.write(pa.table(rows, schema=schema))
                writer.close()
        return paths

    def test_rows_and_row_groups_are_those_of_the_parts(self, parts: list[Path]) -> None:
        whole = io.BytesIO()
        join_parquet(parts, whole)
        with pq.ParquetFile(whole) as file:
            groups = [file.read_row_group(index) for index in range(file.num_row_groups)]
            assert [len(group) for group in groups] == [5, 1000, 1, 70_000]
            assert file.metadata.num_rows == sum(map(len, groups))
            assert file.schema_arrow.metadata[b"linewise.table"] == b"lines"
        assert pq.read_table(whole).equals(pa.concat_tables([pq.read_table(part) for part in parts]))

    def test_statistics_and_pages_are_found_where_they_are_now(self, parts: list[Path]) -> None:
        whole = io.BytesIO()
        join_parquet(parts, whole)
        found = pq.read_table(whole, filters=[("line", ">", 69_990)])
        assert found.column("line").to_pylist() == list(range(69_991, 70_000))

    def test_one_file_is_copied_as_it_is(self, parts: list[Path]) -> None:
        whole = io.BytesIO()
        join_parquet(parts[2:], whole)
        assert whole.getvalue() == parts[2].read_bytes()

    def test_what_is_no_parquet_file_is_named(self, tmp_path: Path, parts: list[Path]) -> None:
        for content in (b"", b"PAR1", b"x" * 100, b"x" * 100 + b"\xff\xff\0\0PAR1"):
            (tmp_path / "other").write_bytes(content)
            with pytest.raises(JoinError, match="other is no Parquet file"):
                join_parquet([*parts, tmp_path / "other"], io.BytesIO())


class TestThrift:
    def test_footers_are_written_as_they_were_read(self, tmp_path: Path) -> None:
        table = pa.table({f"column {index}": [0.5, None, 2.0] for index in range(20)})
        pq.write_table(table, tmp_path / "a.parquet", write_page_index=True, store_decimal_as_integer=True)
        content = (tmp_path / "a.parquet").read_bytes()
        footer = content[-8 - int.from_bytes(content[-8:-4], "little") : -8]
        assert write_struct(read_struct(footer)) == footer

    def test_all_types_that_may_be_there(self) -> None:
        fields = {
            1: (1, True),
            2: (1, False),
            40: (3, 200),
            41: (4, -5),
            300: (6, 1 << 40),
            301: (7, b"12345678"),
            302: (8, b"text"),
            303: (9, (1, [1, 2] * 20)),
            304: (12, {1: (5, -(1 << 31))}),
        }
        found = read_struct(write_struct(fields))
        assert {number: value for number, (_, value) in found.items()} == {n: value for n, (_, value) in fields.items()}

    @pytest.mark.parametrize("data", [b"", b"\x18\x05ab", b"\x16", b"\x1c"])
    def test_what_is_cut_off(self, data: bytes) -> None:
        with pytest.raises(ThriftError, match="cut off"):
            read_struct(data)

    def test_maps_are_not_known(self) -> None:
        with pytest.raises(ThriftError, match="type 11 is not used"):
            read_struct(b"\x1b\0")
