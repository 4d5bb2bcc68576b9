"""The examples of the pages on other engines, run as they stand on a small data set."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linewise.service.batch import label_batch, label_schema
from linewise.service.datasets.rows import Reason, Status

DOCS = Path(__file__).resolve().parents[2] / "docs"
CODE = 'import os\n\n\ndef names(path):\n    """All."""\n    return os.listdir(path)\n'


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    (tmp_path / "shards").mkdir()
    for shard in range(2):
        rows = [{"content": CODE * (row + 1), "lang": "Python", "id": f"{shard}-{row}"} for row in range(4)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "shards" / f"{shard}.parquet")
        (tmp_path / "shards" / f"{shard}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return tmp_path


def example(page: str) -> str:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    return str(code)


def run_example(page: str, folder: Path) -> None:
    code = example(page)
    # Guarded, as every program must be that starts processes which import it.
    guarded = "def main():\n" + "".join(f"    {line}\n" for line in code.splitlines())
    (folder / "example.py").write_text(f"{guarded}\nif __name__ == '__main__':\n    main()\n")
    environment = {
        **os.environ,
        "HF_HOME": str(folder / "cache"),
        "HF_HUB_OFFLINE": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
    }
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=folder, capture_output=True, text=True, timeout=600, env=environment,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]


def read_parquet(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.parquet")):
        yield from pq.read_table(path).to_pylist()


def read_documents(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / "labelled").glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            row = json.loads(line)
            yield {"content": row["text"], **row["metadata"]}


@pytest.mark.parametrize(
    ("page", "read"),
    [
        ("datasets-hugging-face.md", lambda folder: pq.read_table(folder / "labelled.parquet").to_pylist()),
        ("datasets-datatrove.md", read_documents),
        pytest.param("datasets-ray.md", lambda folder: read_parquet(folder / "labelled"), marks=pytest.mark.full),
    ],
)
def test_example_labels_all_rows(page: str, read: Callable[[Path], Iterator[dict[str, Any]]], shards: Path) -> None:
    for path in (shards / "shards").glob("*.jsonl" if "datatrove" not in page else "*.parquet"):
        path.unlink()
    run_example(page, shards)
    rows = sorted(read(shards), key=lambda row: (row["linewise_lines"], row["content"]))
    assert [row["linewise_lines"] for row in rows] == [6, 6, 12, 12, 18, 18, 24, 24]
    assert {row["linewise_language"] for row in rows} == {"python"}
    assert all(row["linewise_frac_lines_import"] == pytest.approx(1 / 6) for row in rows)


@pytest.mark.parametrize("kind", ["mapInArrow", "mapInPandas"])
def test_function_for_spark_labels_what_spark_would_hand_it(kind: str, shards: Path) -> None:
    """Spark itself, which takes Java, is left out: its part is to hand over batches and to check what comes back."""
    code = example("datasets-spark.md")
    scope: dict[str, Any] = {"label_batch": label_batch}
    exec(code[code.index("def label") : code.index("added = ")], scope)
    tables = [pq.read_table(path) for path in sorted((shards / "shards").glob("*.parquet"))]
    if kind == "mapInArrow":
        answers = list(scope["label"](batch for table in tables for batch in table.to_batches()))
        expected = pa.schema([*tables[0].schema, *label_schema(language_column="lang")])
        assert all(answer.schema.equals(expected) for answer in answers)
        rows = [row for answer in answers for row in answer.to_pylist()]
    else:
        frames = list(scope["label"](table.to_pandas() for table in tables))
        assert all(list(frame.columns[3:]) == label_schema(language_column="lang").names for frame in frames)
        rows = [row for frame in frames for row in frame.to_dict("records")]
    assert sorted(row["linewise_lines"] for row in rows) == [6, 6, 12, 12, 18, 18, 24, 24]
    assert {row["linewise_language"] for row in rows} == {"python"}


def test_page_names_every_column_and_reason() -> None:
    page = (DOCS / "datasets.md").read_text()
    for name in label_schema(with_lines=True).names:
        shown = "linewise_frac_lines_" if name.startswith("linewise_frac_lines_") else name
        assert f"`{shown}`" in page
    assert all(f"`{value.value}`" in page for value in (*Status, *Reason))
