"""``linewise bench``: figures of a model."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linewise.training.corpus.manifest import Split

from .options import model_option

if TYPE_CHECKING:
    from linewise.training.benchmark.accuracy import Accuracy
    from linewise.training.benchmark.unseen.measuring import Unseen

_INTRODUCTION = """\
# Accuracy

How right the model is on projects that training never saw, beside other tools. Written by
`linewise bench accuracy --report`; [labels.md](labels.md) says what the labels mean, [test-runs.md](test-runs.md) lists
every run on the test split.

"""


@click.group()
def bench() -> None:
    """Measure a model."""


@bench.command()
@click.option(
    "--split",
    type=click.Choice([Split.VALIDATION.value, Split.TEST.value]),
    default="test",
    show_default=True,
    help="Which split; tune on validation only.",
)
@model_option
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures to this file."
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report to this Markdown file, and its pictures beside it, instead of printing it.",
)
@click.option("--card", is_flag=True, help="Write the figures into the model's MODEL_CARD.md.")
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append a line to this file, which lists the runs on the test split.",
)
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Languages measured at a time.")
@click.option(
    "--max-files", type=click.IntRange(1), help="Take so many files of each language, for a quick look; not on test."
)
@click.option(
    "--unseen/--no-unseen", default=True, help="On the test split, also measure languages that training never saw."
)
@click.option(
    "--conformance",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of files labelled by hand, LANGUAGE.txt; otherwise the source tree's, where there is one.",
)
@click.option("--afresh", is_flag=True, help="Measure anew what a run that was stopped has measured already.")
def accuracy(
    split: str,
    folder: Path | None,
    json_path: Path | None,
    report: Path | None,
    card: bool,
    log: Path | None,
    jobs: int,
    max_files: int | None,
    unseen: bool,
    conformance: Path | None,
    afresh: bool,
) -> None:
    """Measure labels on a split of the corpus: by view, label and language, beside other tools.

    Views are whole files, windows of 40 to 1 lines, windows that start inside a literal, and damaged files. The report
    also says how calibrated the probabilities are, what is known of regions, and which language is found. What is
    measured of a language is kept for a week in the cache; a run that was stopped goes on with the next one.
    """
    # Imported here, so that listing the commands loads no trainer.
    from linewise.models import ModelError, store  # noqa: PLC0415
    from linewise.training.benchmark.accuracy import measure_accuracy  # noqa: PLC0415
    from linewise.training.benchmark.card import write_card  # noqa: PLC0415
    from linewise.training.benchmark.conformance import (  # noqa: PLC0415
        ConformanceError,
        measure_conformance,
        source_folder,
    )
    from linewise.training.benchmark.measuring import Plan  # noqa: PLC0415
    from linewise.training.benchmark.report import as_json, as_markdown, every_cell  # noqa: PLC0415
    from linewise.training.benchmark.results import results_folder  # noqa: PLC0415
    from linewise.training.benchmark.tables_apart import failures_table  # noqa: PLC0415
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415

    if split == Split.TEST.value and max_files is not None:
        raise click.UsageError("--max-files is not for the test split: its figures are of all of it")
    folder = folder or store.default_folder()
    try:
        model = store.load(folder)
        digest = _checked_test_split() if split == Split.TEST.value else None
        plan = Plan(folder, Split(split), max_files=max_files or 0)
        figures = measure_accuracy(plan, digest, n_jobs=jobs, results=None if afresh else results_folder())
        if (by_hand := conformance or source_folder()) is not None:
            figures = replace(figures, conformance=measure_conformance(folder, by_hand))
        if unseen and split == Split.TEST.value:
            figures = replace(figures, unseen=_measured_unseen(folder, jobs))
    except (ModelError, CorpusMissingError, ConformanceError) as error:
        raise click.ClickException(str(error)) from error
    if report is not None:
        _write_report(figures, report)
        click.echo(f"{report} written; measured in {figures.seconds:.0f} s ({figures.cpu_seconds:.0f} s of one core)")
    else:
        click.echo(as_markdown(figures))
    if json_path is not None:
        json_path.write_text(json.dumps(as_json(figures), indent=1) + "\n", encoding="utf-8")
    if card:
        write_card(folder, model, f"{as_markdown(figures)}\n{every_cell(figures)}", failures_table(figures))
    if log is not None:
        _append_to_log(log, figures)


def _checked_test_split() -> str:
    """The digest of the test split in the cache, which must be the frozen one."""
    from linewise.training.corpus.frozen import frozen_test_split, measure_test_split  # noqa: PLC0415

    digest, frozen = measure_test_split().digest, frozen_test_split().digest
    if digest != frozen:
        raise click.ClickException(
            f"the test split in the cache has the digest {digest[:16]}…, the frozen one {frozen[:16]}…: "
            "run `linewise corpus fetch` and `linewise corpus prepare`"
        )
    return digest


def _measured_unseen(folder: Path, jobs: int) -> Unseen:
    """Fetch the packages that the cache lacks, and measure."""
    from linewise.training.benchmark.unseen.measuring import measure_unseen  # noqa: PLC0415
    from linewise.training.benchmark.unseen.sources import fetch_unseen  # noqa: PLC0415
    from linewise.training.corpus.clients import FetchError  # noqa: PLC0415
    from linewise.training.grammars import GrammarError  # noqa: PLC0415

    try:
        fetch_unseen()
        return measure_unseen(folder, n_jobs=jobs)
    except (FetchError, GrammarError) as error:
        raise click.ClickException(f"{error}; --no-unseen leaves these languages out") from error


def _write_report(figures: Accuracy, path: Path) -> None:
    from linewise.training.benchmark.pictures import draw_pictures  # noqa: PLC0415
    from linewise.training.benchmark.report import as_markdown  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = draw_pictures(figures, path.parent)
    path.write_text(_INTRODUCTION + as_markdown(figures, pictures), encoding="utf-8")


def _append_to_log(path: Path, figures: Accuracy) -> None:
    from linewise.training.benchmark.accuracy import REGION, SURFACE_AND_CONSTRUCT  # noqa: PLC0415
    from linewise.training.benchmark.cases import WHOLE  # noqa: PLC0415

    whole, short, single = (figures.figures(view, visible=True) for view in (WHOLE, "7 lines", "1 line"))
    cells = [
        f"`{figures.model_digest[:16]}`",
        f"`{(figures.split_digest or figures.plan.split.value)[:16]}`",
        *[f"{f.overall(group):.4f}" for f in (whole, short) for group in (SURFACE_AND_CONSTRUCT, REGION)],
        f"{single.overall(SURFACE_AND_CONSTRUCT):.4f}",
        f"{whole.exact():.1%}",
    ]
    with path.open("a", encoding="utf-8") as stream:
        stream.write("| " + " | ".join(cells) + " |\n")


@bench.command()
@model_option
@click.option(
    "--split", type=click.Choice([Split.VALIDATION.value, Split.TEST.value]), default="test", show_default=True
)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="Runs of each program.")
@click.option("--long", "long_curve", is_flag=True, help="Also label a text of ten million lines.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Also write JSON here.")
@click.option(
    "--write", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report and its picture here."
)
def speed(
    folder: Path | None, split: str, rounds: int, long_curve: bool, json_path: Path | None, report: Path | None
) -> None:
    """Print how fast linewise is on this machine, against other programs, and where the time goes."""
    from linewise.models import ModelError, store  # noqa: PLC0415
    from linewise.training.benchmark.speed import Plan, measure_speed  # noqa: PLC0415
    from linewise.training.benchmark.speed_report import (  # noqa: PLC0415
        ReportError,
        as_json,
        as_markdown,
        check_report,
        write_report,
    )
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415

    plan = Plan(folder or store.default_folder(), Split(split), rounds=rounds, long_curve=long_curve)
    try:
        # What would lose the figures is found before they are measured.
        if report is not None:
            check_report(report)
        if json_path is not None and not json_path.parent.is_dir():
            raise ReportError(f"{json_path.parent} is no folder, so {json_path.name} cannot be written there")
        figures = measure_speed(plan, lambda step: click.echo(step, err=True))
    except (ModelError, CorpusMissingError, ReportError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(as_markdown(figures))
    if report is not None:
        write_report(figures, report)
    if json_path is not None:
        json_path.write_text(json.dumps(as_json(figures), indent=1) + "\n", encoding="utf-8")


@bench.command()
@click.option(
    "--half",
    type=click.Choice(["tuning", "report"]),
    default="report",
    show_default=True,
    help="Which packages and projects; tune on the one, publish the other.",
)
@click.option("--rounds", type=click.IntRange(min=0), help="Rounds of edits, in each of which every file changes once.")
@click.option(
    "--write", "page", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here, as a page."
)
@click.option(
    "--misses",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write each wrong verdict to this file, as JSON Lines.",
)
def patches(half: str, rounds: int | None, page: Path | None, misses: Path | None) -> None:
    """Measure the verdicts of `linewise diff`, and its labels of changed lines.

    The changes are those between successive versions of packages, and edits of whole files by script; the truth is told
    by the grammars, from both sides as a whole.
    """
    from linewise.models import Classifier  # noqa: PLC0415
    from linewise.training.benchmark.patches.measuring import DiffFailedError, measure_patches  # noqa: PLC0415
    from linewise.training.benchmark.patches.packages import Half, fetch_histories  # noqa: PLC0415
    from linewise.training.benchmark.patches.report import as_markdown, as_page  # noqa: PLC0415
    from linewise.training.benchmark.patches.sources import ROUNDS, edit_steps, history_steps  # noqa: PLC0415
    from linewise.training.corpus.clients import FetchError  # noqa: PLC0415
    from linewise.training.corpus.extract import ArchiveError  # noqa: PLC0415
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415
    from linewise.training.grammars import GrammarError  # noqa: PLC0415

    chosen = Half(half)
    try:
        fetch_histories(chosen)
        steps = chain(history_steps(chosen), edit_steps(chosen, rounds=ROUNDS if rounds is None else rounds))
        figures = measure_patches(steps)
    except (FetchError, ArchiveError, CorpusMissingError, DiffFailedError, GrammarError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(as_markdown(figures))
    if page is not None:
        page.write_text(as_page(figures, Classifier.load().info.digest), encoding="utf-8")
    if misses is not None:
        lines = [json.dumps(asdict(miss)) + "\n" for miss in figures.misses]
        misses.write_text("".join(lines), encoding="utf-8")
