"""A whole run: find the shards, cut them, see what is done already, and have an engine do the rest."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from .options import RowOptions
from .plan import DEFAULT_PIECE_BYTES, BadShard, Piece, make_plan
from .receipts import ATTEMPTS, RECORDS, Counts, Job, finished, new_file
from .shards import InputError, find_shards
from .work import Outcome

Engine = Callable[[Sequence[Piece], Job], Iterator[Outcome]]
"""What does pieces, here or elsewhere, and yields how each ended."""

_MANIFEST = "run.json"
_LOCK = "lock"
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
"""The names under which `linewise.service.output` writes before it renames."""


class EngineError(RuntimeError):
    """There is nothing to do the work with: no cluster where one was named."""


class OutputError(RuntimeError):
    """The output folder cannot be used, or not be written; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a run tells as it goes: a piece that ended, or was found done, and its share of the work."""

    outcome: Outcome
    weight: int
    was_done: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is prepared: what to do, and what cannot be done."""

    job: Job
    pieces: tuple[Piece, ...]
    bad_shards: tuple[BadShard, ...]

    @property
    def weight(self) -> int:
        """All the work, as the sum of the steps' weights."""
        return sum(piece.weight for piece in self.pieces)

    def steps(self, engine: Engine, *, resume: bool) -> Iterator[Step]:
        """Do it, and tell of every piece once, in no particular order.

        Raises:
            OutputError: the folder holds something else, another run is writing to it, or it cannot be written.
        """
        _check_ours(Path(self.job.output), resume)
        with _holding(Path(self.job.output)):
            self._take_over()
            left: dict[str, Piece] = {}
            for piece in self.pieces:
                counts = finished(piece, self.job) if resume else None
                if counts is None:
                    # What is there under its name belongs to a source that has changed since.
                    self.job.target(piece).unlink(missing_ok=True)
                    left[piece.name] = piece
                else:
                    yield Step(Outcome(piece.name, counts), piece.weight, was_done=True)
            for outcome in engine(tuple(left.values()), self.job) if left else ():
                if outcome.stops_all:
                    raise OutputError(outcome.problem)
                yield Step(outcome, left[outcome.name].weight)
            # Of processes that died on the way.
            _clear(Path(self.job.output))

    def _take_over(self) -> None:
        """See that what is there is of a run like this one; then clear what that one left half-done."""
        output = Path(self.job.output)
        manifest = output / RECORDS / _MANIFEST
        told = {**asdict(self.job.options), "model_digest": self.job.model_digest}
        names = [piece.name for piece in self.pieces]
        before = _read_manifest(manifest)
        if before is not None:
            changed = [key for key in told if before["options"].get(key) != told[key]]
            if changed:
                raise OutputError(f"{output} was begun with another {', '.join(changed)}; it cannot be mixed")
            _remove(output, set(before["pieces"]) - set(names))
        _clear(output)
        with new_file(manifest) as stream:
            stream.write(json.dumps({"options": told, "pieces": names}, indent=1).encode())


def prepare(
    inputs: Iterable[str],
    output: Path,
    options: RowOptions,
    model_digest: str,
    piece_bytes: int = DEFAULT_PIECE_BYTES,
) -> Run:
    """Look at the input and decide what is to be done; nothing is written.

    Raises:
        InputError: there is nothing that could be labelled.
    """
    plan = make_plan(find_shards(inputs, output), options, piece_bytes)
    if not plan.pieces:
        raise InputError("; ".join(f"{bad.name}: {bad.reason}" for bad in plan.bad_shards[:3]))
    return Run(Job(str(output.resolve()), options, model_digest), plan.pieces, plan.bad_shards)


@dataclass(slots=True)
class Totals:
    """What a run amounts to so far."""

    counts: Counts
    pieces: int = 0
    found_done: int = 0
    problems: int = 0

    def add(self, step: Step) -> None:
        """Count a step."""
        self.pieces += 1
        self.found_done += step.was_done
        if step.outcome.counts is None:
            self.problems += 1
        else:
            self.counts.add(step.outcome.counts)

    def summary(self) -> str:
        """The run in one line: ``labelled 9 of 10 rows, 1,200 lines, in 2 files; not labelled: 1 null``."""
        counts = self.counts
        files = self.pieces - self.problems
        text = f"labelled {counts.labelled:,} of {counts.rows:,} rows, {counts.lines:,} lines, in {files:,} files"
        if self.found_done:
            text += f" ({self.found_done:,} of them done before)"
        if counts.reasons:
            text += "; not labelled: " + ", ".join(f"{n:,} {reason}" for reason, n in counts.reasons.most_common())
        return text


@contextmanager
def _holding(output: Path) -> Iterator[None]:
    """Hold the output folder alone; it is made if there is none."""
    try:
        (output / RECORDS).mkdir(parents=True, exist_ok=True)
        with (output / RECORDS / _LOCK).open("w") as lock:
            _lock(lock)
            yield
    except BlockingIOError as error:
        raise OutputError(f"another run is writing to {output}") from error
    except OSError as error:
        raise OutputError(f"cannot write {error.filename or output}: {error.strerror or error}") from error


def _lock(stream: IO[str]) -> None:
    """Take a lock that goes with the process; raises BlockingIOError where another has it."""
    try:
        import fcntl  # noqa: PLC0415  # not on every system
    except ImportError:
        return
    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _check_ours(output: Path, resume: bool) -> None:
    """Raise OutputError unless the folder is new or empty, or was begun by this command and is to be gone on with."""
    if not output.is_dir() or not any(output.iterdir()):
        return
    if not resume:
        raise OutputError(f"{output} is not empty; use --resume to go on with what was begun there")
    if not (output / RECORDS).is_dir():
        raise OutputError(f"{output} holds something else than what this command writes")


def _read_manifest(manifest: Path) -> dict[str, dict[str, object]] | None:
    """What the run before was, None where it did not come so far as to tell."""
    try:
        told: dict[str, dict[str, object]] = json.loads(manifest.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OutputError(f"{manifest} is damaged; what is beside it cannot be gone on with") from error
    return told


def _remove(output: Path, gone: set[str]) -> None:
    """Remove pieces that the data set has no more."""
    for name in gone:
        (output / name).unlink(missing_ok=True)


def _clear(output: Path) -> None:
    """Remove the temporary files and the notes of whoever was interrupted."""
    shutil.rmtree(output / RECORDS / ATTEMPTS, ignore_errors=True)
    for place, _, files in os.walk(output):
        for name in files:
            if _LEFTOVER.fullmatch(name):
                Path(place, name).unlink(missing_ok=True)
