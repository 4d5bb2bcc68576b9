"""``linewise stats``: how many lines there are of what."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from ..cli import EXIT_INCOMPLETE
from .options import language_option, load_classifier, max_bytes_option, mode_option, report

if TYPE_CHECKING:
    from ..counting import Counts
    from ..formats import Labelled, LabelledBlocks
    from ..labelling import Tally

Key = tuple[str, str | None]
"""What lines are counted together: a language, a file or a folder; for a file, its language too."""
NO_LANGUAGE = "none known"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True))
@click.option("--by-file", is_flag=True, help="Count each file by itself.")
@click.option("--by-dir", is_flag=True, help="Count the files of each folder together, subfolders by themselves.")
@click.option(
    "--as",
    "way",
    type=click.Choice(["linewise", "cloc", "tokei"]),
    default="linewise",
    show_default=True,
    help="How to count: by all labels of each line, or each line once, as that program would.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Tables for people, or one JSON object.",
)
@language_option
@mode_option
@max_bytes_option
@click.option("--verbose", is_flag=True, help="Name every file that was skipped, with the reason.")
@click.pass_context
def stats(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    by_file: bool,
    by_dir: bool,
    way: str,
    form: str,
    language: str | None,
    mode: str,
    max_bytes: int,
    verbose: bool,
) -> None:
    """Count the lines of files, folders and standard input (-), by language and label.

    Which files are read, and which are skipped, is as for `linewise label`. A line counts for each of its labels.

    Exit codes: 0 all was counted; 1 a named path was not, or a file could not be read; 2 wrong usage, no such
    path, or no usable model.
    """
    from ..counting import Counts  # noqa: PLC0415
    from ..files import find_sources  # noqa: PLC0415
    from ..labelling import LabelOptions, Tally, label_by_blocks  # noqa: PLC0415

    if by_file and by_dir:
        raise click.UsageError("only one of --by-file and --by-dir can be given")
    classifier = load_classifier()
    tally = Tally()
    groups: dict[Key, Counts] = {}
    options = LabelOptions(language, mode=mode, max_bytes=max_bytes)
    for labelled in label_by_blocks(classifier, find_sources(paths), options, tally):
        counts, language = _counted(labelled)
        key = _key(labelled.name, language, by_file=by_file, by_dir=by_dir)
        groups.setdefault(key, Counts()).add(counts)
    kind = "path" if by_file or by_dir else "language"
    render = _json if form == "json" else _text
    click.echo(render(groups, kind, way, tally, classifier.info.digest))
    report(tally, verbose=verbose, summed_up=bool(tally.skipped))
    if tally.failures():
        ctx.exit(EXIT_INCOMPLETE)


def _counted(labelled: Labelled | LabelledBlocks) -> tuple[Counts, str | None]:
    """The lines of a file, and its language."""
    from ..counting import Counts  # noqa: PLC0415

    counts, language = Counts(1), None
    for block in labelled.blocks:
        counts.add_lines(block.masks)
        language = block.language
    return counts, language


def _key(name: str, language: str | None, *, by_file: bool, by_dir: bool) -> Key:
    if by_file:
        return name, language
    if by_dir:
        return os.path.dirname(name) or ".", None
    return language or NO_LANGUAGE, None


def _ordered(groups: Mapping[Key, Counts], way: str) -> list[tuple[Key, Counts]]:
    """Those with most lines of code first."""
    return sorted(groups.items(), key=lambda group: (-group[1].columns(way)["code"], group[0][0]))


def _total(groups: Iterable[Counts]) -> Counts:
    from ..counting import Counts  # noqa: PLC0415

    total = Counts()
    for counts in groups:
        total.add(counts)
    return total


def _json(groups: Mapping[Key, Counts], kind: str, way: str, tally: Tally, model_digest: str) -> str:
    from linewise.features.labels import TAXONOMY_VERSION  # noqa: PLC0415

    def numbers(counts: Counts) -> dict[str, Any]:
        head: dict[str, Any] = {"files": counts.files, "lines": counts.lines}
        return {**head, **counts.columns(way), "labels": counts.labels()}

    shown = []
    for (name, language), counts in _ordered(groups, way):
        known = None if kind == "language" and name == NO_LANGUAGE else name
        shown.append({kind: known, **({"language": language} if language else {}), **numbers(counts)})
    answer = {
        "counted_as": way,
        "groups": shown,
        "total": numbers(_total(groups.values())),
        "skipped": dict(Counter(skip.reason.value for skip in tally.skipped)),
        "model_digest": model_digest,
        "taxonomy_version": TAXONOMY_VERSION,
    }
    return json.dumps(answer, indent=1)


def _text(groups: Mapping[Key, Counts], kind: str, way: str, tally: Tally, model_digest: str) -> str:
    from ..counting import OWN_WAY, columns_of  # noqa: PLC0415
    from ..formats import printable_name  # noqa: PLC0415

    columns = columns_of(way)
    total = _total(groups.values())
    rows = [(printable_name(name), counts) for (name, _), counts in _ordered(groups, way)]
    cells = [
        [name, counts.files, counts.lines, *counts.columns(way).values()] for name, counts in [*rows, ("total", total)]
    ]
    parts = [_table([kind, "files", "lines", *columns], cells)]
    if way == OWN_WAY:
        shares = [
            [name, number, f"{number / total.lines:.1%}"]
            for name, number in total.labels().items()
            if name not in columns and number
        ]
        parts.append(_table(["other labels", "lines", "share"], shares))
    return "\n\n".join(part for part in parts if part)


def _table(head: list[str], rows: list[list[Any]]) -> str:
    """Columns of a width, the first flush left; nothing where there is no row."""
    if not rows:
        return ""
    spelled = [head, *([f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*spelled, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in spelled
    )
