"""What a run is to label, settled before it begins and kept on disk: every file, in order, cut into parts.

A part is what one process labels at a time and what is written at once. Its place in the order and its files never
change after that, so a run that was interrupted goes on where it was, and ends with what it would have written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from linewise.features.languages import language_of_file_name

from ..attributes import NOTHING, Attributes
from ..files import Blob, Source, met_in, path_in_root
from ..output import replacing
from .job import Job
from .origin import Origin, Origins

PLAN_VERSION = 2
_PLAN_NAME = "plan.json"
ENTRIES_NAME = "plan.entries"
_FILE_WEIGHT = 1_000
_SMALLEST_PART, _LARGEST_PART = 2 << 20, 32 << 20
_PARTS_OF_A_SIZE = 12


class PlanError(Exception):
    """A plan that cannot be gone on with; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a plan: where its entries are in their file, how many files it has, and about how many bytes."""

    index: int
    offset: int
    n_files: int
    weight: int

    @property
    def stem(self) -> str:
        """What its files are called, without their endings."""
        return f"part-{self.index:05}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A settled plan.

    Attributes:
        digest: says whether two plans are the same.
        options: of the job, as JSON has them.
        model_digest: SHA-256 of the model that labels.
        roots: the paths that were named, as they were and as absolute ones.
        origins: the repositories that files are of.
        parts: all parts, in order.
    """

    digest: str
    options: dict[str, Any]
    model_digest: str
    roots: tuple[tuple[str, str], ...]
    origins: tuple[Origin, ...]
    parts: tuple[Part, ...]

    @property
    def n_files(self) -> int:
        """How many files there are to label."""
        return sum(part.n_files for part in self.parts)

    def sources(self, folder: Path, part: Part) -> Iterator[tuple[Source, Origin]]:
        """The files of a part, in order; ``folder`` is where the plan is kept."""
        with (folder / ENTRIES_NAME).open("rb") as stream:
            stream.seek(part.offset)
            entries = json.loads(stream.readline())
        for root_index, origin_index, relative, blob, attributes in entries:
            name, absolute = self.roots[root_index]
            if relative is None:
                source = Source(absolute, name)
            else:
                told = Attributes(*attributes) if attributes else NOTHING
                source = met_in(absolute, name, relative, Blob(*blob) if blob else None, told)
            yield source, self.origins[origin_index]


def make_plan(folder: Path, job: Job, model_digest: str, sources: Iterable[Source]) -> Plan:
    """Settle what is to be labelled, and keep it in a folder; raises OSError where that cannot be written."""
    roots: dict[tuple[str, str], int] = {}
    origins = Origins(job.revision)
    parts: list[Part] = []
    digest = hashlib.sha256()
    with replacing(folder / ENTRIES_NAME) as stream:
        offset = 0
        for entries, weight in _cut(_entries(job, sources, roots, origins)):
            line = json.dumps(entries, separators=(",", ":")).encode() + b"\n"
            stream.write(line)
            digest.update(line)
            parts.append(Part(len(parts), offset, len(entries), weight))
            offset += len(line)
    options = job.as_json()
    settled = (options, model_digest, tuple(roots), origins.all())
    digest.update(json.dumps([options, model_digest, list(roots), [asdict(o) for o in origins.all()]]).encode())
    plan = Plan(digest.hexdigest(), *settled, tuple(parts))
    with replacing(folder / _PLAN_NAME) as stream:
        stream.write(json.dumps({"version": PLAN_VERSION, **asdict(plan)}).encode())
    return plan


def load_plan(folder: Path) -> Plan | None:
    """The plan that a folder keeps, None where it keeps none; raises PlanError for what cannot be understood."""
    try:
        told = json.loads((folder / _PLAN_NAME).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise PlanError(f"cannot read the plan in {os.fspath(folder)}: {error}") from error
    if told.pop("version", None) != PLAN_VERSION:
        raise PlanError(f"the plan in {os.fspath(folder)} was made by another version of linewise")
    return Plan(
        told["digest"],
        told["options"],
        told["model_digest"],
        tuple((name, absolute) for name, absolute in told["roots"]),
        tuple(Origin(**origin) for origin in told["origins"]),
        tuple(Part(**part) for part in told["parts"]),
    )


def drop_plan(folder: Path) -> None:
    """Remove the plan from a folder; what begins next there begins anew."""
    (folder / _PLAN_NAME).unlink(missing_ok=True)
    (folder / ENTRIES_NAME).unlink(missing_ok=True)


def check_same(plan: Plan, job: Job, model_digest: str) -> None:
    """Raise PlanError, naming the difference, unless a job and a model are those that a plan was made for."""
    wanted = json.loads(json.dumps(job.as_json()))
    for name in wanted:
        if plan.options.get(name) != wanted[name]:
            was, now = (json.dumps(value) for value in (plan.options.get(name), wanted[name]))
            raise PlanError(f"what is to be resumed was begun with another {name.replace('_', '-')}: {was}, not {now}")
    if plan.model_digest != model_digest:
        raise PlanError("what is to be resumed was begun with another model")


_Entry = list[Any]
"""The index of its root and of its origin, and of what was met in a folder its path there, blob and attributes."""
_NO_MORE = (None, None, None)


def _entries(
    job: Job, sources: Iterable[Source], roots: dict[tuple[str, str], int], origins: Origins
) -> Iterator[tuple[_Entry, int]]:
    """Each source as the plan keeps it, with its weight; the tables that it refers to grow on the way."""
    names = iter(job.paths)
    root, root_index = "", 0
    for source in sources:
        if source.root is None:
            key = (source.name, os.path.abspath(source.path))
            yield [roots.setdefault(key, len(roots)), origins.of_file(source.path), *_NO_MORE], _size_of(source)
            continue
        if root != source.root:
            while root != source.root:
                root = next(names)
            root_index = roots.setdefault((root, os.path.abspath(root)), len(roots))
        blob = astuple(source.blob) if source.blob is not None else None
        # Of most files nothing is said, and comparing takes longer than all else here.
        told = source.attributes is not NOTHING and source.attributes != NOTHING
        attributes = astuple(source.attributes) if told else None
        yield [root_index, origins.of(source), path_in_root(source), blob, attributes], _size_of(source)


def _size_of(source: Source) -> int:
    """About how many bytes labelling a source takes; files whose name tells no language are hardly looked at."""
    if source.root is not None and language_of_file_name(source.name) is None:
        return _FILE_WEIGHT
    if source.blob is not None:
        return _FILE_WEIGHT + (source.blob.size or 0)
    try:
        return _FILE_WEIGHT + os.lstat(source.path).st_size
    except OSError:
        return _FILE_WEIGHT


def _cut(entries: Iterable[tuple[_Entry, int]]) -> Iterator[tuple[list[_Entry], int]]:
    """Cut entries into parts: small ones first, so that few files too are shared among all processes."""
    held: list[_Entry] = []
    weight = made = 0
    for entry, size in entries:
        limit = min(_SMALLEST_PART << made // _PARTS_OF_A_SIZE, _LARGEST_PART)
        if held and weight + size > limit:
            yield held, weight
            held, weight = [], 0
            made += 1
        held.append(entry)
        weight += size
    if held:
        yield held, weight
