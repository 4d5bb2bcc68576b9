"""How a labelled patch is written: for people as an annotated patch, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import click

from linewise.features.labels import TAXONOMY_VERSION
from linewise.features.plain_text import align_lines, format_labels
from linewise.models.prediction import label_names

from ..formats import paint_labels, printable_name
from .label import FileLabels, HunkLabels, LineLabels
from .model import ADDED, REMOVED, UNCHANGED, Hunk, PatchLine
from .summary import ChangeCounts, LineCounts, labels_shown
from .verdict import Finding, Verdict

_WORD_OF_CHANGE = {ADDED: "added", REMOVED: "removed", UNCHANGED: "unchanged"}
_COLOUR_OF_CHANGE = {ADDED: "green", REMOVED: "red"}
_NO_NEWLINE = "\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class Judged:
    """A file of a patch with its labels, its verdict and its numbers."""

    labels: FileLabels
    finding: Finding
    counts: ChangeCounts


class PatchFormat(Protocol):
    """Turns a labelled patch into output: one file at a time, then what holds for all of them."""

    def file(self, judged: Judged) -> str:
        """All output of one file."""

    def closing(self, verdict: Verdict, counts: ChangeCounts, model_digest: str) -> str:
        """What stands after the last file."""


@dataclass(frozen=True, slots=True)
class SummaryPatchFormat:
    """The verdict of each file and of all, and the numbers."""

    colour: bool = False

    def file(self, judged: Judged) -> str:
        """The file's name and verdict."""
        return _style(_headline(judged), self.colour, bold=True) + "\n"

    def closing(self, verdict: Verdict, counts: ChangeCounts, model_digest: str) -> str:
        """The verdict of the whole patch, and its lines by label."""
        lines = [_style(f"verdict: {verdict}", self.colour, bold=True)]
        for word, part in (("added", counts.added), ("removed", counts.removed)):
            by_label = ", ".join(f"{number:,} {name}" for name, number in part.in_order().items())
            noun = "line" if part.lines == 1 else "lines"
            lines.append(f"{word} {part.lines:,} {noun}{': ' if by_label else ''}{by_label}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class TextPatchFormat(SummaryPatchFormat):
    """The patch with the labels left of its lines, and the summary below."""

    def file(self, judged: Judged) -> str:
        """The file's name and verdict, then each line's labels and the line with its mark."""
        labels = judged.labels
        rows = [(hunk, row) for hunk in labels.hunks for row in range(len(hunk.hunk.lines))]
        lefts = [format_labels(labels_shown(hunk, row).given) for hunk, row in rows]
        texts = [_marked(hunk.hunk.lines[row], colour=self.colour) for hunk, row in rows]
        aligned = iter(align_lines(lefts, texts, paint_labels if self.colour else None))
        parts = [_style(_headline(judged), self.colour, bold=True)]
        for hunk in labels.hunks:
            parts.append(_style(_hunk_header(hunk.hunk), self.colour, fg="cyan"))
            for line in hunk.hunk.lines:
                parts.append(next(aligned))
                if line.ends_file_unbroken:
                    parts.append(_NO_NEWLINE)
        return "\n".join(parts) + "\n\n"


@dataclass(slots=True)
class JsonPatchFormat:
    """One JSON object in ASCII, each file on a line of its own."""

    _begun: bool = False

    def file(self, judged: Judged) -> str:
        """One member of `files`, and what stands before it."""
        before = ",\n" if self._begun else '{"files":[\n'
        self._begun = True
        return before + _compact(file_json(judged))

    def closing(self, verdict: Verdict, counts: ChangeCounts, model_digest: str) -> str:
        """The members beside `files`."""
        before = "\n]," if self._begun else '{"files":[],'
        return before + _compact(closing_json(verdict, counts, model_digest))[1:] + "\n"


def file_json(judged: Judged) -> dict[str, Any]:
    """One file of a labelled patch as a JSON object."""
    labels = judged.labels
    return {
        "path": labels.patch.path,
        "old_path": labels.patch.old_path,
        "new_path": labels.patch.new_path,
        "changes": sorted(labels.patch.changes),
        "language": labels.language,
        "context": "file" if labels.whole else "fragment",
        "verdict": judged.finding.verdict,
        "reason": judged.finding.reason,
        **counts_json(judged.counts),
        "hunks": [
            {
                "old_start": hunk.hunk.old_starts[0],
                "new_start": hunk.hunk.new_start,
                "section": hunk.hunk.section,
                "lines": list(_lines_json(hunk)),
            }
            for hunk in labels.hunks
        ],
    }


def counts_json(counts: ChangeCounts) -> dict[str, Any]:
    """The numbers of added and removed lines as members of a JSON object."""
    return {"added": _numbers(counts.added), "removed": _numbers(counts.removed)}


def closing_json(verdict: Verdict, counts: ChangeCounts, model_digest: str) -> dict[str, Any]:
    """What stands beside the files in the JSON object of a whole patch."""
    return {
        "verdict": verdict,
        **counts_json(counts),
        "model_digest": model_digest,
        "taxonomy_version": TAXONOMY_VERSION,
    }


def _compact(value: Any) -> str:
    """A value as JSON in ASCII; what is no UTF-8 in a file's name appears as escaped lone surrogates."""
    return json.dumps(value, separators=(",", ":"))


def _headline(judged: Judged) -> str:
    patch = judged.labels.patch
    name = printable_name(patch.path or "(no name)")
    if patch.old_path and patch.new_path and patch.old_path != patch.new_path:
        name = f"{printable_name(patch.old_path)} => {name}"
    reason = f" ({judged.finding.reason})" if judged.finding.reason else ""
    basis = " [labels from the whole file]" if judged.labels.whole else ""
    return f"{name}: {judged.finding.verdict}{reason}{basis}"


def _hunk_header(hunk: Hunk) -> str:
    fence = "@" * (len(hunk.old_starts) + 1)
    olds = [(start, sum(line.is_old(side) for line in hunk.lines)) for side, start in enumerate(hunk.old_starts)]
    new = (hunk.new_start, sum(line.is_new for line in hunk.lines))
    ranges = [f"-{start},{count}" for start, count in olds] + [f"+{new[0]},{new[1]}"]
    return f"{fence} {' '.join(ranges)} {fence} {printable_name(hunk.section)}".rstrip()


def _marked(line: PatchLine, *, colour: bool) -> str:
    text = line.marks + _shown_content(line)
    change = line.change
    return click.style(text, fg=_COLOUR_OF_CHANGE[change]) if colour and change in _COLOUR_OF_CHANGE else text


def _shown_content(line: PatchLine) -> str:
    """A line's content as text, without the carriage return of its line break; others are escaped."""
    return line.content.removesuffix(b"\r").decode("utf-8", "replace").replace("\r", "\\r")


def _style(text: str, colour: bool, **styles: Any) -> str:
    return click.style(text, **styles) if colour else text


def _numbers(counts: LineCounts) -> dict[str, Any]:
    return {"lines": counts.lines, "labels": counts.in_order()}


def _lines_json(labels: HunkLabels) -> Iterator[dict[str, Any]]:
    hunk = labels.hunk
    old_numbers, new_number = list(hunk.old_starts), hunk.new_start
    for row, line in enumerate(hunk.lines):
        old_side = next((side for side in range(len(old_numbers)) if line.is_old(side)), None)
        old = None if old_side is None else _line_json(old_numbers[old_side], labels.old[old_side][row])
        new = _line_json(new_number, labels.new[row]) if line.is_new else None
        yield {"change": _WORD_OF_CHANGE[line.change], "old": old, "new": new, "text": _shown_content(line)}
        old_numbers = [number + line.is_old(side) for side, number in enumerate(old_numbers)]
        new_number += line.is_new


def _line_json(number: int, labels: LineLabels | None) -> dict[str, Any]:
    assert labels is not None
    return {"number": number, "labels": label_names(labels.given), "uncertain": label_names(labels.uncertain)}
