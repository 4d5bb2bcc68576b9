"""``linewise label``: the labels of files, folders and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ..cli import EXIT_INCOMPLETE
from .options import (
    UnusableError,
    color_option,
    language_option,
    load_classifier,
    max_bytes_option,
    mode_option,
    report,
    wants_colour,
    writing_to,
)

if TYPE_CHECKING:
    from ..files import Source
    from ..formats import Labelled, LabelledBlocks, OutputFormat
    from ..labelling import LabelOptions, Tally
    from .tables import TableOptions

T = TypeVar("T")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "jsonl"]),
    help="Labels beside the lines, or one JSON object a line.  [default: text]",
)
@click.option("--scores", is_flag=True, help="Give the probabilities too.")
@language_option
@click.option(
    "--context",
    type=click.Choice(["file", "fragment", "unknown"]),
    help="Whether the input is whole files or cut-outs.  [default: file; unknown for standard input]",
)
@mode_option
@click.option("--rev", "revision", metavar="REV", help="Label files as this commit has them, without checking it out.")
@click.option("--since", metavar="REV", help="Label only files that changed since this commit.")
@click.option(
    "--skip",
    type=click.Choice(["generated", "vendored", "minified"]),
    multiple=True,
    help="Skip such files of folders; may be given more than once.",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE|FOLDER/",
    help="Write to this file, whole or not at all. A name that ends in .parquet, .jsonl or .csv makes it a table,"
    " with a table of the files beside it; a folder, as labels/, gets both in parts.",
)
@click.option("--with-text", is_flag=True, help="Put the lines' text into the table.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Processes for a table.  [default: usable cores]")
@click.option("--resume", is_flag=True, help="Go on with a table where an interrupted run of the same command ended.")
@click.option(
    "--max-lines",
    type=click.IntRange(min=1),
    help="For a table, skip files with more lines; 2 kB of memory each.  [default: 100000]",
)
@color_option
@max_bytes_option
@click.option("--verbose", is_flag=True, help="Name every file that was skipped, with the reason.")
@click.pass_context
def label(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    form: str | None,
    scores: bool,
    language: str | None,
    context: str | None,
    mode: str,
    revision: str | None,
    since: str | None,
    skip: tuple[str, ...],
    output: str | None,
    with_text: bool,
    jobs: int | None,
    resume: bool,
    max_lines: int | None,
    color: str,
    max_bytes: int,
    verbose: bool,
) -> None:
    """Label every line of files, folders and standard input (-).

    In a folder, files whose name or #! line tells a known language are labelled: those that git would list,
    or that no .gitignore names. Files that are named themselves are labelled whatever they are.

    Exit codes: 0 all was labelled; 1 a named path was not, or a file could not be read; 2 wrong usage, no
    such path or commit, no usable model, or the output cannot be written.
    """
    # Imported here, so that listing the commands needs no numpy.
    from ..labelling import LabelOptions  # noqa: PLC0415
    from .tables import TableOptions, is_table, label_into_tables  # noqa: PLC0415

    options = LabelOptions(language, context, mode, max_bytes, skip)
    table = TableOptions(scores, with_text, jobs, resume, max_lines, revision, since, verbose)
    if output is not None and is_table(output):
        if form is not None:
            raise click.UsageError(f"--format cannot be given with a table; the name {output} tells its form")
        complete = label_into_tables(paths, options, output, table)
    else:
        table.refuse()
        complete = _label_as_text(paths, options, form or "text", Path(output) if output else None, color, table)
    if not complete:
        ctx.exit(EXIT_INCOMPLETE)


def _label_as_text(
    paths: tuple[str, ...], options: LabelOptions, form: str, output: Path | None, color: str, table: TableOptions
) -> bool:
    """Label into one stream of text, as it goes; whether all that was named could be labelled."""
    from ..labelling import Tally, label_by_blocks  # noqa: PLC0415
    from ..revisions import SourceReader  # noqa: PLC0415

    sources = _find(paths, table)
    walked = any(source.root is not None for source in sources) or not sources
    classifier = load_classifier()
    tally = Tally()
    formatter = _output_format(form, table.scores, wants_colour(color, output), headers=walked or len(paths) > 1)
    with SourceReader() as reader, writing_to(output) as write:
        labelled: Iterable[Labelled | LabelledBlocks] = label_by_blocks(classifier, sources, options, tally, reader)
        if walked and _bar_is_welcome(output):
            labelled = _with_bar(labelled, len(sources), tally)
        for one in labelled:
            for piece in _rendered(formatter, one):
                # A file name may hold bytes that are no UTF-8; they go out as they came in.
                write(piece.encode("utf-8", "surrogateescape"))
    report(tally, verbose=table.verbose, summed_up=walked)
    return not tally.failures()


def _rendered(formatter: OutputFormat, labelled: Labelled | LabelledBlocks) -> Iterable[str]:
    from ..formats import LabelledBlocks  # noqa: PLC0415

    if isinstance(labelled, LabelledBlocks):
        return formatter.render_blocks(labelled)
    return (formatter.render(labelled),)


def _find(paths: tuple[str, ...], table: TableOptions) -> list[Source]:
    from ..git import GitError  # noqa: PLC0415
    from ..revisions import find_changed  # noqa: PLC0415

    try:
        return list(find_changed(paths, table.revision, table.since))
    except GitError as error:
        raise UnusableError(f"git: {error}") from error


def _output_format(form: str, scores: bool, colour: bool, *, headers: bool) -> OutputFormat:
    from ..formats import JsonLinesFormat, TextFormat  # noqa: PLC0415

    return JsonLinesFormat(scores) if form == "jsonl" else TextFormat(scores, colour, headers)


def _bar_is_welcome(output: Path | None) -> bool:
    # The bar would be drawn into labels that scroll by on the same terminal.
    return sys.stderr.isatty() and (output is not None or not sys.stdout.isatty())


def _with_bar(labelled: Iterable[T], total: int, tally: Tally) -> Iterator[T]:
    """Hand the labelled files on, and draw on standard error how many of all files are done."""
    with click.progressbar(length=total, label="labelling", file=sys.stderr) as bar:
        for one in labelled:
            yield one
            bar.update(tally.files + len(tally.skipped) - bar.pos)
        bar.update(total - bar.pos)
