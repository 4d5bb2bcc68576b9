"""A run of batch labelling, from its plan to its tables, over several processes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, replace

from linewise.models import Classifier

from ..files import Source, path_in_root
from ..output import replacing
from .assemble import Assembly, assembling
from .job import Job
from .part import FILES_FOLDER, LINES_FOLDER, Done, files_path, is_done, label_part
from .place import REPORT_NAME, Place, PlaceError, locked, remove_temporary
from .plan import Part, Plan, PlanError, check_same, load_plan, make_plan
from .processes import label_in_processes
from .report import Report, report_of
from .tables import SCHEMA_VERSION

_Watch = Callable[[Plan, Iterator[Done]], Iterable[Done]]


class RunError(Exception):
    """A run that could not be finished, though what is done is kept; the message says why."""


def run(
    job: Job,
    place: Place,
    sources: Callable[[], Iterable[Source]],
    classifier: Classifier,
    *,
    n_processes: int | None,
    resume: bool,
    watch: _Watch = lambda plan, done: done,
) -> Report:
    """Label files into tables.

    Args:
        job: what is to be done.
        place: where the tables go.
        sources: finds the files; not called where a plan is gone on with.
        classifier: labels; further processes load the same model.
        n_processes: how many processes label; None for as many as there are usable cores.
        resume: go on with what an unfinished run left, if it was told to do the same.
        watch: is handed the plan and each part as it is done, in any order, and hands the parts on.

    Raises:
        RunError: it could not be finished; what is done is kept.
        OSError: the tables cannot be written.
    """
    job = replace(job, part_form=place.part_form)
    try:
        if resume and place.is_finished:
            place.clear()  # it may have been interrupted while it did so
            return report_of(sorted((place.work / FILES_FOLDER).glob("part-*")))
        place.check()
        with locked(place):
            place.prepare(resume=resume)
            plan = _plan(job, place, sources, classifier.info.digest)
            n_processes = min(n_processes or _usable_cores(), len(plan.parts))
            label = _label_folder if place.is_folder else _label_file
            report = label(_Task(job, place, plan, classifier, n_processes, watch))
            place.clear()
            return report
    except (PlaceError, PlanError) as error:
        raise RunError(str(error)) from error
    except BrokenProcessPool as error:
        raise RunError("a process that labelled was killed, for want of memory perhaps") from error


@dataclass(frozen=True, slots=True)
class _Task:
    """A run whose plan is settled, see `run`."""

    job: Job
    place: Place
    plan: Plan
    classifier: Classifier
    n_processes: int
    watch: _Watch


def _label_folder(task: _Task) -> Report:
    """Label the parts, which stay as they are."""
    with closing(_all_parts(task)) as parts:
        for _ in task.watch(task.plan, parts):
            pass
    report = report_of(files_path(task.place.work, part, task.job.part_form) for part in task.plan.parts)
    _check_files(report, task.plan)
    _write_report(task.place, task.plan, report)
    return report


def _label_file(task: _Task) -> Report:
    """Label the parts and make one file of them."""
    with assembling(task.place, task.plan, task.job) as assembly:
        if task.n_processes <= 1 and assembly.takes_lines:
            with closing(_one_by_one(task, assembly)) as parts:
                for _ in task.watch(task.plan, parts):
                    pass
        else:
            with closing(_all_parts(task)) as parts:
                for part in _in_order(task.plan.parts, task.watch(task.plan, parts)):
                    assembly.add(part)
        _check_files(assembly.report, task.plan)
    return assembly.report


def _one_by_one(task: _Task, assembly: Assembly) -> Generator[Done, None, None]:
    """Every part, in order: those that are there already are read, the others labelled straight into the file."""
    work, plan, job = task.place.work, task.plan, task.job
    for part in plan.parts:
        done = is_done(work, plan, part, job.part_form)
        if done is None:
            yield label_part(work, plan, job, part, task.classifier, taker=assembly)
        else:
            assembly.add(part)
            yield done


def _in_order(parts: Sequence[Part], done: Iterable[Done]) -> Iterator[Part]:
    """Each part when it and all before it are done."""
    waiting: set[int] = set()
    n_given = 0
    for one in done:
        waiting.add(one.index)
        while n_given in waiting:
            waiting.remove(n_given)
            yield parts[n_given]
            n_given += 1


def _check_files(report: Report, plan: Plan) -> None:
    if report.files != plan.n_files:
        raise RunError(f"{report.files:,} files were written of {plan.n_files:,}")


def _plan(job: Job, place: Place, sources: Callable[[], Iterable[Source]], model_digest: str) -> Plan:
    """The plan that is there, if it is the same, else a new one."""
    plan = load_plan(place.work)
    if plan is not None:
        check_same(plan, job, model_digest)
        return plan
    return make_plan(place.work, job, model_digest, _without_own(sources(), place.outputs()))


def _without_own(sources: Iterable[Source], own: frozenset[str]) -> Iterator[Source]:
    """The sources but for what the run itself writes, or has written before, in folders that are labelled."""
    root: str | None = None
    below: tuple[str, ...] = ()
    around = False
    for source in sources:
        if source.root is not None and source.blob is None:
            if source.root != root:
                root = source.root
                relatives = {os.path.relpath(path, root) for path in own}
                # Of outputs that lie elsewhere the path begins with `..`; of those around the folder it is only that.
                around = any(set(path.split(os.sep)) <= {os.curdir, os.pardir} for path in relatives)
                below = tuple(path for path in relatives if path.split(os.sep)[0] != os.pardir)
            if around or (below and _is_of(path_in_root(source), below)):
                continue
        yield source


def _is_of(path: str, owned: Iterable[str]) -> bool:
    """Whether a path is one of some, or below one."""
    return any(path == each or path.startswith(each + os.sep) for each in owned)


def _all_parts(task: _Task) -> Generator[Done, None, None]:
    """Every part, those first that are there already, then each as it is done."""
    job, work, plan = task.job, task.place.work, task.plan
    missing = []
    for part in plan.parts:
        done = is_done(work, plan, part, job.part_form)
        if done is None:
            missing.append(part)
        else:
            yield done
    n_processes = min(task.n_processes, len(missing))
    if n_processes <= 1:
        for part in missing:
            yield label_part(work, plan, job, part, task.classifier)
        return
    try:
        yield from label_in_processes(work, plan, job, missing, n_processes)
    finally:
        remove_temporary(work / LINES_FOLDER, work / FILES_FOLDER)


def _usable_cores() -> int:
    # Imported only where it is asked for: it takes as long as labelling thousands of lines.
    from joblib import cpu_count  # noqa: PLC0415

    return int(cpu_count())


def _write_report(place: Place, plan: Plan, report: Report) -> None:
    """Say in the folder of parts that it is whole, and what is in it."""
    told = {
        "schema_version": SCHEMA_VERSION,
        **report.as_json(),
        "parts": len(plan.parts),
        "model_digest": plan.model_digest,
        "options": plan.options,
    }
    with replacing(place.work / REPORT_NAME) as stream:
        stream.write(json.dumps(told, indent=1).encode() + b"\n")
