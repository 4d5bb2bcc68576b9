"""What one run of batch labelling is told to do, as its plan keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ..labelling import LabelOptions

DEFAULT_MAX_LINES = 100_000
"""A text takes some 2 kB of memory for each of its lines while it is labelled."""


class Form(StrEnum):
    """How a table is written."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"


class PartForm(StrEnum):
    """How the lines of a part are written: as the table that is asked for, or for the table to be made of them."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"
    ARROW = "arrow"


@dataclass(frozen=True, slots=True)
class Job:
    """The options of one run that bear on what it writes.

    Attributes:
        paths: files and folders, as they were named.
        labels: how each text is labelled.
        form: of the tables.
        max_lines: texts with more lines are skipped.
        scores: with the probability of every label.
        with_text: with the lines' source text.
        revision: the commit to label instead of the files, as it was named.
        since: the commit since which files must have changed, as it was named.
        part_form: how parts are written; it follows from the output and is not told.
    """

    paths: tuple[str, ...]
    labels: LabelOptions
    form: Form = Form.PARQUET
    max_lines: int = DEFAULT_MAX_LINES
    scores: bool = False
    with_text: bool = False
    revision: str | None = None
    since: str | None = None
    part_form: PartForm = PartForm.ARROW

    def as_json(self) -> dict[str, Any]:
        """The options by name, as the tables' metadata tells them."""
        told = asdict(self)
        del told["part_form"]
        return {**told.pop("labels"), **told, "paths": list(self.paths), "skip": list(self.labels.skip)}
