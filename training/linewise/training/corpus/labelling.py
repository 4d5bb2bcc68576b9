"""Labelling: the oracle's truth of every line of the prepared files, in parallel, kept chunk by chunk.

A chunk's truth is stored under a digest of its files and of what decides its language's labels: the oracle's code
(comments and docstrings aside), the language's profile and query files, and the grammar's release. So a run that
was interrupted goes on where it stopped, and a changed query makes anew one language's labels.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache as memoized
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from tqdm import tqdm

from linewise.features.lines import split_lines
from linewise.training.corpus.code_digest import digest_of_modules, meaning_of
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import Chunk, chunks, mark_current, save_truth
from linewise.training.oracle.errors import OracleError
from linewise.training.oracle.labelling import label_file
from linewise.training.oracle.profiles import profile_of

_ORACLE = "linewise.training.oracle"
_QUERIES = "linewise.training"
_PER_LANGUAGE = frozenset({"profiles.py", "rules.py", "__init__.py", "errors.py"})


@dataclass(frozen=True, slots=True)
class LabelReport:
    """How many chunks of one split and language were labelled now and how many were there, and the files refused."""

    split: Split
    language: str
    n_labelled: int
    n_present: int
    refused: tuple[str, ...]


def oracle_digest_of(language: str) -> str:
    """The digest of all that decides a language's labels besides the text; raises OracleError without queries."""
    profile = profile_of(language)
    digest = hashlib.sha256(_code_digest().encode())
    for field in fields(profile):
        digest.update(f"{field.name}={_plain(getattr(profile, field.name))}\0".encode())
    for dialect in profile.dialects:
        digest.update(metadata.version(dialect.module.replace("_", "-")).encode())
        for query in dialect.queries:
            source = resources.files(_QUERIES).joinpath("queries", f"{query}.scm")
            if not source.is_file():
                raise OracleError(f"the oracle has no queries {query}.scm, which {language} needs")
            text = source.read_text("utf-8")
            meaningful = (line.strip() for line in text.split("\n") if not line.lstrip().startswith(";"))
            digest.update("\n".join(line for line in meaningful if line).encode())
    return digest.hexdigest()


def label_corpus(
    splits: Iterable[Split], languages: Iterable[str], cache: Path | None = None, n_jobs: int = 2
) -> Iterator[LabelReport]:
    """Labels what is not labelled yet, one split and language after another.

    Yields:
        A report as each split and language is complete; from then on ``labelled_files`` reads it.

    Raises:
        CorpusMissingError: where files have not been prepared.
        OracleError: where the oracle cannot label a language at all.
    """
    for split in splits:
        for language in languages:
            parts = list(chunks(split, language, cache))
            digest = oracle_digest_of(language)
            wanted = [part for part in parts if not part.path(digest, cache).exists()]
            results = Parallel(n_jobs=n_jobs, return_as="generator")(
                delayed(label_chunk)(part, digest, cache) for part in wanted
            )
            progress = tqdm(results, total=len(wanted), desc=f"label {split.value} {language}", unit="chunk")
            refused = tuple(name for names in progress for name in names)
            mark_current(split, language, digest, parts, cache)
            yield LabelReport(split, language, len(wanted), len(parts) - len(wanted), refused)


def label_chunk(chunk: Chunk, oracle_digest: str, cache: Path | None = None) -> list[str]:
    """Labels and stores one chunk.

    Returns:
        The files that the oracle refused, with its reason; their lines are stored as not known.
    """
    masks: list[NDArray[np.uint32]] = []
    known: list[NDArray[np.bool_]] = []
    refused = []
    for file in chunk.files:
        n_lines = len(split_lines(file.data))
        try:
            truth = label_file(file.data, file.language, file_name=file.path)
        except ValueError as error:
            refused.append(f"{file.package} {file.path}: {error}")
            masks.append(np.zeros(n_lines, np.uint32))
            known.append(np.zeros(n_lines, np.bool_))
            continue
        if len(truth.masks) != n_lines:
            raise AssertionError(f"{file.package} {file.path}: {len(truth.masks)} labels for {n_lines} lines")
        masks.append(truth.masks)
        known.append(truth.known)
    save_truth(chunk.path(oracle_digest, cache), masks, known)
    return refused


@memoized
def _code_digest() -> str:
    modules = {entry.name for entry in resources.files(_ORACLE).iterdir() if entry.name.endswith(".py")}
    return digest_of_modules(_ORACLE, modules - _PER_LANGUAGE)


def _plain(value: Any) -> str:
    """A profile's value as text that is the same in every process."""
    if isinstance(value, frozenset):
        return repr(sorted(value))
    if isinstance(value, re.Pattern):
        return repr((value.pattern, value.flags))
    if callable(value):
        module = inspect.getmodule(value)
        return meaning_of(inspect.getsource(module)) if module else repr(value)
    return repr(value)
