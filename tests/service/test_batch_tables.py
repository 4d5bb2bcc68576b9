"""The tables of batch labelling: their columns, their metadata, and that DuckDB, Polars and pandas read them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linewise.features.labels import LABEL_NAMES, TAXONOMY_VERSION, mask_of
from linewise.models import Classifier, Document
from linewise.service.batch.summary import SUMMARY_COLUMNS, columns_of, summarize
from linewise.service.batch.tables import SCHEMA_VERSION, SUMMARY_FIELDS, file_schema, line_schema

from .batches import files_of, label, rows, tables_in
from .conftest import ScanningClassifier

BATCH_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "batch.md").read_text(encoding="utf-8")
SAMPLE = "import os\n\n# note\nfor x in y:\n    f(x)  # MAYBE\n"


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `tree` of two sources and one other file, in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.py").write_text(SAMPLE)
    (folder / "b.c").write_text("/* \u00e9 */\nf();\n")
    (folder / "c.md").write_text("# words\n")
    return folder


class TestLines:
    def test_rows_are_what_the_classifier_says(self) -> None:
        label("out.parquet", "tree", scores=True)
        said = next(ScanningClassifier().classify_many([Document(SAMPLE, filename="a.py", context="file")]))
        found = [row for row in rows("out.parquet") if row["path"] == "tree/a.py"]
        assert [mask_of(name for name in LABEL_NAMES if row[name]) for row in found] == said.masks.tolist()
        assert [row["uncertain"] for row in found] == said.uncertain_masks.tolist()
        assert np.array([row["scores"] for row in found]) == pytest.approx(said.probabilities, abs=1e-3)
        assert [row["line"] for row in found] == [1, 2, 3, 4, 5]
        assert {(row["language"], row["model_digest"], row["taxonomy_version"]) for row in found} == {
            ("python", "f" * 64, TAXONOMY_VERSION)
        }

    def test_no_text_is_written_unless_it_is_asked_for(self) -> None:
        for form in ("parquet", "jsonl", "csv"):
            label(f"out.{form}", "tree")
            assert b"note" not in Path(f"out.{form}").read_bytes()
            label(f"out.{form}", "tree", with_text=True)
        assert [row["source"] for row in rows("out.parquet")][:3] == ["import os", "", "# note"]

    def test_metadata_says_what_made_it(self) -> None:
        label("out.parquet", "tree", max_lines=99)
        for name, table in (("out.parquet", "lines"), ("out.files.parquet", "files")):
            told = {key.decode(): value.decode() for key, value in pq.read_schema(name).metadata.items()}
            assert told["linewise.schema_version"] == SCHEMA_VERSION
            assert told["linewise.table"] == table
            assert told["linewise.model_digest"] == "f" * 64
            assert json.loads(told["linewise.labels"]) == list(LABEL_NAMES)
            assert json.loads(told["linewise.options"])["max_lines"] == 99

    def test_all_forms_hold_the_same(self) -> None:
        for form in ("parquet", "jsonl", "csv"):
            label(f"out.{form}", "tree", with_text=True, scores=form != "csv")
        expected = rows("out.parquet")
        objects = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
        assert [{**each, "scores": None} for each in objects] == [{**each, "scores": None} for each in expected]
        scores = np.array([each["scores"] for each in objects])
        assert scores == pytest.approx(np.array([each["scores"] for each in expected]), abs=1e-3)
        with Path("out.csv").open(newline="") as stream:
            lines = list(csv.DictReader(stream))
        assert [(each["path"], each["line"], each["call"], each["source"]) for each in lines] == [
            (each["path"], str(each["line"]), str(each["call"]).lower(), each["source"]) for each in expected
        ]

    def test_tables_of_files_hold_the_same_in_all_forms(self, tree: Path) -> None:
        (tree / "caf\udce9.py").write_text("x = 1\n")
        for form in ("parquet", "jsonl", "csv"):
            label(f"out.{form}", "tree")
        expected = [
            {**row, "path_bytes": row["path_bytes"] and row["path_bytes"].hex()} for row in rows("out.files.parquet")
        ]
        assert [json.loads(line) for line in Path("out.files.jsonl").read_text().splitlines()] == expected
        with Path("out.files.csv").open(newline="", encoding="utf-8") as stream:
            found = list(csv.DictReader(stream))
        assert [(row["path"], row["path_bytes"], row["status"]) for row in found] == [
            (row["path"], row["path_bytes"] or "", row["status"]) for row in expected
        ]

    def test_folder_gets_parts(self) -> None:
        label("out.parquet", "tree")
        label("parts/", "tree")
        assert tables_in(Path("parts"), "lines/*.parquet").equals(pq.read_table("out.parquet"))
        assert tables_in(Path("parts"), "files/*.parquet").equals(pq.read_table("out.files.parquet"))
        report = json.loads(Path("parts/run.json").read_text())
        assert (report["files"], report["labelled"], report["skipped"], report["lines"]) == (3, 2, 1, 7)

    def test_nothing_to_label_makes_empty_tables(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        for form in ("parquet", "jsonl", "csv"):
            assert label(f"out.{form}", "empty").files == 0
        assert pq.read_table("out.parquet").schema.names == line_schema().names
        assert rows("out.files.parquet") == []


class TestReaders:
    @pytest.fixture(autouse=True)
    def _table(self) -> None:
        label("out.parquet", "tree", scores=True, with_text=True)

    def test_duckdb(self) -> None:
        query = "select path, line, source, scores[2] from 'out.parquet' where call and not comment order by path, line"
        found = duckdb.sql(query).fetchall()
        assert [row[:3] for row in found] == [("tree/a.py", 5, "    f(x)  # MAYBE"), ("tree/b.c", 2, "f();")]
        assert found[1][3] == pytest.approx(0.9876, abs=1e-3)
        shares = "select frac_lines_import, comment_to_code_ratio from 'out.files.parquet' where language = 'python'"
        assert duckdb.sql(shares).fetchall() == [pytest.approx((0.2, 1 / 3))]

    def test_polars(self) -> None:
        found = pl.scan_parquet("out.parquet").filter(pl.col("call")).select("path", "line", "scores").collect()
        assert found["line"].to_list() == [5, 2]
        assert found["scores"].dtype == pl.Array(pl.Float16, len(LABEL_NAMES))
        files = pl.read_parquet("out.files.parquet").filter(pl.col("frac_lines_import") > 0.1)
        assert files["path"].to_list() == ["tree/a.py"]

    def test_pandas(self) -> None:
        table = pd.read_parquet("out.parquet")
        assert table[table["call"]]["line"].tolist() == [5, 2]
        assert str(table["path"].dtype) == "category"
        files = pd.read_parquet("out.files.parquet").set_index("path")
        assert files["status"].to_dict() == {
            "tree/a.py": "labelled",
            "tree/b.c": "labelled",
            "tree/c.md": "skipped",
        }
        assert files.loc["tree/a.py", "frac_lines_blank"] == pytest.approx(0.2)


class TestSummary:
    def test_shares_and_ratio(self) -> None:
        label("out.parquet", "tree")
        row = files_of("out.files.parquet")["tree/a.py"]
        assert (row["lines"], row["language"], row["bytes"]) == (5, "python", len(SAMPLE))
        assert row["frac_lines_code"] == pytest.approx(3 / 5)
        assert row["frac_lines_loop"] == pytest.approx(1 / 5)
        assert row["comment_to_code_ratio"] == pytest.approx(1 / 3)

    def test_of_nothing(self) -> None:
        (said,) = ScanningClassifier().classify_many([b""])
        assert (summarize(said).shares, summarize(said).comment_to_code_ratio) == (None, None)

    def test_columns_have_types(self) -> None:
        assert tuple(field.name for field in SUMMARY_FIELDS) == SUMMARY_COLUMNS
        said = ScanningClassifier().classify_many([SAMPLE.encode(), b""])
        assert pa.table(columns_of(map(summarize, said)), schema=pa.schema(SUMMARY_FIELDS)).num_rows == 2


def test_the_shipped_model_labels_into_a_table() -> None:
    label("out.parquet", "tree", classifier=Classifier.load())
    (row,) = [row for row in rows("out.parquet") if row["loop"]]
    assert (row["path"], row["line"], row["in_loop"]) == ("tree/a.py", 4, True)


def test_every_column_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)`", BATCH_PAGE, re.MULTILINE)
    lines = [name for name in line_schema(scores=True, with_text=True).names if name not in LABEL_NAMES]
    files = [name for name in file_schema().names if not name.startswith("frac_lines_")]
    assert set(lines) | set(files) | {"frac_lines_import"} <= set(documented)
    assert f"`{SCHEMA_VERSION}`" in BATCH_PAGE
