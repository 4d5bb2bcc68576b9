"""One piece of work, from shard to finished file. Every engine runs this and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial

from linewise.models import Classifier, ModelError

from .json_lines import label_json_lines
from .parquet import label_parquet
from .plan import Piece
from .receipts import Counts, Job, new_file, receipt
from .rows import process_classifier
from .shards import Form, InputError

MAX_ATTEMPTS = 3
"""A piece that was begun so often, and whose process died each time, is not begun again: it may well be the cause."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a piece ended.

    Attributes:
        name: the piece's name.
        counts: what became of its rows; None where nothing was written for it.
        problem: why not.
        stops_all: whether no other piece could fare better: the output cannot be written, or the model is another.
    """

    name: str
    counts: Counts | None = None
    problem: str | None = None
    stops_all: bool = False


def do_piece(piece: Piece, job: Job) -> Outcome:
    """Label a piece and write it, whole or not at all. Doing it twice, even at once, gives the same one file."""
    failed = partial(Outcome, piece.name, None)
    try:
        classifier = process_classifier()
    except ModelError as error:
        return failed(str(error), stops_all=True)
    if classifier.info.digest != job.model_digest:
        return failed(f"the model here is {classifier.info.digest}, not {job.model_digest}", stops_all=True)
    try:
        if not _begin(piece, job):
            return failed(f"the process that labelled it died, {MAX_ATTEMPTS} times")
        try:
            return Outcome(piece.name, _write(piece, job, classifier))
        finally:
            job.attempts(piece).unlink(missing_ok=True)
    except InputError as error:
        return failed(str(error))
    except OSError as error:
        return failed(f"cannot write {job.target(piece)}: {error.strerror or error}", stops_all=True)
    except Exception as error:  # a fault of one piece must not end the others
        return failed(f"{type(error).__name__}: {error}")


def _begin(piece: Piece, job: Job) -> bool:
    """Note that the piece is begun, where the note outlives this process; False if that was often enough."""
    note = job.attempts(piece)
    note.parent.mkdir(parents=True, exist_ok=True)
    with note.open("ab") as stream:
        if stream.tell() >= MAX_ATTEMPTS:
            return False
        stream.write(b".")
    return True


def _write(piece: Piece, job: Job, classifier: Classifier) -> Counts:
    label = label_parquet if piece.form == Form.PARQUET else label_json_lines
    with new_file(job.target(piece)) as stream:
        counts = label(piece, job, classifier, stream)
        _check_unchanged(piece)
    if piece.form == Form.JSON_LINES:
        with new_file(job.record(piece)) as stream:
            stream.write(receipt(piece, job, counts))
    return counts


def _check_unchanged(piece: Piece) -> None:
    try:
        state = os.stat(piece.path)
    except OSError as error:
        raise InputError(f"vanished while it was read: {error.strerror}") from error
    if (state.st_size, state.st_mtime_ns) != (piece.source_size, piece.source_mtime_ns):
        raise InputError("changed while it was read")
