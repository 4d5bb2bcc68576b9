"""``linewise audit``: the model beside the oracle on one's own repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.features.plain_text import format_labels

from .options import model_option

if TYPE_CHECKING:
    from linewise.training.benchmark.audit import Audit, Disagreement

_MIN_TRUE_LINES = 20
"""Labels that a language has on fewer lines are left out of its mean."""
_TEXT_WIDTH = 90


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@model_option
@click.option("--max-files", type=click.IntRange(1), default=1_000, show_default=True, help="Evenly spread, if more.")
@click.option("--worst", type=click.IntRange(0), default=10, show_default=True, help="How many files to name.")
@click.option("--samples", type=click.IntRange(0), default=20, show_default=True, help="How many lines to show.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the sample of lines.")
def audit(path: Path, folder: Path | None, max_files: int, worst: int, samples: int, seed: int) -> None:
    """Compare the model with a parser on the files of PATH.

    Every file whose name tells a known language is labelled by its grammar and by the model. Shown are how far
    they agree by language and by label, the files that agree least, and sample lines with both label sets. Lines
    that the grammar cannot read are left out. The grammar is not always right: look at the samples.

    Exit codes: 0 done; 1 no file could be compared; 2 wrong usage or no usable model.
    """
    # Imported here, so that listing the commands loads no grammar.
    from linewise.models import Classifier, ModelError  # noqa: PLC0415
    from linewise.training.benchmark.audit import audit_files, source_files  # noqa: PLC0415

    try:
        classifier = Classifier.load(folder)
    except ModelError as error:
        raise click.UsageError(str(error)) from error
    paths = source_files(path)
    if len(paths) > max_files:
        paths = [paths[index * len(paths) // max_files] for index in range(max_files)]
    found = audit_files(paths, classifier, root=path, n_samples=samples, seed=seed)
    for name, reason in found.failed:
        click.echo(f"linewise audit: {name}: {reason}", err=True)
    if not found.files:
        click.echo("linewise audit: no file could be compared", err=True)
        sys.exit(1)
    click.echo("\n\n".join(part for part in _parts(found, worst) if part))


def _parts(found: Audit, worst: int) -> list[str]:
    n_lines = sum(file.n_lines for file in found.files)
    unread = f"; {found.n_unread:,} more could not be parsed" if found.n_unread else ""
    return [
        f"{len(found.files):,} files, {n_lines:,} lines compared{unread}.",
        _by_language(found),
        _by_label(found),
        _worst_files(found, worst),
        _samples(found.disagreements),
    ]


def _by_language(found: Audit) -> str:
    rows = []
    for language, counts in sorted(found.counts.items()):
        enough = counts.support >= _MIN_TRUE_LINES
        total = 2 * counts.true_positives + counts.false_positives + counts.false_negatives
        f1 = (2 * counts.true_positives / total.clip(1))[enough]
        mean = f"{f1.mean():.3f}" if enough.any() else "–"
        n_files = sum(file.language == language for file in found.files)
        rows.append([language, f"{n_files:,}", f"{counts.n_lines:,}", f"{counts.exact:.1%}", mean])
    return _aligned(["language", "files", "lines", "all labels alike", "mean F1"], rows)


def _by_label(found: Audit) -> str:
    rows = []
    for index, name in enumerate(LABEL_NAMES):
        right = sum(int(counts.true_positives[index]) for counts in found.counts.values())
        wrong = sum(int(counts.false_positives[index]) for counts in found.counts.values())
        missed = sum(int(counts.false_negatives[index]) for counts in found.counts.values())
        if right + wrong + missed:
            shares = [f"{right / whole:.3f}" if whole else "–" for whole in (right + wrong, right + missed)]
            f1 = f"{2 * right / (2 * right + wrong + missed):.3f}"
            rows.append([name, f"{right + missed:,}", f"{wrong:,}", f"{missed:,}", *shares, f1])
    header = ["label", "by the parser", "only by the model", "only by the parser", "precision", "recall", "F1"]
    return _aligned(header, rows)


def _worst_files(found: Audit, count: int) -> str:
    rows = [[file.path, f"{file.n_lines:,}", f"{file.share:.1%}"] for file in found.worst_files(count)]
    return _aligned(["files that agree least", "lines", "all labels alike"], rows) if rows else ""


def _samples(disagreements: list[Disagreement]) -> str:
    """Each line with what only the parser and only the model says, and what both say."""
    parts = []
    for one in disagreements:
        parts.append(f"{one.path}:{one.line}: {one.text.strip()[:_TEXT_WIDTH]}")
        parts.append(f"    parser  {_marked(one.oracle, one.model)}")
        parts.append(f"    model   {_marked(one.model, one.oracle)}")
    return "\n".join(["lines that differ (* only there)", *parts]) if parts else ""


def _marked(own: int, other: int) -> str:
    """The labels of one side, a star behind those that the other side lacks."""
    if not own:
        return format_labels(own)
    return ", ".join(name + ("" if other & mask_of([name]) else " *") for name in LABEL_NAMES if own & mask_of([name]))


def _aligned(header: list[str], rows: list[list[str]]) -> str:
    """A table for the terminal: the first column left, the others right."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]]
        )
        for line in lines
    )
