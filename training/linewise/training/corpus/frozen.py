"""The test split's digest: frozen before the first training run, and named in every report since.

It covers the language, project, package, path and content of every file, so a figure measured on another test split
can be told from one measured on this.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from linewise.features.lines import split_lines
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import iter_files, prepared_languages


@dataclass(frozen=True, slots=True)
class LanguageCount:
    """How much of the test split is of one language."""

    projects: int
    files: int
    lines: int


@dataclass(frozen=True, slots=True)
class TestSplit:
    """The test split: SHA-256 over its sorted files, and counts by language."""

    __test__ = False  # tell pytest that this is no test case

    digest: str
    languages: dict[str, LanguageCount]


def measure_test_split(cache: Path | None = None) -> TestSplit:
    """The test split as prepared in the cache."""
    rows: list[str] = []
    counts: dict[str, LanguageCount] = {}
    for language in prepared_languages(Split.TEST, cache):
        projects: set[str] = set()
        n_lines = n_files = 0
        for file in iter_files(Split.TEST, language, cache):
            rows.append("\0".join((*file.key, hashlib.sha256(file.data).hexdigest())))
            projects.add(file.project)
            n_lines += len(split_lines(file.data))
            n_files += 1
        counts[language] = LanguageCount(len(projects), n_files, n_lines)
    digest = hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
    return TestSplit(digest, counts)


def frozen_test_split() -> TestSplit:
    """The test split that was frozen, as committed beside this module."""
    text = resources.files(__package__).joinpath("test_split.toml").read_text("utf-8")
    document = tomllib.loads(text)
    counts = {name: LanguageCount(**table) for name, table in document["languages"].items()}
    return TestSplit(document["digest"], counts)


def test_split_text(split: TestSplit) -> str:
    """The TOML text by which a test split is frozen."""
    lines = [
        "# The frozen test split: SHA-256 over the sorted language, project, package, path and content digest of its",
        "# files, written by `linewise corpus freeze`. Every report on the test split names this digest.",
        f'digest = "{split.digest}"',
    ]
    for language, count in split.languages.items():
        lines += [
            "",
            f"[languages.{language}]",
            f"projects = {count.projects}",
            f"files = {count.files}",
            f"lines = {count.lines}",
        ]
    return "\n".join(lines) + "\n"
