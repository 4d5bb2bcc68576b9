"""``linewise label -o TABLE``: the labels of whole trees as tables."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import UnusableError, load_classifier

if TYPE_CHECKING:
    from ..batch.job import Job
    from ..batch.part import Done
    from ..batch.place import Place
    from ..batch.plan import Plan
    from ..labelling import LabelOptions

_SUFFIXES = (".parquet", ".jsonl", ".csv")
_KEPT = "what is done is kept: the same command with --resume goes on"


@dataclass(frozen=True, slots=True)
class TableOptions:
    """The options of ``linewise label`` beside those of labelling; most of them mean something for tables only."""

    scores: bool
    with_text: bool
    jobs: int | None
    resume: bool
    max_lines: int | None
    revision: str | None
    since: str | None
    verbose: bool

    def refuse(self) -> None:
        """Raise UsageError where an option was given that means nothing without a table."""
        for name in ("with_text", "jobs", "resume", "max_lines"):
            if getattr(self, name) not in (None, False):
                option = name.replace("_", "-")
                raise click.UsageError(f"--{option} is for tables: name one with -o, as labels.parquet")


def is_table(output: str) -> bool:
    """Whether the name of an output makes it a table; as `batch.place.Place`, which needs the extra."""
    return output.endswith((*_SUFFIXES, "/", os.sep)) or Path(output).is_dir()


def label_into_tables(paths: tuple[str, ...], options: LabelOptions, output: str, table: TableOptions) -> bool:
    """Label into tables; whether all that was named could be labelled.

    Raises:
        UnusableError: it cannot be done; the message says why, and whether it can be resumed.
        ModuleNotFoundError: the extra ``batch`` is not installed.
    """
    from ..batch.processes import prepare  # noqa: PLC0415

    if table.jobs != 1 and any(map(os.path.isdir, paths)):
        prepare()
    from ..batch.job import DEFAULT_MAX_LINES, Form, Job  # noqa: PLC0415
    from ..batch.place import Place  # noqa: PLC0415

    if "-" in paths:
        raise click.UsageError("standard input cannot be labelled into a table")
    place = Place.named(output)
    assert place is not None
    if place.form is Form.CSV and table.scores:
        raise click.UsageError("a CSV file holds no lists, so no scores; choose .parquet or .jsonl")
    job = Job(
        paths,
        options,
        place.form,
        table.max_lines or DEFAULT_MAX_LINES,
        table.scores,
        table.with_text,
        table.revision,
        table.since,
    )
    return _run(job, place, table)


def _run(job: Job, place: Place, table: TableOptions) -> bool:
    from ..batch.run import RunError, run  # noqa: PLC0415
    from ..formats import printable_name  # noqa: PLC0415
    from ..git import GitError  # noqa: PLC0415
    from ..revisions import find_changed  # noqa: PLC0415

    name = click.format_filename(place.output)
    classifier = load_classifier()
    gc.freeze()  # what is there by now stays, and need not be looked through again and again
    try:
        report = run(
            job,
            place,
            lambda: find_changed(job.paths, job.revision, job.since),
            classifier,
            n_processes=table.jobs,
            resume=table.resume,
            watch=_watch,
        )
    except GitError as error:
        raise UnusableError(f"git: {error}") from error
    except RunError as error:
        raise UnusableError(str(error)) from error
    except OSError as error:
        raise UnusableError(f"cannot write {name}: {error.strerror or error}; {_KEPT}") from error
    except KeyboardInterrupt:
        click.echo(_KEPT, err=True)
        raise
    for path, reason in report.unlabelled if table.verbose else report.failures:
        click.echo(f"linewise: {printable_name(path)}: {reason}", err=True)
    click.echo(report.summary(), err=True)
    return not report.failures


def _watch(plan: Plan, done: Iterator[Done]) -> Iterable[Done]:
    """Draw a bar where somebody may look at it."""
    if not sys.stderr.isatty():
        return done
    from ..batch.progress import with_bar  # noqa: PLC0415

    return with_bar(plan, done)
