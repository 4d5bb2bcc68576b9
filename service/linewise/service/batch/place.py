"""Where a run's tables go, a file with another beside it or a folder of parts, and where the work lies until then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..output import TEMPORARY_SUFFIX
from .job import Form, PartForm
from .part import FILES_FOLDER, LINES_FOLDER
from .plan import ENTRIES_NAME, drop_plan, load_plan

REPORT_NAME = "run.json"
_LOCK_NAME = "lock"
_WORK_SUFFIX = ".unfinished"
_FORM_OF_SUFFIX = {f".{form.value}": form for form in Form}


class PlaceError(Exception):
    """Tables cannot be written where they are to go; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tables go.

    Attributes:
        output: as it was named.
        form: how the tables are written.
        is_folder: whether the output is a folder of parts.
    """

    output: Path
    form: Form
    is_folder: bool

    @classmethod
    def named(cls, name: str) -> Place | None:
        """The place that a name means; None where it means no table, as ``labels.txt`` does."""
        path = Path(name)
        form = _FORM_OF_SUFFIX.get(path.suffix.lower())
        if name.endswith(("/", os.sep)) or path.is_dir():
            return cls(path, Form.PARQUET, is_folder=True)
        return cls(path, form, is_folder=False) if form else None

    @property
    def work(self) -> Path:
        """The folder of the plan and the parts."""
        return self.output if self.is_folder else self.output.with_name(f".{self.output.name}{_WORK_SUFFIX}")

    @property
    def part_form(self) -> PartForm:
        """How parts are written: those of a folder stay as they are, while one Parquet file is made of quicker ones."""
        return PartForm.ARROW if self.form is Form.PARQUET and not self.is_folder else PartForm(self.form.value)

    @property
    def files_table(self) -> Path:
        """Where the table of files goes, beside that of lines: ``labels.files.parquet`` beside ``labels.parquet``."""
        return self.output.with_name(f"{self.output.stem}.files{self.output.suffix}")

    @property
    def is_finished(self) -> bool:
        """Whether the folder holds the parts of a finished run; a single file never tells."""
        return self.is_folder and (self.work / REPORT_NAME).exists() and load_plan(self.work) is None

    def outputs(self) -> frozenset[str]:
        """All that a run writes, as absolute paths; none of it is to be labelled."""
        paths = [self.work] if self.is_folder else [self.output, self.files_table, self.work]
        return frozenset(os.path.abspath(path) for path in paths)

    def check(self) -> None:
        """Raise PlaceError where the folder holds what no unfinished run has left there."""
        if self.is_finished:
            raise PlaceError(f"{os.fspath(self.output)} holds the tables of a finished run")
        foreign = self.is_folder and self.work.exists() and load_plan(self.work) is None
        if foreign and any(not _is_left_over(entry) for entry in self.work.iterdir()):
            raise PlaceError(f"{os.fspath(self.output)} is not empty")

    def prepare(self, *, resume: bool) -> None:
        """Make the folders; without ``resume``, remove what an unfinished run has left. Raises OSError."""
        if not resume:
            drop_plan(self.work)
        for name in (LINES_FOLDER, FILES_FOLDER):
            folder = self.work / name
            if not resume:
                shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(exist_ok=True)
        remove_temporary(self.work, self.work / LINES_FOLDER, self.work / FILES_FOLDER)

    def clear(self) -> None:
        """Remove what is of use to an unfinished run only."""
        drop_plan(self.work)
        (self.work / _LOCK_NAME).unlink(missing_ok=True)
        if not self.is_folder:
            shutil.rmtree(self.work, ignore_errors=True)


def _is_left_over(path: Path) -> bool:
    """Whether a run that ended before it had a plan may have left something in its folder."""
    if path.name in (LINES_FOLDER, FILES_FOLDER):
        return path.is_dir() and not any(path.glob("[!.]*"))
    return path.name in (_LOCK_NAME, ENTRIES_NAME) or path.name.endswith(TEMPORARY_SUFFIX)


def remove_temporary(*folders: Path) -> None:
    """Remove half-written files that killed processes have left in some folders."""
    for folder in folders:
        for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
            path.unlink(missing_ok=True)


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Hold a place, so that no other run writes there; where the system has no such locks, without.

    Raises:
        PlaceError: another run holds it.
        OSError: it cannot be written to.
    """
    place.work.mkdir(parents=place.is_folder, exist_ok=True)
    with (place.work / _LOCK_NAME).open("wb") as stream:
        try:
            import fcntl  # noqa: PLC0415  # not on every system
        except ImportError:
            yield
            return
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlaceError(f"another run is writing {os.fspath(place.output)}") from error
        yield
