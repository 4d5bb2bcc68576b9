"""Runs of batch labelling: the same whatever the processes, resumed after any end, and clear about what stops them."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from linewise.service.batch import plan as planning
from linewise.service.batch import processes
from linewise.service.batch import run as running
from linewise.service.batch.part import Done, is_done
from linewise.service.batch.place import Place, locked
from linewise.service.batch.progress import with_bar
from linewise.service.batch.run import RunError
from linewise.service.cli import EXIT_INCOMPLETE, EXIT_UNUSABLE, linewise

from .batches import contents, label, make_tree, outcomes
from .conftest import ScanningClassifier

ROOT = Path(__file__).resolve().parents[2]
BOTH_TABLES = ["out.files.parquet", "out.parquet", "tree", "whole.files.parquet", "whole.parquet"]
SMALL_PARTS = (
    "import linewise.service.batch.plan as plan, linewise.service.cli as cli\nplan._SMALLEST_PART = 4_000\ncli.main()"
)


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of some files in the current folder, cut into some dozen parts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(planning, "_SMALLEST_PART", 4_000)
    make_tree(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the run of this process be interrupted after its fourth part, in `out.parquet`."""
    labelling = running.label_part

    def limited(*arguments: object, **options: object) -> object:
        if arguments[3].index == 4:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return labelling(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(running, "label_part", limited)
        with pytest.raises(KeyboardInterrupt):
            label("out.parquet", "tree")


def command(*arguments: str) -> Result:
    return CliRunner().invoke(linewise, ["label", *arguments, "--jobs", "1"])


def children(process: int) -> list[int]:
    """The numbers of the processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in parentheses, may hold anything.
            if int(path.read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(path.parent.name))
    return found


class TestKilled:
    def kill(self, tree: Path, tmp_path: Path, kills: int) -> None:
        driver = [sys.executable, "-m", "tests.service.killing", tree, tmp_path, str(kills), "7"]
        done = subprocess.run(driver, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        assert json.loads(done.stdout)["killed"] >= kills

    def test_resumed_runs_end_as_whole_ones(self, tree: Path, tmp_path: Path) -> None:
        self.kill(tree, tmp_path, 10)

    @pytest.mark.full
    def test_resumed_runs_end_as_whole_ones_wherever_they_are_killed(self, tree: Path, tmp_path: Path) -> None:
        self.kill(tree, tmp_path, 500)

    def test_command_over_two_processes(self, tmp_path: Path) -> None:
        labelling = [sys.executable, "-c", SMALL_PARTS, "label", "tree"]
        whole = [*labelling, "-o", "whole.parquet", "--jobs", "1"]
        subprocess.run(whole, check=True, stderr=subprocess.DEVNULL)
        arguments = [*labelling, "-o", "out.parquet", "--jobs", "2"]
        with subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as first:
            deadline = time.monotonic() + 120
            while not list(tmp_path.glob(".out.parquet.unfinished/files/part-*")) and first.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            first.send_signal(signal.SIGKILL)
        second = subprocess.run([*arguments, "--resume"], check=False, capture_output=True, text=True)
        assert second.returncode == 0, second.stderr
        for name in ("parquet", "files.parquet"):
            assert pq.read_table(f"out.{name}").equals(pq.read_table(f"whole.{name}"))
        assert sorted(os.listdir()) == BOTH_TABLES

    def test_process_that_is_killed_ends_the_run_and_what_is_done_is_kept(self) -> None:
        arguments = [sys.executable, "-c", SMALL_PARTS, "label", "tree", "-o", "out.parquet", "--jobs", "2"]
        with subprocess.Popen(arguments, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as run:
            # Its children start others: those that label.
            while not (workers := [each for child in children(run.pid) for each in children(child)]):
                time.sleep(0.002)
            os.kill(workers[0], signal.SIGKILL)
            _, told = run.communicate(timeout=120)
        assert (run.returncode, told) == (
            EXIT_UNUSABLE,
            "Error: a process that labelled was killed, for want of memory perhaps\n",
        )
        assert Path(".out.parquet.unfinished/plan.json").exists()


def test_where_nothing_can_be_forked_processes_are_started_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError("AF_UNIX path too long")

    monkeypatch.setattr(forkserver, "ensure_running", refuse)
    before = dict(os.environ)
    assert not processes.prepare()
    assert dict(os.environ) == before


@pytest.mark.usefixtures("interrupted")
class TestResume:
    def test_parts_that_are_there_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = ScanningClassifier()
        label("out.parquet", "tree", resume=True, classifier=asked)
        names = {document.filename for document in asked.documents}
        label("whole.parquet", "tree")
        assert 0 < len(names) < 24
        assert Path("out.parquet").read_bytes() == Path("whole.parquet").read_bytes()
        assert sorted(os.listdir()) == BOTH_TABLES

    @pytest.mark.parametrize("harm", ["cut", "emptied", "other rows", "lines gone", "of another plan"])
    def test_parts_are_not_trusted_for_being_there(self, harm: str) -> None:
        work = Path(".out.parquet.unfinished")
        lines, files = work / "lines" / "part-00002.arrow", work / "files" / "part-00002.arrow"
        if harm == "cut":
            lines.write_bytes(lines.read_bytes()[:-100])
        elif harm == "emptied":
            files.write_bytes(b"")
        elif harm == "other rows":
            lines.write_bytes((work / "lines" / "part-00001.arrow").read_bytes())
        elif harm == "lines gone":
            lines.unlink()
        else:
            files.write_bytes((work / "files" / "part-00001.arrow").read_bytes())
        label("out.parquet", "tree", resume=True)
        label("whole.parquet", "tree")
        assert pq.read_table("out.parquet").equals(pq.read_table("whole.parquet"))

    def test_without_resume_it_begins_anew(self, tree: Path) -> None:
        (tree / "d0" / "f0.py").unlink()
        label("out.parquet", "tree")
        assert "tree/d0/f0.py" not in outcomes("out.files.parquet")

    def test_another_command_is_not_gone_on_with(self) -> None:
        with pytest.raises(RunError, match="begun with another scores: false, not true"):
            label("out.parquet", "tree", resume=True, scores=True)
        with pytest.raises(RunError, match="begun with another paths"):
            label("out.parquet", "tree/d1", resume=True)

    def test_another_model_is_not_gone_on_with(self) -> None:
        class Other(ScanningClassifier):
            class info:  # noqa: N801
                digest = "e" * 64

        with pytest.raises(RunError, match="another model"):
            label("out.parquet", "tree", resume=True, classifier=Other())

    def test_plan_of_another_version(self) -> None:
        path = Path(".out.parquet.unfinished/plan.json")
        path.write_text(path.read_text().replace(f'"version": {planning.PLAN_VERSION}', '"version": 0'))
        with pytest.raises(RunError, match="another version of linewise"):
            label("out.parquet", "tree", resume=True)


class TestFolders:
    def test_finished_folder_is_kept(self) -> None:
        label("parts/", "tree")
        before = contents(Path("parts"))
        with pytest.raises(RunError, match="parts holds the tables of a finished run"):
            label("parts/", "tree")
        assert label("parts/", "tree", resume=True).files == 26
        assert contents(Path("parts")) == before

    def test_folder_with_other_things_is_left_alone(self) -> None:
        Path("parts").mkdir()
        Path("parts/notes.txt").write_text("mine")
        with pytest.raises(RunError, match="parts is not empty"):
            label("parts/", "tree")
        assert list(contents(Path("parts"))) == ["notes.txt"]

    def test_two_runs_do_not_write_the_same(self) -> None:
        place = Place.named("parts/")
        assert place is not None
        with locked(place), pytest.raises(RunError, match="another run is writing parts"):
            label("parts/", "tree")


class TestFullDisk:
    """A file that may grow no further stands for a full disk: the kernel refuses the write in the same way."""

    @pytest.mark.parametrize("output", ["out.parquet", "out.jsonl", "out.csv", "parts/"])
    def test_nothing_half_written_has_a_final_name(
        self, output: str, scanning_classifier: ScanningClassifier, tmp_path: Path
    ) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard))
        try:
            result = command("tree", "-o", output, "--scores" if output.endswith(("t", "l")) else "--with-text")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        if result.exit_code != 0:
            assert result.exit_code == EXIT_UNUSABLE
            assert f"cannot write {output.rstrip('/')}: File too large; what is done is kept" in result.stderr
            assert not Path("out.parquet").exists()
        result = command("tree", "-o", output, "--resume", "--scores" if output.endswith(("t", "l")) else "--with-text")
        assert result.exit_code == 0, result.stderr
        label(f"whole{Path(output).suffix or '/'}", "tree", with_text=True)
        assert not list(tmp_path.rglob("*.tmp"))

    def test_part_that_cannot_be_written_is_not_there(self, tree: Path, tmp_path: Path) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (7_000, hard))
        try:
            with pytest.raises(OSError, match="File too large"):
                label("parts/", "tree")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        plan = planning.load_plan(tmp_path / "parts")
        left = {path.name for path in tmp_path.glob("parts/*/*") if not path.name.startswith("part-")}
        if plan is not None:
            place = Place.named("parts/")
            assert place is not None
            written = {path.stem for path in tmp_path.glob("parts/files/part-*")}
            whole = {part.stem for part in plan.parts if is_done(tmp_path / "parts", plan, part, place.part_form)}
            assert written == whole
        assert left == set()


def test_bar_tells_files_and_lines_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    parts = tuple(planning.Part(index, 0, 10, 1000) for index in range(3))
    plan = planning.Plan("", {}, "", (), (), parts)
    done = [Done(part.index, part.n_files, part.weight, 500) for part in parts]
    assert list(with_bar(plan, done)) == done
    shown = capsys.readouterr().err
    assert "30/30 files" in shown
    assert "lines/s" in shown
    assert "100%" in shown


class TestCommand:
    @pytest.fixture(autouse=True)
    def _model(self, scanning_classifier: ScanningClassifier) -> None:
        pass

    def test_summary_and_exit_code(self) -> None:
        result = command("tree", "-o", "out.parquet")
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == ("labelled 24 of 26 files, 1,800 lines; skipped 2: 1 no known language, 1 binary\n")

    def test_failures_are_named(self) -> None:
        Path("b.py").write_bytes(b"\0")
        result = command("tree", "b.py", "-o", "out.parquet")
        assert result.exit_code == EXIT_INCOMPLETE
        assert result.stderr.splitlines()[0] == "linewise: b.py: binary"

    def test_verbose_names_what_was_skipped(self) -> None:
        result = command("tree", "-o", "out.parquet", "--verbose")
        assert "linewise: tree/README.md: no known language" in result.stderr.splitlines()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["-", "-o", "out.parquet"], "standard input cannot be labelled into a table"),
            (["tree", "-o", "out.csv", "--scores"], "a CSV file holds no lists"),
            (["tree", "-o", "out.parquet", "--format", "jsonl"], "--format cannot be given with a table"),
            (["tree", "-o", "gone/out.parquet"], "cannot write gone/out.parquet"),
        ],
    )
    def test_wrong_usage(self, arguments: list[str], message: str) -> None:
        result = command(*arguments)
        assert result.exit_code == EXIT_UNUSABLE
        assert message in result.stderr

    @pytest.mark.parametrize("option", ["--resume", "--with-text", "--max-lines=3"])
    def test_options_of_tables_need_a_table(self, option: str) -> None:
        result = CliRunner().invoke(linewise, ["label", "tree", option])
        assert result.exit_code == EXIT_UNUSABLE
        assert "is for tables: name one with -o" in result.stderr

    def test_other_names_still_mean_text(self) -> None:
        assert CliRunner().invoke(linewise, ["label", "tree/d1/f1.py", "-o", "out.txt"]).exit_code == 0
        assert Path("out.txt").read_text().startswith("code,")

    def test_missing_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.startswith("linewise.service.batch.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        result = command("tree", "-o", "out.parquet")
        assert result.exit_code == EXIT_UNUSABLE
        assert "needs pyarrow: pip install 'linewise[batch]'" in result.stderr
