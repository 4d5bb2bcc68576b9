"""Collecting: from one archive to the source files that the manifest takes from it, sampled to their share.

Each archive is read once, whichever of its packages the manifest names, and its result is kept in the cache under a
digest of everything it follows from. So a changed entry of the manifest re-reads one archive, and a run that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache as memoized
from pathlib import Path

import numpy as np

from linewise.features.lines import split_lines
from linewise.training.corpus.cache import corpus_folder
from linewise.training.corpus.code_digest import digest_of_modules
from linewise.training.corpus.dedup import N_PERMUTATIONS, signature_of
from linewise.training.corpus.extract import ArchivedFile, archived_files
from linewise.training.corpus.fetch import archive_files
from linewise.training.corpus.filters import (
    MAX_BYTES,
    Reason,
    is_of_language,
    reason_by_content,
    reason_by_name,
    text_of,
)
from linewise.training.corpus.manifest import ArchiveKey, Package
from linewise.training.corpus.storage import FileTable, SourceFile, load_table, save_table

SEED = 20
"""Seeds the sampling of files where a package gives only a share."""

_DECIDING_MODULES = ("collect.py", "dedup.py", "extract.py", "filters.py")


def collected_path(key: ArchiveKey, packages: Sequence[Package], cache: Path | None = None) -> Path:
    """Where an archive's collected files are kept; another path whenever they would come out differently."""
    digest = hashlib.sha256(_code_digest().encode())
    for package in packages:
        # The version stands for the archive's bytes, which were checked when they were fetched.
        digest.update(repr(replace(package, sha256={})).encode())
    name = f"{key.registry.value}-{key.folder_name}-{digest.hexdigest()[:16]}.npz"
    return corpus_folder(cache) / "collected" / name


def collect_archive(key: ArchiveKey, packages: Sequence[Package], cache: Path | None = None) -> Path:
    """Collects the files of all packages that lie in one fetched archive, unless that is done.

    Returns:
        The path of a table with one further array, ``signatures`` of shape (n_files, N_PERMUTATIONS), and the
        counts of what was left out under ``notes["left_out"][package label][reason]``.

    Raises:
        FetchError: where the archive is not in the cache.
        ArchiveError: where it cannot be read.
    """
    target = collected_path(key, packages, cache)
    if target.exists():
        return target
    collectors = [_Collector(package) for package in packages]
    for archive in archive_files(key, cache):
        for entry in archived_files(archive, key.registry):
            for collector in collectors:
                collector.offer(entry)
    files = [file for collector in collectors for file in collector.files()]
    signatures = np.array([signature_of(file.data) for file in files], dtype=np.uint64)
    left_out = {c.package.label + c.package.only: {r.value: n for r, n in c.left_out.items()} for c in collectors}
    extras = {"signatures": signatures.reshape(len(files), N_PERMUTATIONS)}
    save_table(target, files, extras, {"left_out": left_out})
    return target


def load_collected(paths: Iterable[Path]) -> list[FileTable]:
    """The tables of some collected archives."""
    return [load_table(path) for path in paths]


@memoized
def _code_digest() -> str:
    return digest_of_modules(__package__, _DECIDING_MODULES)


@dataclass(slots=True)
class _Collector:
    """Takes the files of one package out of a stream of archived files."""

    package: Package
    left_out: Counter[Reason] = field(default_factory=Counter)
    # A heap by descending hash: its first is the file that gives way first.
    _kept: list[tuple[int, str, bytes, int]] = field(default_factory=list)
    _n_lines: int = 0

    def offer(self, entry: ArchivedFile) -> None:
        """Takes the file if it is the package's, by path, size and content, and within its share."""
        path = self._own_path(entry.path)
        if path is None or is_of_language(self.package, path) is False:
            return
        by_name = reason_by_name(path)
        if by_name is None and entry.size > MAX_BYTES:
            by_name = Reason.TOO_LARGE
        if by_name is not None:
            # Files that only their first line makes the language's are not read to be counted.
            self.left_out[by_name] += is_of_language(self.package, path) is True
            return
        rank = self._rank(path)
        if self._is_full() and rank > -self._kept[0][0]:
            self.left_out[Reason.OVER_SHARE] += is_of_language(self.package, path) is True
            return
        content = entry.read()
        if not is_of_language(self.package, path, content[:200]):
            return
        data = text_of(content)
        reason = Reason.BINARY if data is None else reason_by_content(data)
        if data is None or reason is not None:
            self.left_out[reason or Reason.BINARY] += 1
            return
        n_lines = len(split_lines(data))
        heapq.heappush(self._kept, (-rank, path, data, n_lines))
        self._n_lines += n_lines
        # The files that stay are the fewest of lowest rank that fill the share, in whatever order they come.
        while self._is_full() and self._n_lines - self._kept[0][3] >= self.package.max_lines:
            self._n_lines -= heapq.heappop(self._kept)[3]
            self.left_out[Reason.OVER_SHARE] += 1

    def files(self) -> list[SourceFile]:
        """What was taken, sorted by path."""
        taken = sorted((path, data) for _, path, data, _ in self._kept)
        package = self.package
        return [SourceFile(package.language, package.project, package.name, path, data) for path, data in taken]

    def _own_path(self, path: str) -> str | None:
        """The path relative to the package's folder, or None where the file is not the package's."""
        if self.package.within:
            prefix = self.package.within.rstrip("/") + "/"
            if not path.startswith(prefix):
                return None
            path = path[len(prefix) :]
        if self.package.only and not re.search(self.package.only, path):
            return None
        if self.package.skip and re.search(self.package.skip, path):
            return None
        return path

    def _rank(self, path: str) -> int:
        text = f"{SEED}\0{self.package.label}\0{path}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())

    def _is_full(self) -> bool:
        return 0 < self.package.max_lines <= self._n_lines
