"""`linewise dataset` on one machine: shards in, the same rows with labels out, exactly once whatever happens."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from linewise.features.labels import LABEL_NAMES
from linewise.models import Classifier
from linewise.service.cli import linewise
from linewise.service.datasets import json_lines, work
from linewise.service.datasets.local import run_locally
from linewise.service.datasets.options import RowOptions
from linewise.service.datasets.plan import Piece
from linewise.service.datasets.receipts import Counts, Job
from linewise.service.datasets.rows import ManyClassifier
from linewise.service.datasets.run import Run, prepare

TEXTS = [
    "import os\n\n\ndef names(path):\n    # all\n    return [name for name in os.listdir(path)]\n",
    "int main(void) {\n    return 0;\n}\n",
    "for x in y:\n    print(x)\n",
    "",
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(linewise, ["dataset", "--jobs", "1", *arguments])


def write_parquet(path: Path, n_rows: int, *, start: int = 0, row_group_size: int | None = None) -> pa.Table:
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = list(range(start, start + n_rows))
    table = pa.table({"id": ids, "content": [TEXTS[row % len(TEXTS)] + f"# {row}\n" for row in ids]})
    pq.write_table(table, path, row_group_size=row_group_size)
    return table


def write_rows(path: Path, rows: list[Any]) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    path.write_bytes(data)
    return data


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def data_files(folder: Path) -> dict[str, Path]:
    """All files of an output but those that are no data, by their names in it."""
    return {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "_linewise"
    }


def test_parquet_shards_keep_their_names_rows_and_metadata(place: Path) -> None:
    first = write_parquet(place / "in" / "a.parquet", 10)
    write_parquet(place / "in" / "deep" / "b.parquet", 3, start=10)
    write_parquet(place / "in" / "_hidden" / "c.parquet", 3)
    (place / "in" / "README.md").write_text("no shard")
    result = run("in", "out", "--with-lines")
    assert (result.exit_code, result.stderr) == (0, "labelled 13 of 13 rows, 52 lines, in 2 files\n")
    assert list(data_files(place / "out")) == ["a.parquet", "deep/b.parquet"]
    table = pq.read_table(place / "out" / "a.parquet")
    assert table.select(["id", "content"]).equals(first)
    row = table.to_pylist()[0]
    assert (row["linewise_status"], row["linewise_language"], row["linewise_lines"]) == ("labelled", "python", 7)
    assert row["linewise_frac_lines_import"] == pytest.approx(1 / 7)
    assert len(row["linewise_line_labels"]) == 7
    metadata = table.schema.metadata
    assert metadata[b"linewise.model_digest"].decode() == Classifier.load().info.digest
    assert json.loads(metadata[b"linewise.labels"]) == list(LABEL_NAMES)


def test_metadata_of_hugging_face_and_pandas_stays_and_does_not_disturb(place: Path) -> None:
    datasets.disable_progress_bars()
    data = datasets.Dataset.from_dict({"content": TEXTS, "kind": [0, 1, 0, 1]})
    data = data.cast_column("kind", datasets.ClassLabel(names=["x", "y"]))
    data.to_parquet("hf.parquet")
    data.to_pandas().set_index("kind").to_parquet("pandas.parquet")
    assert run("hf.parquet", "pandas.parquet", "out").exit_code == 0
    again = datasets.Dataset.from_parquet("out/hf.parquet", cache_dir=str(place / "cache"))
    assert again.features["kind"] == data.features["kind"]
    assert again["linewise_lines"] == [6, 3, 2, 0]
    frame = pq.read_table("out/pandas.parquet").to_pandas()
    assert list(frame.index) == [0, 1, 0, 1]
    assert frame["linewise_frac_lines_loop"].iloc[2] == 0.5


def test_json_rows_are_kept_byte_for_byte(place: Path) -> None:
    lines = [
        b'{"content": "x = 1\\n", "n": 1.0000000000000000001,  "big": 123456789012345678901234567890}',
        b'  {"content": "\\ud800 = 2", "a":[1, {"b":null}]}\t',
        b"",
        b'{"other": 1}',
        b"{}",
        b"[1, 2]",
        b'{"content": "cut off',
        b'{"content": null}',
        b'{"content": 5}',
        b'{"content": "y\\n"}',
    ]
    (place / "in.jsonl").write_bytes(b"\r\n".join(lines))
    result = run("in.jsonl", "out", "--prefix", "")
    assert result.exit_code == 0, result.stderr
    assert "labelled 3 of 9 rows, 3 lines" in result.stderr
    written = (place / "out" / "in.jsonl").read_bytes().splitlines()
    rows = [json.loads(line) for line in written]
    no_text, no_json = "no text column", "not a JSON object"
    assert [row["reason"] for row in rows] == [None, None, no_text, no_text, no_json, no_json, "null", "not text", None]
    assert written[0].startswith(lines[0][:-1] + b", ")
    assert written[1].startswith(lines[1].strip()[:-1] + b", ")
    assert rows[3]["status"] == "failed"
    assert list(rows[4]) == ["status", "reason"]
    assert rows[0]["lines"] == 1


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst", ".bz2"])
def test_json_stays_compressed_as_it_was(place: Path, suffix: str) -> None:
    rows = [{"content": text, "id": number} for number, text in enumerate(TEXTS)]
    with pa.output_stream(f"in.jsonl{suffix}", compression="detect") as stream:
        stream.write("".join(f"{json.dumps(row)}\n" for row in rows).encode())
    assert run(f"in.jsonl{suffix}", "out").exit_code == 0
    with pa.input_stream(f"out/in.jsonl{suffix}", compression="detect") as stream:
        written = [json.loads(line) for line in stream.read().splitlines()]
    assert [{key: row[key] for key in ("content", "id")} for row in written] == rows


def test_overlong_json_row_is_replaced_and_the_next_is_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_ROW_BYTES", 64)
    write_rows(place / "in.jsonl", [{"content": "x"}, {"content": "y" * 5000}, {"content": "z"}])
    assert run("in.jsonl", "out").exit_code == 0
    rows = read_rows(place / "out" / "in.jsonl")
    assert [row["linewise_reason"] for row in rows] == [None, "too large", None]
    assert rows[2]["content"] == "z"


@pytest.mark.parametrize("piece_bytes", [37, 100, 1000, 10**6])
def test_every_cut_of_a_large_shard_has_all_rows_in_order(place: Path, piece_bytes: int) -> None:
    table = write_parquet(place / "in" / "a.parquet", 12, row_group_size=5)
    write_rows(place / "in" / "b.jsonl", [{"content": "x" * (number * 7 % 50), "id": number} for number in range(20)])
    assert run("in", "out", "--piece-bytes", str(piece_bytes)).exit_code == 0
    files = data_files(place / "out")
    pieces = [pq.read_table(path) for name, path in files.items() if name.endswith(".parquet")]
    assert {37: len(pieces) == 3, 10**6: len(pieces) == 1}.get(piece_bytes, True)
    assert pa.concat_tables(pieces).select(["id", "content"]).equals(table)
    ids = [row["id"] for name, path in files.items() if name.endswith(".jsonl") for row in read_rows(path)]
    assert ids == list(range(20))
    assert ("a-00001-of-00003.parquet" in files) == (len(pieces) == 3)


def test_globs_and_files_are_named_below_their_fixed_part(place: Path) -> None:
    for name in ("in/x/a.jsonl", "in/y/a.jsonl", "in/y/b.jsonl", "one.jsonl"):
        write_rows(place / name, [{"content": "x"}])
    assert run("in/*/a.jsonl", "one.jsonl", "out").exit_code == 0
    assert list(data_files(place / "out")) == ["one.jsonl", "x/a.jsonl", "y/a.jsonl"]


def test_empty_shards_stay_empty_shards(place: Path) -> None:
    write_parquet(place / "in" / "a.parquet", 0)
    write_rows(place / "in" / "b.jsonl", [])
    assert run("in", "out").exit_code == 0
    assert pq.read_table(place / "out" / "a.parquet").num_rows == 0
    assert (place / "out" / "b.jsonl").read_bytes() == b""
    assert "2 of them done before" in run("in", "out", "--resume").stderr


def test_a_bad_shard_fails_alone(place: Path) -> None:
    write_parquet(place / "in" / "good.parquet", 4)
    (place / "in" / "cut.parquet").write_bytes((place / "in" / "good.parquet").read_bytes()[:-9])
    pq.write_table(pa.table({"text": ["x"]}), "in/other.parquet")
    pq.write_table(pa.table({"content": [1, 2]}), "in/numbers.parquet")
    pq.write_table(pa.table({"content": ["x"], "linewise_lines": [1]}), "in/twice.parquet")
    (place / "in" / "bad.jsonl.gz").write_bytes(gzip.compress(b'{"content": "x"}\n' * 100)[:-20])
    write_rows(place / "in" / "again.jsonl", [{"content": "x", "linewise_status": 1}])
    result = run("in", "out")
    assert result.exit_code == 1
    assert list(data_files(place / "out")) == ["good.parquet"]
    told = dict(line.removeprefix("linewise: ").split(": ", 1) for line in result.stderr.splitlines()[:-1])
    assert "no column 'content'; there are text" in told["other.parquet"]
    assert "holds int64, no text" in told["numbers.parquet"]
    assert "'linewise_lines' already" in told["twice.parquet"]
    assert "'linewise_status' already" in told["again.jsonl"]
    assert told.keys() >= {"cut.parquet", "bad.jsonl.gz"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.parquet", "out"], "there is no nowhere.parquet"),
        (["*.nothing", "out"], "there is no *.nothing"),
        (["notes.txt", "out"], "its name tells no form"),
        (["empty", "out"], "empty holds no *.parquet"),
        (["in", "in/out"], "lies inside the input"),
        (["in/a.jsonl", "same/a.jsonl", "out"], "both be written as a.jsonl"),
        (["in", "full"], "full is not empty; use --resume"),
        (["in", "full", "--resume"], "full holds something else"),
        (["in", "notes.txt"], "is a file"),
        (["other.parquet", "out"], "no column 'content'"),
        (["in", "out", "--address", "auto"], "it goes with --engine ray"),
        (["in", "out", "--engine", "ray"], "--jobs is for this machine"),
    ],
)
def test_what_cannot_be_begun_is_told_and_nothing_written(place: Path, arguments: list[str], message: str) -> None:
    write_rows(place / "in" / "a.jsonl", [{"content": "x"}])
    write_rows(place / "same" / "a.jsonl", [{"content": "y"}])
    pq.write_table(pa.table({"text": ["x"]}), "other.parquet")
    (place / "empty").mkdir()
    (place / "notes.txt").write_text("x")
    (place / "full").mkdir()
    (place / "full" / "mine").write_text("x")
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (place / "out").exists()
    assert [path.name for path in (place / "full").iterdir()] == ["mine"]


class TestResume:
    @pytest.fixture
    def prepared(self, place: Path) -> Callable[[], Run]:
        for number in range(4):
            write_parquet(place / "in" / f"{number}.parquet", 5, start=number * 10)
            write_rows(place / "in" / f"{number}.jsonl", [{"content": text} for text in TEXTS])
        return lambda: prepare(["in"], Path("out"), RowOptions(), Classifier.load().info.digest)

    def test_only_what_is_missing_or_not_whole_is_done(self, prepared: Callable[[], Run], place: Path) -> None:
        assert all(not step.was_done for step in prepared().steps(run_one_by_one, resume=False))
        whole = {name: path.read_bytes() for name, path in data_files(place / "out").items()}
        out = place / "out"
        (out / "0.parquet").unlink()
        (out / "1.parquet").write_bytes(whole["1.parquet"][:-4])
        # Another file of the right rows, but no receipt: existence is not enough.
        pq.write_table(pq.read_table(out / "2.parquet").replace_schema_metadata(None), out / "2.parquet")
        (out / "0.jsonl").write_bytes(whole["0.jsonl"].rsplit(b"\n", 2)[0] + b"\n")
        (out / "_linewise" / "1.jsonl.json").unlink()
        (out / ".3.parquet.0123abcd.tmp").write_bytes(b"half")
        write_parquet(place / "in" / "3.parquet", 6, start=77)
        steps = list(prepared().steps(run_one_by_one, resume=True))
        assert {step.outcome.name for step in steps if step.was_done} == {"2.jsonl", "3.jsonl"}
        again = {name: path.read_bytes() for name, path in data_files(place / "out").items()}
        assert again.keys() == whole.keys()
        assert {name for name in whole if again[name] != whole[name]} == {"3.parquet"}
        assert pq.read_table(out / "3.parquet")["id"].to_pylist() == list(range(77, 83))

    def test_pieces_of_shards_that_are_gone_are_removed(self, prepared: Callable[[], Run], place: Path) -> None:
        list(prepared().steps(run_one_by_one, resume=False))
        (place / "in" / "3.parquet").unlink()
        list(prepared().steps(run_one_by_one, resume=True))
        assert "3.parquet" not in data_files(place / "out")
        assert len(data_files(place / "out")) == 7

    def test_other_options_are_refused(self, prepared: Callable[[], Run]) -> None:
        list(prepared().steps(run_one_by_one, resume=False))
        result = run("in", "out", "--resume", "--mode", "best-guess")
        assert result.exit_code == 2
        assert "begun with another mode" in result.stderr

    def test_two_runs_do_not_share_a_folder(self, prepared: Callable[[], Run], place: Path) -> None:
        list(prepared().steps(run_one_by_one, resume=False))
        with (place / "out" / "_linewise" / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = run("in", "out", "--resume")
        assert result.exit_code == 2
        assert "another run is writing" in result.stderr


def run_one_by_one(pieces: Any, job: Job) -> Any:
    return run_locally(pieces, job, 1)


def test_a_source_that_changes_while_it_is_read_is_not_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(place / "in.jsonl", [{"content": "x"}])

    def label_and_touch(piece: Piece, job: Job, classifier: ManyClassifier, stream: Any) -> Counts:
        counts = json_lines.label_json_lines(piece, job, classifier, stream)
        os.utime(piece.path, ns=(1, 1))
        return counts

    monkeypatch.setattr(work, "label_json_lines", label_and_touch)
    result = run("in.jsonl", "out")
    assert result.exit_code == 1
    assert "in.jsonl: changed while it was read" in result.stderr
    assert not data_files(place / "out")


def test_a_full_disk_ends_the_run_and_leaves_nothing_half_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parquet(place / "in" / "a.parquet", 4)
    write_parquet(place / "in" / "b.parquet", 4)

    def fill(*_: object) -> Counts:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(work, "label_parquet", fill)
    result = run("in", "out")
    assert result.exit_code == 2
    assert "a.parquet: No space left on device" in result.stderr
    assert not data_files(place / "out")
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert run("in", "out", "--resume").exit_code == 0


def test_a_piece_whose_process_died_too_often_is_given_up(place: Path) -> None:
    write_rows(place / "in.jsonl", [{"content": "x"}])
    prepared = prepare(["in.jsonl"], Path("out"), RowOptions(), Classifier.load().info.digest)
    note = prepared.job.attempts(prepared.pieces[0])
    note.parent.mkdir(parents=True)
    note.write_bytes(b"." * work.MAX_ATTEMPTS)
    outcome = work.do_piece(prepared.pieces[0], prepared.job)
    assert outcome.problem == "the process that labelled it died, 3 times"
    # Whoever resumes has seen to the cause, and it is begun anew.
    assert run("in.jsonl", "out", "--resume").exit_code == 0


def start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "linewise", "dataset", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.parametrize("kills", [1, pytest.param(100, marks=pytest.mark.full)])
def test_killed_at_any_moment_and_resumed_it_writes_the_same(place: Path, kills: int) -> None:
    """Two processes label; the group of them is killed outright, several times, then a last run ends the work."""
    for number in range(6):
        write_parquet(place / "in" / f"{number}.parquet", 60, start=number * 60)
        write_rows(place / "in" / f"{number}.jsonl", [{"content": TEXTS[0] * 20} for _ in range(20)])
    assert run("in", "whole").exit_code == 0
    whole = {name: path.read_bytes() for name, path in data_files(place / "whole").items()}
    chance = random.Random(kills)
    for _ in range(kills):
        process = start("in", "out", "--jobs", "2", "--resume")
        time.sleep(chance.uniform(0, 4))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=120)
    last = start("in", "out", "--jobs", "2", "--resume")
    _, errors = last.communicate(timeout=300)
    assert last.returncode == 0, errors.decode()
    assert b"labelled 480 of 480 rows" in errors
    assert {name: path.read_bytes() for name, path in data_files(place / "out").items()} == whole


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    found = []
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and b"loky" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def test_a_process_that_is_killed_costs_nothing(place: Path) -> None:
    for number in range(40):
        write_rows(place / "in" / f"{number:02}.jsonl", [{"content": TEXTS[0] * 20} for _ in range(20)])
    assert run("in", "whole").exit_code == 0
    process = start("in", "out", "--jobs", "2")
    deadline = time.monotonic() + 300
    while not (place / "out").exists() or not data_files(place / "out"):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    workers = children(process.pid)
    assert workers
    for pid in workers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    assert b"labelled 800 of 800 rows" in errors
    assert [path.read_bytes() for path in data_files(place / "out").values()] == [
        path.read_bytes() for path in data_files(place / "whole").values()
    ]
