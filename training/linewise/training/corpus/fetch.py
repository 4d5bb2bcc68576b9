"""Fetching: every archive of the manifest into the cache, checked, resumable, several at a time.

An archive counts as fetched when its folder exists, because folders appear by one rename after the check. What
fails is reported at the end and does not hold up the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from linewise.training.corpus.cache import archives_folder, replaced_folder
from linewise.training.corpus.clients import FetchError, download
from linewise.training.corpus.manifest import ArchiveKey, Manifest, Package

Downloader = Callable[[ArchiveKey, Path], Iterable[Path]]
"""Puts one archive's files into an empty folder and says which of them hold sources."""


class ChecksumError(FetchError):
    """An archive's SHA-256 is not the manifest's; the message names the file and both digests."""


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a run of fetching did: archives fetched now, already there, and those that failed, with the reason."""

    fetched: tuple[ArchiveKey, ...]
    present: tuple[ArchiveKey, ...]
    failed: Mapping[ArchiveKey, str]


def archive_folder(key: ArchiveKey, cache: Path | None = None) -> Path:
    """The folder of one archive's files."""
    return archives_folder(cache) / key.registry.value / key.folder_name


def archive_files(key: ArchiveKey, cache: Path | None = None) -> tuple[Path, ...]:
    """The files of a fetched archive, sorted; raises FetchError where it is not in the cache."""
    folder = archive_folder(key, cache)
    if not folder.is_dir():
        raise FetchError(f"{key} is not in the cache; fetch it first")
    return tuple(sorted(folder.iterdir()))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch_archive(
    key: ArchiveKey,
    sha256: Mapping[str, str],
    cache: Path | None = None,
    downloader: Downloader = download,
) -> bool:
    """Fetches one archive unless it is in the cache.

    Args:
        key: the archive.
        sha256: file name -> expected SHA-256; empty where the manifest has not locked it yet.
        cache: the cache folder, or None for the user's.
        downloader: how the files are got.

    Returns:
        True where it was fetched now, False where it was there.

    Raises:
        FetchError: where it could not be had.
        ChecksumError: where its bytes are not those of the manifest.
    """
    target = archive_folder(key, cache)
    if target.is_dir():
        return False
    with replaced_folder(target) as partial:
        kept = {path.name for path in downloader(key, partial)}
        for path in partial.iterdir():
            if path.name not in kept:
                path.unlink()
        check_files(key, sorted(partial.iterdir()), sha256)
    return True


def check_files(key: ArchiveKey, files: Iterable[Path], sha256: Mapping[str, str]) -> None:
    """Compares an archive's files with the manifest's digests; nothing is compared where there are none."""
    if not sha256:
        return
    found = {path.name: sha256_of(path) for path in files}
    for name, expected in sha256.items():
        if name not in found:
            raise ChecksumError(f"{key}: {name} did not arrive; got {', '.join(found) or 'nothing'}")
        if found[name] != expected:
            raise ChecksumError(f"{key}: SHA-256 of {name} is {found[name]}, the manifest says {expected}")


def fetch_all(
    manifest: Manifest,
    cache: Path | None = None,
    n_workers: int = 4,
    downloader: Downloader = download,
) -> FetchReport:
    """Fetches every archive of the manifest that is not in the cache, several at a time, with a progress bar."""
    fetched: list[ArchiveKey] = []
    present: list[ArchiveKey] = []
    failed: dict[ArchiveKey, str] = {}
    with ThreadPoolExecutor(n_workers) as pool:
        jobs = {
            pool.submit(fetch_archive, key, sha256, cache, downloader): key
            for key, sha256 in manifest.archives().items()
        }
        for job in tqdm(as_completed(jobs), total=len(jobs), desc="fetch", unit="archive"):
            key = jobs[job]
            try:
                (fetched if job.result() else present).append(key)
            except FetchError as error:
                failed[key] = str(error)
    return FetchReport(tuple(fetched), tuple(present), failed)


def locked(manifest: Manifest, cache: Path | None = None) -> Manifest:
    """The manifest with the SHA-256 of every archive in the cache; those not in the cache keep what they had."""
    digests: dict[ArchiveKey, Mapping[str, str]] = {}
    for key, known in manifest.archives().items():
        in_cache = archive_folder(key, cache).is_dir()
        digests[key] = {p.name: sha256_of(p) for p in archive_files(key, cache)} if in_cache else known
    packages: list[Package] = [replace(p, sha256=digests[p.archive]) for p in manifest.packages]
    return Manifest(tuple(packages))
