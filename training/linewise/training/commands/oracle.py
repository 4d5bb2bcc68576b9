"""``linewise oracle``: the true labels of files, from their syntax trees."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from linewise.features.labels import names_of
from linewise.features.languages import (
    UnknownLanguageError,
    language_named,
    language_of_file_name,
    language_of_shebang,
)
from linewise.features.lines import split_lines
from linewise.features.plain_text import NO_LABELS, SEPARATOR

UNKNOWN = "?"
"""Stands for the labels of a line that the grammar could not read."""


@click.command()
@click.option("--language", help="The language of every file; otherwise file name and first line tell.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def oracle(language: str | None, files: tuple[str, ...]) -> None:
    """Print what a grammar says of each line of FILE ('-' is the standard input).

    One line a line: its labels, ' | ', its text. Labels are '-' where a line has none, and '?' where the
    grammar could not parse the definition that the line belongs to, so that its truth is unknown.

    Exits with 0 if every file was labelled, 1 if one could not be read or its language is not known, 2 on
    wrong usage.
    """
    if language is not None:
        try:
            language = language_named(language).name
        except UnknownLanguageError as error:
            raise click.BadParameter(str(error), param_hint="--language") from error
    failed = False
    for index, name in enumerate(files):
        if len(files) > 1:
            click.echo(f"{chr(10) if index else ''}==> {name} <==")
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            click.echo(_labelled(data, language or _language(name, data), name), nl=False)
        except (OSError, ValueError, RuntimeError) as error:
            click.echo(f"linewise oracle: {name}: {error}", err=True)
            failed = True
    sys.exit(1 if failed else 0)


def _language(name: str, data: bytes) -> str:
    found = language_of_file_name(name) if name != "-" else None
    found = found or language_of_shebang(data[:200].split(b"\n")[0])
    if found is None:
        raise UnknownLanguageError("neither name nor first line tells its language; give --language")
    return found.name


def _labelled(data: bytes, language: str, name: str) -> str:
    # Grammars load here and not with the command line.
    from ..oracle import label_file  # noqa: PLC0415

    truth = label_file(data, language, file_name=None if name == "-" else name)
    left = [
        ",".join(names_of(mask)) or NO_LABELS if known else UNKNOWN
        for mask, known in zip(truth.masks.tolist(), truth.known.tolist(), strict=True)
    ]
    width = max(map(len, left), default=0)
    spans = split_lines(data)
    texts = [
        data[start:end].decode("utf-8", "replace")
        for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
    ]
    unknown = int((~truth.known).sum())
    if unknown:
        click.echo(f"{name}: {unknown} of {len(left)} lines unknown", err=True)
    return "".join(
        f"{names:<{width}}{SEPARATOR}{text}".rstrip(" ") + "\n" if not text else f"{names:<{width}}{SEPARATOR}{text}\n"
        for names, text in zip(left, texts, strict=True)
    )
