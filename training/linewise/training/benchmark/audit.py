"""The model beside the oracle on somebody's own files: where do they agree, and what does it look like where not?"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from linewise.features.languages import language_of_file_name
from linewise.features.lines import split_lines
from linewise.models import Classifier
from linewise.models.classifier import Document
from linewise.training.oracle import OracleError, label_file
from linewise.training.trainer.evaluation import Counts
from linewise.training.trainer.perceptron import label_targets

MAX_BYTES = 1_500_000
"""Larger files are seldom written by people, and slow to parse."""
_BINARY_PROBE_BYTES = 8_000


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One line on which the two differ; `line` counts from 1, the label sets are bit masks."""

    path: str
    line: int
    text: str
    oracle: int
    model: int


@dataclass(frozen=True, slots=True)
class FileAgreement:
    """How many of a file's lines have the same labels from both."""

    path: str
    language: str
    n_lines: int
    n_alike: int

    @property
    def share(self) -> float:
        """Share of the lines that are alike."""
        return self.n_alike / max(self.n_lines, 1)


@dataclass
class Audit:
    """What came out.

    Attributes:
        counts: by language, the oracle's labels taken as true.
        files: every file with at least one line that the oracle could read.
        disagreements: a random sample, in the order of the files.
        n_unread: lines that the oracle could not read.
        failed: files that could not be read or parsed, with the reason.
    """

    counts: dict[str, Counts] = field(default_factory=dict)
    files: list[FileAgreement] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    n_unread: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)

    def worst_files(self, n_files: int, min_lines: int = 20) -> list[FileAgreement]:
        """The files of at least so many lines that agree least."""
        long_enough = [file for file in self.files if file.n_lines >= min_lines]
        return sorted(long_enough, key=lambda file: (file.share, file.path))[:n_files]


def source_files(root: Path) -> list[Path]:
    """The files of a known language in a folder, sorted; in a git work tree those that git lists. No links."""
    if root.is_file():
        return [root]
    names = _listed_by_git(root)
    found = [root / name for name in names] if names is not None else list(_walked(root))
    return sorted(
        path for path in found if language_of_file_name(path.name) and path.is_file() and not path.is_symlink()
    )


def _listed_by_git(root: Path) -> list[str] | None:
    # The repository's own configuration may name a program as its file system monitor; reading must run nothing.
    command = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    except OSError:
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name] if done.returncode == 0 else None


def _walked(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in names)


def audit_files(
    paths: Iterable[Path], classifier: Classifier, *, root: Path, n_samples: int = 20, seed: int = 0
) -> Audit:
    """Label files by the oracle and by the model, and compare.

    Args:
        paths: files whose names tell their language; those that cannot be read or parsed are noted and left out.
        classifier: the model, which is told what `linewise label` tells it: the file name, and that the file is whole.
        root: file names are shown relative to it.
        n_samples: how many disagreements are kept.
        seed: of the sample.
    """
    audit = Audit()
    rng = random.Random(seed)
    seen = 0
    for path in paths:
        name = os.path.relpath(path, root if root.is_dir() else root.parent)
        found = _compared(path, name, classifier, audit)
        for disagreement in found:
            # Reservoir sampling: every disagreement is kept with the same probability.
            seen += 1
            if len(audit.disagreements) < n_samples:
                audit.disagreements.append(disagreement)
            elif (place := rng.randrange(seen)) < n_samples:
                audit.disagreements[place] = disagreement
    audit.disagreements.sort(key=lambda one: (one.path, one.line))
    return audit


def _compared(path: Path, name: str, classifier: Classifier, audit: Audit) -> Sequence[Disagreement]:
    """Compare one file and count; the lines that differ."""
    language = language_of_file_name(path.name)
    try:
        if language is None:
            raise ValueError("its name tells no known language")
        data = _text(path)
        truth = label_file(data, language.name, file_name=path.name)
    except (OSError, ValueError, OracleError) as error:
        audit.failed.append((name, getattr(error, "strerror", None) or str(error)))
        return ()
    (prediction,) = classifier.classify_many([Document(data, language.name, context="file")])
    known = truth.known
    audit.n_unread += int((~known).sum())
    if not known.any():
        return ()
    alike = truth.masks == prediction.masks
    given = label_targets(prediction.masks).astype(bool)
    counts = audit.counts.setdefault(language.name, Counts())
    counts.add(label_targets(truth.masks[known]).astype(bool), given[known])
    audit.files.append(FileAgreement(name, language.name, int(known.sum()), int((alike & known).sum())))
    spans = split_lines(data)
    return [
        Disagreement(
            name,
            line + 1,
            data[int(spans.starts[line]) : int(spans.ends[line])].decode("utf-8", "replace"),
            int(truth.masks[line]),
            int(prediction.masks[line]),
        )
        for line in np.flatnonzero(known & ~alike).tolist()
    ]


def _text(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes")
    data = path.read_bytes()
    if b"\0" in data[:_BINARY_PROBE_BYTES]:
        raise ValueError("binary")
    return data
