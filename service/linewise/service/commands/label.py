"""``linewise label``: the labels of files, folders and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..cli import EXIT_INCOMPLETE
from .options import (
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
    from ..formats import Labelled, OutputFormat
    from ..labelling import Tally


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="Labels beside the lines, or one JSON object a line.",
)
@click.option("--scores", is_flag=True, help="Give the probabilities too.")
@language_option
@click.option(
    "--context",
    type=click.Choice(["file", "fragment", "unknown"]),
    help="Whether the input is whole files or cut-outs.  [default: file; unknown for standard input]",
)
@mode_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, whole or not at all.",
)
@color_option
@max_bytes_option
@click.option("--verbose", is_flag=True, help="Name every file that was skipped, with the reason.")
@click.pass_context
def label(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    form: str,
    scores: bool,
    language: str | None,
    context: str | None,
    mode: str,
    output: Path | None,
    color: str,
    max_bytes: int,
    verbose: bool,
) -> None:
    """Label every line of files, folders and standard input (-).

    In a folder, files whose name or #! line tells a known language are labelled: those that git would list,
    or that no .gitignore names. Files that are named themselves are labelled whatever they are.

    Exit codes: 0 all was labelled; 1 a named path was not, or a file could not be read; 2 wrong usage, no
    such path, no usable model, or the output cannot be written.
    """
    # Imported here, so that listing the commands needs no numpy.
    from ..files import find_sources  # noqa: PLC0415
    from ..labelling import LabelOptions, Tally, label_sources  # noqa: PLC0415

    sources = find_sources(paths)
    walked = any(source.root is not None for source in sources) or not sources
    classifier = load_classifier()
    tally = Tally()
    labelled = label_sources(classifier, sources, LabelOptions(language, context, mode, max_bytes), tally)
    formatter = _output_format(form, scores, wants_colour(color, output), headers=walked or len(paths) > 1)
    if walked and _bar_is_welcome(output):
        labelled = _with_bar(labelled, len(sources), tally)
    with writing_to(output) as write:
        for one in labelled:
            # A file name may hold bytes that are no UTF-8; they go out as they came in.
            write(formatter.render(one).encode("utf-8", "surrogateescape"))
    report(tally, verbose=verbose, summed_up=walked)
    if tally.failures():
        ctx.exit(EXIT_INCOMPLETE)


def _output_format(form: str, scores: bool, colour: bool, *, headers: bool) -> OutputFormat:
    from ..formats import JsonLinesFormat, TextFormat  # noqa: PLC0415

    return JsonLinesFormat(scores) if form == "jsonl" else TextFormat(scores, colour, headers)


def _bar_is_welcome(output: Path | None) -> bool:
    # The bar would be drawn into labels that scroll by on the same terminal.
    return sys.stderr.isatty() and (output is not None or not sys.stdout.isatty())


def _with_bar(labelled: Iterable[Labelled], total: int, tally: Tally) -> Iterator[Labelled]:
    """Hand the labelled files on, and draw on standard error how many of all files are done."""
    with click.progressbar(length=total, label="labelling", file=sys.stderr) as bar:
        for one in labelled:
            yield one
            bar.update(tally.files + len(tally.skipped) - bar.pos)
        bar.update(total - bar.pos)
