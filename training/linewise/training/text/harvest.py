"""Harvesting: the documents that the corpus's own packages carry, labelled, split by project like their code.

Each fetched archive is read once and its documents are kept in the cache; a second step compares them over all
splits, takes every project's share, labels and stores them. No project gives more lines than are needed to reach a
split's target when all give alike, and within a project its kinds of documents take turns.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from linewise.features.lines import split_lines
from linewise.training.corpus.cache import corpus_folder
from linewise.training.corpus.clients import FetchError
from linewise.training.corpus.code_digest import digest_of_modules
from linewise.training.corpus.dedup import Candidate, digest_of, duplicates, signature_of
from linewise.training.corpus.extract import ArchivedFile, ArchiveError, archived_files
from linewise.training.corpus.fetch import archive_files
from linewise.training.corpus.filters import MAX_BYTES
from linewise.training.corpus.manifest import ArchiveKey, Manifest, Split
from linewise.training.corpus.shards import CorpusMissingError, LabelledFile, load_truth, save_truth
from linewise.training.corpus.storage import SourceFile, load_table, save_table

from .markup import label_document
from .names import Kind, document_text, kind_of
from .plain import TEXT_LANGUAGE, lines_of

TARGET_LINES: Mapping[Split, int] = {Split.TRAIN: 400_000, Split.VALIDATION: 40_000, Split.TEST: 40_000}
"""How many lines of documents a split takes, where its projects have so many."""
MAX_LINES_PER_DOCUMENT = 800
"""A longer document gives a piece of this length, from a place that its content decides."""
MAX_LINES_PER_KIND = 5_000
"""Of one archive and kind no more is kept: a large manual would hide the rest."""

_DECIDING_MODULES = ("harvest.py", "names.py")


@dataclass(frozen=True, slots=True)
class HarvestReport:
    """What harvesting stored: documents and lines by split, projects by split, and the archives that failed."""

    n_documents: Mapping[Split, int]
    n_lines: Mapping[Split, int]
    n_projects: Mapping[Split, int]
    failed: Mapping[ArchiveKey, str]


def harvest(members: Iterable[ArchivedFile], project: str, package: str) -> list[SourceFile]:
    """The documents among an archive's files, sorted by path, no more than a few thousand lines of each kind.

    Where there are more, those with the lowest checksum of their path stay, so that the order of the archive does
    not matter.
    """
    by_kind: dict[Kind, list[tuple[int, str, bytes]]] = defaultdict(list)
    for member in members:
        kind = kind_of(member.path)
        if kind is None or member.size > MAX_BYTES:
            continue
        data = document_text(member.read(), member.path, kind)
        if data is not None:
            by_kind[kind].append((zlib.crc32(member.path.encode()), member.path, data))
    taken: list[tuple[str, bytes]] = []
    for found in by_kind.values():
        n_lines = 0
        for _, path, data in sorted(found):
            if n_lines >= MAX_LINES_PER_KIND:
                break
            n_lines += min(data.count(b"\n") + 1, MAX_LINES_PER_DOCUMENT)
            taken.append((path, data))
    return [SourceFile(TEXT_LANGUAGE, project, package, path, data) for path, data in sorted(taken)]


def harvest_corpus(manifest: Manifest, cache: Path | None = None, n_jobs: int = 2) -> HarvestReport:
    """Harvests every fetched archive of the manifest and stores the labelled documents of each split.

    Archives that are missing or broken are reported and do not hold up the rest.
    """
    split_of = {package.project: package.split for package in manifest.packages}
    jobs = sorted(_archives(manifest).items(), key=lambda job: str(job[0]))
    results = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_collect)(key, project, cache) for key, project in jobs
    )
    documents: list[SourceFile] = []
    failed: dict[ArchiveKey, str] = {}
    for (key, _), result in zip(jobs, tqdm(results, total=len(jobs), desc="harvest", unit="archive"), strict=True):
        if isinstance(result, Path):
            documents.extend(load_table(result).files)
        else:
            failed[key] = result
    by_split: dict[Split, list[SourceFile]] = {split: [] for split in Split}
    for document in without_duplicates(documents, split_of):
        by_split[split_of[document.project]].append(document)
    n_lines, n_projects = {}, {}
    for split, members in by_split.items():
        shared = shares(members, TARGET_LINES[split])
        labelled = Parallel(n_jobs=n_jobs)(delayed(_labelled)(document) for document in shared)
        _store(split, labelled, cache)
        n_lines[split] = sum(len(document.masks) for document in labelled)
        n_projects[split] = len({document.project for document in labelled})
        by_split[split] = shared
    return HarvestReport({s: len(d) for s, d in by_split.items()}, n_lines, n_projects, failed)


def harvested(split: Split | str, cache: Path | None = None) -> Iterator[LabelledFile]:
    """The stored documents of a split, by project, package and path.

    Raises:
        CorpusMissingError: where nothing has been harvested.
    """
    files, truth = _paths(Split(split), cache)
    if not truth.exists():
        raise CorpusMissingError(f"no documents for {Split(split).value}: run `linewise corpus text`")
    yield from load_truth(truth, load_table(files).files)


def without_duplicates(documents: Sequence[SourceFile], split_of: Mapping[str, Split]) -> list[SourceFile]:
    """The documents without those that are, exactly or nearly, in an earlier split or twice in one."""
    candidates = [
        Candidate(
            index,
            split_of[document.project],
            TEXT_LANGUAGE,
            "\0".join(document.key),
            digest_of(document.data),
            signature_of(document.data),
        )
        for index, document in enumerate(documents)
    ]
    dropped = {found.index for found in duplicates(candidates)}
    return [document for index, document in enumerate(documents) if index not in dropped]


def shares(documents: Iterable[SourceFile], target: int) -> list[SourceFile]:
    """The documents that make up a target number of lines, with one limit for all projects, sorted by their key.

    Within a project its kinds take turns, each with its documents by the checksum of their content.
    """
    queues: dict[str, list[tuple[SourceFile, int]]] = {}
    by_project: dict[str, list[SourceFile]] = defaultdict(list)
    for document in documents:
        by_project[document.project].append(document)
    for project, members in by_project.items():
        turns: dict[Kind | None, int] = defaultdict(int)
        ordered = []
        for document in sorted(members, key=lambda d: (zlib.crc32(d.data), d.key)):
            kind = kind_of(document.path)
            turns[kind] += 1
            ordered.append((turns[kind], str(kind), document))
        ordered.sort(key=lambda item: item[:2])
        queues[project] = [(d, min(len(split_lines(d.data)), MAX_LINES_PER_DOCUMENT)) for *_, d in ordered]
    limit = _common_limit([sum(n for _, n in queue) for queue in queues.values()], target)
    taken: list[SourceFile] = []
    for queue in queues.values():
        n_lines = 0
        for document, n in queue:
            if n_lines >= limit:
                break
            n_lines += n
            taken.append(document)
    return sorted(taken, key=lambda document: document.key)


def _common_limit(available: Sequence[int], target: int) -> int:
    """The limit per project at which all projects together come to the target."""
    left, rest = target, sorted(available)
    while rest and rest[0] * len(rest) <= left:
        left -= rest.pop(0)
    return left // len(rest) if rest else max(available, default=0)


def _archives(manifest: Manifest) -> dict[ArchiveKey, str]:
    """The archives and the project of each; one that serves projects of several splits gives no documents."""
    projects: dict[ArchiveKey, dict[str, Split]] = defaultdict(dict)
    for package in manifest.packages:
        projects[package.archive][package.project] = package.split
    return {key: min(found) for key, found in projects.items() if len(set(found.values())) == 1}


def _collect(key: ArchiveKey, project: str, cache: Path | None) -> Path | str:
    """The path of an archive's documents in the cache, collected now unless they were, or why they can't be."""
    try:
        archives = archive_files(key, cache)
        stamp = "\0".join([project, *(f"{archive.name} {archive.stat().st_size}" for archive in archives)])
        digest = hashlib.sha256(f"{digest_of_modules(__package__, _DECIDING_MODULES)}\0{stamp}".encode())
        name = f"{key.registry.value}-{key.folder_name}-{digest.hexdigest()[:16]}.npz"
        target = corpus_folder(cache) / "text" / "collected" / name
        if not target.exists():
            members = (entry for archive in archives for entry in archived_files(archive, key.registry))
            save_table(target, harvest(members, project, key.name))
    except (FetchError, ArchiveError) as error:
        return str(error)
    return target


def _labelled(document: SourceFile) -> LabelledFile:
    """A document with its labels, cut to the piece that is taken of it."""
    masks, known = label_document(document.data, document.path)
    lines = lines_of(document.data)
    extra = len(lines) - MAX_LINES_PER_DOCUMENT
    start = zlib.crc32(document.data) % (extra + 1) if extra > 0 else 0
    piece = slice(start, start + MAX_LINES_PER_DOCUMENT)
    return LabelledFile(*document.key, b"".join(lines[piece]), masks[piece], known[piece])


def _paths(split: Split, cache: Path | None) -> tuple[Path, Path]:
    folder = corpus_folder(cache) / "text"
    return folder / f"{split.value}.npz", folder / f"{split.value}-truth.npz"


def _store(split: Split, documents: Sequence[LabelledFile], cache: Path | None) -> None:
    files, truth = _paths(split, cache)
    truth.unlink(missing_ok=True)
    save_table(files, [SourceFile(d.language, d.project, d.package, d.path, d.data) for d in documents])
    masks: list[NDArray[np.uint32]] = [document.masks for document in documents]
    save_truth(truth, masks, [document.known for document in documents])
