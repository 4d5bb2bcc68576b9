"""``linewise grep``: the lines that match a pattern and have the labels that are wanted."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

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
    from ..searching.render import SearchFormat


EXIT_NO_MATCH = 1
EXIT_TROUBLE = 2


class Shown(TypedDict):
    """The options that say how what was found is shown; None where ripgrep's default is to be found out."""

    line_number: bool | None
    heading: bool | None
    with_filename: bool | None
    files_with_matches: bool
    count: bool
    as_json: bool
    color: str


@click.command()
@click.argument("pattern")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--label",
    "expression",
    required=True,
    help="Labels that the lines must have: names with & (and), | (or), ! (not) and brackets.",
)
@click.option("--fixed-strings", "-F", is_flag=True, help="Take PATTERN for the text itself.")
@click.option("--ignore-case", "-i", is_flag=True, help="Let upper and lower case be the same.")
@click.option("--word-regexp", "-w", is_flag=True, help="Match whole words only.")
@click.option("--invert-match", "-v", is_flag=True, help="Find the lines that do not match PATTERN.")
@click.option("--max-count", "-m", type=click.IntRange(min=1), help="Find so many lines of each file at most.")
@click.option(
    "--line-number/--no-line-number", "-n/-N", default=None, help="Show line numbers.  [default: on a terminal]"
)
@click.option("--heading/--no-heading", default=None, help="Show names above the lines.  [default: on a terminal]")
@click.option(
    "--with-filename/--no-filename",
    "-H/-I",
    default=None,
    help="Show the names of files.  [default: if more than one may be searched]",
)
@click.option("--files-with-matches", "-l", is_flag=True, help="Show only the names of the files.")
@click.option("--count", "-c", is_flag=True, help="Show only how many lines of each file were found.")
@click.option("--quiet", "-q", is_flag=True, help="Show nothing; the exit code tells. Stop at the first line found.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON Lines, as rg --json does, with labels.")
@language_option
@mode_option
@color_option
@max_bytes_option
@click.pass_context
def grep(
    ctx: click.Context,
    *,
    pattern: str,
    paths: tuple[str, ...],
    expression: str,
    fixed_strings: bool,
    ignore_case: bool,
    word_regexp: bool,
    invert_match: bool,
    max_count: int | None,
    quiet: bool,
    language: str | None,
    mode: str,
    max_bytes: int,
    **shown: Unpack[Shown],
) -> None:
    """Find lines that match a regular expression and have certain labels.

    Which files are read is as for `linewise label`; without PATHS, the current folder is searched. Only files
    with a line that matches PATTERN are labelled.

    Exit codes: 0 a line was found; 1 none was; 2 wrong usage, no such path, a file could not be read, or no
    usable model.
    """
    from ..files import find_sources  # noqa: PLC0415
    from ..labelling import LabelOptions, Tally, label_by_blocks  # noqa: PLC0415
    from ..searching import LabelExpressionError, Matcher, PatternError, find_lines, parse_expression  # noqa: PLC0415

    try:
        matcher = Matcher(pattern, fixed=fixed_strings, ignore_case=ignore_case, word=word_regexp, invert=invert_match)
        wanted = parse_expression(expression)
    except LabelExpressionError as error:
        raise click.BadParameter(str(error), ctx, param_hint="'--label'") from error
    except PatternError as error:
        raise click.BadParameter(str(error), ctx, param_hint="'PATTERN'") from error
    sources = find_sources(paths or (".",))
    several = len(paths) != 1 or any(source.root is not None for source in sources) or not sources
    formatter = _format(shown, several=several)
    options = LabelOptions(language, mode=mode, max_bytes=max_bytes)
    tally = Tally()
    any_found = False
    with writing_to(None) as write:
        for labelled in label_by_blocks(load_classifier(), sources, options, tally, select=matcher.any):
            found = islice(find_lines(labelled, matcher, wanted), max_count)
            if quiet and (any_found := any(True for _ in found)):
                break
            for piece in formatter.file(labelled.name, found):
                any_found = True
                write(piece)
        if not quiet:
            write(formatter.closing(len(sources) - len(tally.skipped)))
    report(tally, verbose=False, summed_up=False)
    if tally.failures() and not (quiet and any_found):
        ctx.exit(EXIT_TROUBLE)
    if not any_found:
        ctx.exit(EXIT_NO_MATCH)


def _format(shown: Shown, *, several: bool) -> SearchFormat:
    """The output that was asked for, with ripgrep's defaults for what was left open."""
    from ..searching.render import JsonSearchFormat, LinesFormat, NamesFormat  # noqa: PLC0415

    if shown["as_json"]:
        return JsonSearchFormat()
    on_terminal = sys.stdout.isatty()
    names = several if shown["with_filename"] is None else shown["with_filename"]
    colour = wants_colour(shown["color"], None)
    if shown["files_with_matches"]:
        return NamesFormat(colour=colour)
    if shown["count"]:
        return NamesFormat(counts=True, names=names, colour=colour)
    numbers = on_terminal if shown["line_number"] is None else shown["line_number"]
    heading = on_terminal if shown["heading"] is None else shown["heading"]
    return LinesFormat(names, numbers, heading, colour)
