"""The source files of the unseen languages: those of `packages.toml`, fetched and filtered like the corpus."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from linewise.features.lines import split_lines
from linewise.training.corpus.extract import ArchivedFile, archived_files
from linewise.training.corpus.fetch import archive_files, fetch_archive
from linewise.training.corpus.filters import MAX_BYTES, reason_by_content, reason_by_name, text_of
from linewise.training.corpus.manifest import Package, Registry, Split
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.unseen import UNSEEN, label_unseen

LINES_PER_PROJECT = 12_000
"""Whole files, in an order that their contents decide, are taken until a project has so many lines."""


def unseen_packages() -> tuple[Package, ...]:
    """The packages, all of them for testing."""
    text = resources.files(__package__).joinpath("packages.toml").read_text("utf-8")
    return tuple(_package(table) for table in tomllib.loads(text)["package"])


def _package(table: dict[str, Any]) -> Package:
    return Package(**{**table, "registry": Registry(table["registry"]), "split": Split.TEST})


def fetch_unseen(cache: Path | None = None) -> int:
    """Fetch what is not in the cache; how many archives that were. Raises FetchError naming one that can't be had."""
    return sum(fetch_archive(package.archive, package.sha256, cache) for package in unseen_packages())


def unseen_files(language: str, cache: Path | None = None) -> Iterator[LabelledFile]:
    """The labelled files of one unseen language.

    Raises:
        FetchError: a package is not in the cache.
        ArchiveError: an archive cannot be read.
        GrammarError: the language's grammar is not installed.
    """
    for package in unseen_packages():
        if package.language == language:
            for path, data in _chosen(dict(_sources(package, cache))):
                truth = label_unseen(data, language)
                yield LabelledFile(language, package.project, package.name, path, data, truth.masks, truth.known)


def _sources(package: Package, cache: Path | None) -> Iterator[tuple[str, bytes]]:
    for archive in archive_files(package.archive, cache):
        for entry in archived_files(archive, package.registry):
            data = _source(package, entry)
            if data is not None:
                yield entry.path, data


def _source(package: Package, entry: ArchivedFile) -> bytes | None:
    """A file's text, None where it is none of the language's, or left out by the rules of the corpus."""
    if PurePosixPath(entry.path).suffix not in UNSEEN[package.language].extensions:
        return None
    if package.within and not entry.path.startswith(f"{package.within}/"):
        return None
    if not re.search(package.only, entry.path) or (package.skip and re.search(package.skip, entry.path)):
        return None
    if reason_by_name(entry.path) is not None or entry.size > MAX_BYTES:
        return None
    data = text_of(entry.read())
    return data if data is not None and reason_by_content(data) is None else None


def _chosen(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    n_lines = 0
    seen: set[bytes] = set()
    for digest, path in sorted((hashlib.sha256(data).digest(), path) for path, data in files.items()):
        if n_lines >= LINES_PER_PROJECT:
            return
        if digest not in seen:
            seen.add(digest)
            n_lines += len(split_lines(files[path]))
            yield path, files[path]
