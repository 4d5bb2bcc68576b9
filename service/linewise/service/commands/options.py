"""What the commands share: options, and the errors by which they end before they have begun."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linewise.features.languages import LANGUAGE_NAMES, UnknownLanguageError, language_named

from ..cli import EXIT_UNUSABLE
from ..reading import DEFAULT_MAX_BYTES, reason_told

if TYPE_CHECKING:
    from linewise.models import Classifier

    from ..labelling import Tally


class UnusableError(click.ClickException):
    """A command cannot do its work at all: no usable model, an output that cannot be written, and the like."""

    exit_code = EXIT_UNUSABLE


class LanguageType(click.ParamType[str]):
    """A language's name or alias, converted to its name."""

    name = "language"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The language's name; fails with the list of those that are known."""
        try:
            return language_named(value).name
        except UnknownLanguageError as error:
            self.fail(str(error), param, ctx)


language_option = click.option(
    "--language",
    type=LanguageType(),
    help=f"The language of all the input, instead of what each file tells: {', '.join(LANGUAGE_NAMES)}.",
)
mode_option = click.option(
    "--mode",
    type=click.Choice(["high-confidence", "balanced", "best-guess"]),
    default="balanced",
    show_default=True,
    help="How sure a label must be to be given.",
)
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour in the text form; auto: on a terminal, unless NO_COLOR is set.",
)
max_bytes_option = click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_BYTES,
    show_default=True,
    help="Skip larger files.",
)


def wants_colour(choice: str, output: Path | None) -> bool:
    """Whether to write colours, by the choice of ``--color`` and where the output goes (None: standard output)."""
    if choice != "auto":
        return choice == "always"
    on_terminal = output is None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return on_terminal and not os.environ.get("NO_COLOR")


def load_classifier() -> Classifier:
    """The classifier with the model that ships; raises UnusableError where there is none that can be used."""
    from linewise.models import Classifier, ModelError  # noqa: PLC0415  # commands are listed without numpy

    try:
        return Classifier.load()
    except ModelError as error:
        raise UnusableError(str(error)) from error


@contextmanager
def writing_to(output: Path | None) -> Iterator[Callable[[bytes], None]]:
    """What writes to a file, which appears whole or not at all, or to standard output (None).

    Raises:
        UnusableError: it cannot be written.
        BrokenPipeError: whoever read standard output has left.
    """
    from ..output import open_output, write_all  # noqa: PLC0415

    try:
        with open_output(output) as stream:
            yield partial(write_all, stream)
            stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        where = click.format_filename(output) if output else "standard output"
        raise UnusableError(f"cannot write {where}: {error.strerror or error}") from error


def report(tally: Tally, *, verbose: bool, summed_up: bool) -> None:
    """Tell on standard error what failed, with ``verbose`` all that was skipped, and how much was done if asked."""
    from ..formats import printable_name  # noqa: PLC0415  # commands are listed without numpy

    for skip in tally.skipped if verbose else tally.failures():
        reason = reason_told(skip.reason, skip.detail)
        click.echo(f"linewise: {printable_name(skip.source.name)}: {reason}", err=True)
    if summed_up:
        click.echo(tally.summary(), err=True)
