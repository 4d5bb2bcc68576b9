"""What the tests of batch labelling share: trees to label, and ways to run the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from linewise.service.batch.job import Job
from linewise.service.batch.place import Place
from linewise.service.batch.report import Report
from linewise.service.batch.run import run
from linewise.service.labelling import LabelOptions
from linewise.service.revisions import find_changed

from .conftest import ScanningClassifier

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; what it writes."""
    done = subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def label(
    output: str, *paths: str, resume: bool = False, n_processes: int = 1, classifier: Any = None, **options: Any
) -> Report:
    """Label with a stand-in for the model, in this process unless more are asked for."""
    place = Place.named(output)
    assert place is not None
    skip = options.pop("skip", ())
    job = Job(paths, LabelOptions(skip=skip), place.form, **options)
    found = classifier or ScanningClassifier()
    return run(
        job,
        place,
        lambda: find_changed(paths, job.revision, job.since),
        found,
        n_processes=n_processes,
        resume=resume,
    )


def rows(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    return pq.read_table(path).to_pylist()


def files_of(path: str | Path) -> dict[str, dict[str, Any]]:
    """The rows of a table of files, by path."""
    return {row["path"]: row for row in rows(path)}


def outcomes(path: str | Path) -> dict[str, str]:
    """How each file of a table of files ended: its reason, or `labelled`."""
    return {row["path"]: row["reason"] or row["status"] for row in rows(path)}


def command(*arguments: str) -> list[str]:
    """The command line of `linewise`, in this environment."""
    return [sys.executable, "-m", "linewise", *arguments]


def call(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `linewise` as a process of its own."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **options
    )


def make_tree(folder: Path, n_files: int = 24, n_lines: int = 25) -> None:
    """A tree of sources, with some files that are none."""
    for index in range(n_files):
        path = folder / f"d{index % 5}" / f"f{index}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"def f{line}(x):\n    return x + {line}  # {index}\n\n" for line in range(n_lines)))
    (folder / "README.md").write_text("# Words\n")
    (folder / "d0" / "image.py").write_bytes(b"\0\1")


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their paths."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def tables_in(folder: Path, pattern: str) -> pa.Table:
    """The rows of all Parquet files that a pattern finds, in the order of their names."""
    return pa.concat_tables([pq.read_table(path) for path in sorted(folder.glob(pattern))])
