"""What the corpus holds: lines, projects and labels by language and split, as a page of Markdown tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_NAMES, N_LABELS
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.lines import split_lines
from linewise.training.corpus.dedup import THRESHOLD
from linewise.training.corpus.filters import (
    MAX_BYTES,
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    MAX_MEAN_LINE_BYTES,
    NOTICE_LINES,
)
from linewise.training.corpus.frozen import frozen_test_split
from linewise.training.corpus.manifest import FURTHER_LANGUAGES, Manifest, Split
from linewise.training.corpus.prepare import left_out_path
from linewise.training.corpus.shards import current_oracle, files_path, iter_files, labelled_files

_LANGUAGES = (*LANGUAGE_NAMES, *sorted(FURTHER_LANGUAGES))
_RULES = f"""\
A file is left out where it lies in a folder of other projects' code, of test data or of build output
(`node_modules`, `vendor`, `third_party`, `fixtures`, `generated` and their like); where its name is one that
generators, minifiers or autotools give; where its first {NOTICE_LINES} lines say that it was generated or must not
be edited; where it is binary, empty, over {MAX_BYTES / 1e6} MB or over {MAX_LINES:,} lines, has a line over
{MAX_LINE_CHARACTERS:,} characters or a mean line over {MAX_MEAN_LINE_BYTES} bytes. Text in UTF-16 or UTF-32 is read
by its byte order mark; text that is no UTF-8 is read as Latin-1. Large packages give whole files, sampled by seed, up
to their share. Of two files that are alike (the same lines but for indentation, or {100 * THRESHOLD:.0f}% of their
three-line shingles in common, as MinHash estimates it) one stays: test before validation before training. The
counts are of files; those over the share were not looked at further."""


@dataclass(frozen=True, slots=True)
class Share:
    """One language in one split.

    Attributes:
        projects: lines by project.
        n_files: its files.
        n_lines: its lines.
        n_unknown: lines without a truth, because the text there could not be parsed; None where not labelled.
        label_counts: int64 of shape (n_labels,), known lines that have each label; None where not labelled.
        violations: lines that break a rule of the taxonomy, by rule; None where not labelled.
    """

    projects: Mapping[str, int]
    n_files: int
    n_lines: int
    n_unknown: int | None = None
    label_counts: NDArray[np.int64] | None = None
    violations: Mapping[str, int] | None = None


def measure_share(split: Split, language: str, cache: Path | None = None) -> Share:
    """Counts one language of one split, its labels too where it is labelled."""
    projects: Counter[str] = Counter()
    n_files = 0
    if current_oracle(split, language, cache) is None:
        for file in iter_files(split, language, cache):
            projects[file.project] += len(split_lines(file.data))
            n_files += 1
        return Share(projects, n_files, projects.total())
    # The rules are the oracle's, which needs tree-sitter; counting files does not.
    from linewise.training.oracle.rules import violations  # noqa: PLC0415

    counts = np.zeros(N_LABELS, np.int64)
    broken: Counter[str] = Counter()
    n_unknown = 0
    for labelled in labelled_files(split, language, cache):
        projects[labelled.project] += len(labelled.masks)
        n_files += 1
        n_unknown += int((~labelled.known).sum())
        known = labelled.masks[labelled.known]
        counts += (known[:, None] >> np.arange(N_LABELS, dtype=np.uint32) & 1).sum(axis=0, dtype=np.int64)
        for found in violations(labelled.masks, labelled.data):
            broken[found.rule] += int(labelled.known[found.line - 1])
    return Share(projects, n_files, projects.total(), n_unknown, counts, +broken)


def measure_corpus(cache: Path | None = None) -> dict[str, dict[Split, Share]]:
    """The shares of every language and split that is prepared."""
    measured: dict[str, dict[Split, Share]] = defaultdict(dict)
    for language in _LANGUAGES:
        for split in Split:
            if files_path(split, language, cache).exists():
                measured[language][split] = measure_share(split, language, cache)
    return dict(measured)


def corpus_page(manifest: Manifest, corpus: Mapping[str, Mapping[Split, Share]], cache: Path | None = None) -> str:
    """The statistics as a Markdown page."""
    everything = [share for shares in corpus.values() for share in shares.values()]
    total = sum(share.n_lines for share in everything)
    n_projects = len({package.project for package in manifest.packages})
    parts = [
        "# The corpus",
        "",
        f"{total:,} lines of {len(corpus)} languages from {len(manifest.packages)} entries of the manifest and"
        f" {n_projects} projects, after filtering and without duplicates. Written by `linewise corpus stats`.",
        f"Digest of the frozen test split: `{frozen_test_split().digest}`.",
        "",
        "## Lines, files and projects",
        "",
        *_lines_table(corpus),
        "",
        "*Largest* is the largest project's share of the training lines.",
    ]
    if any(share.label_counts is not None for share in everything):
        parts += ["", "## Lines without a truth", "", *_unknown_table(corpus)]
        parts += ["", "## Labels", "", "Share of the known lines that have each label, all splits, in percent.", ""]
        parts += _labels_table(corpus)
        parts += ["", "## Violations of the taxonomy's rules", "", *_violations(everything)]
    parts += ["", "## Files left out", "", _RULES, "", *_left_out_table(cache)]
    parts += ["", "## Licences", "", *_licences_table(manifest)]
    return "\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, its first column to the left and all others to the right."""
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _lines_table(corpus: Mapping[str, Mapping[Split, Share]]) -> list[str]:
    rows = []
    empty = Share({}, 0, 0)
    sums = {split: [0, 0] for split in Split}
    for language, shares in corpus.items():
        row = [language]
        for split in Split:
            share = shares.get(split, empty)
            row += [f"{share.n_lines:,}", f"{share.n_files:,}", str(len(share.projects))]
            sums[split][0] += share.n_lines
            sums[split][1] += share.n_files
        train = shares.get(Split.TRAIN, empty)
        largest = max(train.projects.items(), key=lambda item: item[1], default=("", 0))
        row.append(f"{largest[0]} {100 * largest[1] / max(1, train.n_lines):.0f}%")
        rows.append(row)
    last = ["all"]
    for split in Split:
        last += [f"{sums[split][0]:,}", f"{sums[split][1]:,}", ""]
    rows.append([*last, ""])
    head = ["language"]
    for split in Split:
        head += [f"{split.value} lines", "files", "projects"]
    return _table([*head, "largest"], rows)


def _unknown_table(corpus: Mapping[str, Mapping[Split, Share]]) -> list[str]:
    rows = []
    for language, shares in corpus.items():
        row = [language]
        for split in Split:
            share = shares.get(split)
            if share is None or share.n_unknown is None:
                row.append("–")
            else:
                row.append(f"{share.n_unknown:,} ({100 * share.n_unknown / max(1, share.n_lines):.2f}%)")
        rows.append(row)
    return _table(["language", *(split.value for split in Split)], rows)


def _labels_table(corpus: Mapping[str, Mapping[Split, Share]]) -> list[str]:
    columns: dict[str, tuple[NDArray[np.int64], int]] = {}
    for language, shares in corpus.items():
        counts = np.zeros(N_LABELS, np.int64)
        n_known = 0
        for share in shares.values():
            if share.label_counts is not None:
                counts += share.label_counts
                n_known += share.n_lines - (share.n_unknown or 0)
        if n_known:
            columns[language] = (counts, n_known)
    rows = []
    for index, label in enumerate(LABEL_NAMES):
        cells = [_percent(int(counts[index]), n_known) for counts, n_known in columns.values()]
        rows.append([label, *cells])
    return _table(["label", *columns], rows)


def _percent(count: int, total: int) -> str:
    if count == 0:
        return "·"
    return f"{100 * count / total:.1f}" if 1000 * count >= total else f"{100 * count / total:.2g}"


def _violations(shares: Iterable[Share]) -> list[str]:
    broken: Counter[str] = Counter()
    for share in shares:
        broken.update(share.violations or {})
    if not broken:
        return ["None: the rules that form alone decides hold on every known line."]
    return _table(["rule", "lines"], [[rule, f"{count:,}"] for rule, count in broken.most_common()])


def _left_out_table(cache: Path | None) -> list[str]:
    path = left_out_path(cache)
    counts: dict[str, dict[str, str]] = defaultdict(dict)
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        language, reason, count = line.split("\t")
        counts[reason][language] = count
    languages = [name for name in _LANGUAGES if any(name in row for row in counts.values())]
    rows = [[reason, *(row.get(name, "·") for name in languages)] for reason, row in counts.items()]
    return _table(["reason", *languages], rows)


def _licences_table(manifest: Manifest) -> list[str]:
    by_licence: dict[str, set[str]] = defaultdict(set)
    for package in manifest.packages:
        by_licence[package.licence].add(package.project)
    rows = [
        [licence, ", ".join(sorted(projects, key=str.casefold))] for licence, projects in sorted(by_licence.items())
    ]
    return _table(["licence", "projects"], rows)
