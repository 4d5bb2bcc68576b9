"""The packages of `packages.toml`: which versions there are, how they are fetched, and their source files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path

from linewise.features.languages import language_of_file_name
from linewise.training.corpus.extract import archived_files
from linewise.training.corpus.fetch import archive_files, fetch_archive
from linewise.training.corpus.filters import MAX_BYTES, reason_by_content, reason_by_name, text_of
from linewise.training.corpus.manifest import ArchiveKey, Registry

_FETCHED_AT_A_TIME = 4


class Half(StrEnum):
    """What a package's history is used for: linewise is tuned on one half and judged on the other."""

    TUNING = "tuning"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class History:
    """A package and its versions, the oldest first; only files in whose path ``only`` is found count."""

    name: str
    registry: Registry
    half: Half
    versions: tuple[str, ...]
    only: str = ""

    def archives(self) -> tuple[ArchiveKey, ...]:
        """The archive of each version."""
        return tuple(ArchiveKey(self.registry, self.name, version) for version in self.versions)


def histories(half: Half | None = None) -> tuple[History, ...]:
    """The packages of one half, or all."""
    text = resources.files(__package__).joinpath("packages.toml").read_text("utf-8")
    found = (
        History(
            table["name"],
            Registry(table["registry"]),
            Half(table["half"]),
            tuple(table["versions"]),
            table.get("only", ""),
        )
        for table in tomllib.loads(text)["package"]
    )
    return tuple(history for history in found if half in (None, history.half))


def fetch_histories(half: Half, cache: Path | None = None) -> int:
    """Fetch the versions that the cache lacks; how many that were. Raises FetchError naming one that can't be had."""
    archives = [archive for history in histories(half) for archive in history.archives()]
    with ThreadPoolExecutor(_FETCHED_AT_A_TIME) as pool:
        return sum(pool.map(lambda archive: fetch_archive(archive, {}, cache), archives))


def source_trees(history: History, cache: Path | None = None) -> Iterator[dict[str, bytes]]:
    """The source files of each version by their path, chosen by the rules of the corpus.

    Raises:
        FetchError: a version is not in the cache.
        ArchiveError: it cannot be read.
    """
    only = re.compile(history.only)
    for key in history.archives():
        yield {path: data for path, data in _sources(key, cache) if only.search(path)}


def _sources(key: ArchiveKey, cache: Path | None) -> Iterator[tuple[str, bytes]]:
    for archive in archive_files(key, cache):
        for entry in archived_files(archive, key.registry):
            if language_of_file_name(entry.path) is None or entry.size > MAX_BYTES:
                continue
            if reason_by_name(entry.path) is not None:
                continue
            data = text_of(entry.read())
            if data is not None and reason_by_content(data) is None:
                yield entry.path, data
