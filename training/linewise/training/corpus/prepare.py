"""Preparing: from archives to the files of each split and language, filtered and without duplicates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed
from tqdm import tqdm

from linewise.features.lines import split_lines
from linewise.training.corpus.cache import corpus_folder, replaced_file
from linewise.training.corpus.clients import FetchError
from linewise.training.corpus.collect import collect_archive
from linewise.training.corpus.dedup import Candidate, digest_of, duplicates
from linewise.training.corpus.extract import ArchiveError
from linewise.training.corpus.filters import Reason
from linewise.training.corpus.manifest import ArchiveKey, Manifest, Package, Split
from linewise.training.corpus.shards import files_path
from linewise.training.corpus.storage import SourceFile, load_table, save_table


@dataclass(frozen=True, slots=True)
class PrepareReport:
    """What preparing did.

    Attributes:
        n_files: files kept, by (split, language).
        n_lines: lines kept, by (split, language).
        left_out: how many files were left out, by language and reason.
        failed: archives that could not be read, with the reason.
    """

    n_files: Mapping[tuple[Split, str], int]
    n_lines: Mapping[tuple[Split, str], int]
    left_out: Mapping[str, Mapping[str, int]]
    failed: Mapping[ArchiveKey, str]


def prepare(manifest: Manifest, cache: Path | None = None, n_jobs: int = 2) -> PrepareReport:
    """Collects every archive (in parallel, kept in the cache), drops duplicates and writes the tables per split.

    Archives that are missing or broken are reported and do not hold up the rest. The result depends on the manifest
    and the archives alone, not on the order or number of jobs.
    """
    by_archive: dict[ArchiveKey, list[Package]] = defaultdict(list)
    for package in manifest.packages:
        by_archive[package.archive].append(package)
    # The largest archives last long; begun first they do not leave one job alone at the end.
    jobs = sorted(by_archive.items(), key=lambda item: -len(item[1]))
    results = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_collect)(key, packages, cache) for key, packages in jobs
    )
    paths: list[Path] = []
    failed: dict[ArchiveKey, str] = {}
    for (key, _), result in zip(jobs, tqdm(results, total=len(jobs), desc="collect", unit="archive"), strict=True):
        if isinstance(result, Path):
            paths.append(result)
        else:
            failed[key] = result
    return _combine(manifest, paths, failed, cache)


def _collect(key: ArchiveKey, packages: list[Package], cache: Path | None) -> Path | str:
    try:
        return collect_archive(key, packages, cache)
    except (FetchError, ArchiveError) as error:
        return str(error)


def _combine(
    manifest: Manifest, paths: list[Path], failed: Mapping[ArchiveKey, str], cache: Path | None
) -> PrepareReport:
    split_of = {package.project: package.split for package in manifest.packages}
    files: list[SourceFile] = []
    candidates: list[Candidate] = []
    left_out: dict[str, Counter[str]] = defaultdict(Counter)
    for path in paths:
        table = load_table(path)
        for label, reasons in table.notes["left_out"].items():
            left_out[label.split("/")[0]].update(reasons)
        for file, signature in zip(table.files, table.extras["signatures"], strict=True):
            order = "\0".join(file.key)
            candidates.append(
                Candidate(len(files), split_of[file.project], file.language, order, digest_of(file.data), signature)
            )
            files.append(file)
    dropped = {found.index: found.reason for found in duplicates(tqdm(candidates, desc="compare", unit="file"))}
    for index, reason in dropped.items():
        left_out[files[index].language][reason.value] += 1
    kept: dict[tuple[Split, str], list[SourceFile]] = defaultdict(list)
    for candidate, file in zip(candidates, files, strict=True):
        if candidate.index not in dropped:
            kept[candidate.split, file.language].append(file)
    n_lines = {}
    for (split, language), members in sorted(kept.items()):
        members.sort(key=lambda file: file.key)
        n_lines[split, language] = sum(len(split_lines(file.data)) for file in members)
        save_table(files_path(split, language, cache), members)
    _remove_stale(set(kept), cache)
    _write_left_out(left_out, cache)
    n_files = {place: len(members) for place, members in kept.items()}
    return PrepareReport(n_files, n_lines, left_out, failed)


def _remove_stale(written: set[tuple[Split, str]], cache: Path | None) -> None:
    """Removes tables of an earlier run that this one has no files for."""
    wanted = {files_path(split, language, cache) for split, language in written}
    for path in (corpus_folder(cache) / "files").glob("*/*.npz"):
        if path not in wanted:
            path.unlink()


def left_out_path(cache: Path | None = None) -> Path:
    """Where the counts of files left out are kept for the statistics: lines of language, reason, count."""
    return corpus_folder(cache) / "left_out.tsv"


def _write_left_out(left_out: Mapping[str, Mapping[str, int]], cache: Path | None) -> None:
    order = [reason.value for reason in Reason]
    rows = [
        f"{language}\t{reason}\t{count}\n"
        for language, reasons in sorted(left_out.items())
        for reason, count in sorted(reasons.items(), key=lambda item: order.index(item[0]))
    ]
    with replaced_file(left_out_path(cache)) as partial:
        partial.write_text("".join(rows), encoding="utf-8")
