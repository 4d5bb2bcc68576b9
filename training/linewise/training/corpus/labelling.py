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
_PER_LANGUAGE = frozenset(
    {
        "anatomy.py",
        "errors.py",
        "further.py",
        "interiors.py",
        "profile.py",
        "profiles.py",
        "rules.py",
        "unseen.py",
        "__init__.py",
    }
)


@dataclass(frozen=True, slots=True)
class LabelReport:
    """How many chunks of one split and language were labelled now, and how many were there."""

    split: Split
    language: str
    n_labelled: int
    n_present: int


def oracle_digest_of(language: str) -> str:
    """The digest of all that decides a language's labels besides the text; raises OracleError without queries."""
    profile = profile_of(language)
    digest = hashlib.sha256(_code_digest().encode())
    for field in fields(profile):
        digest.update(f"{field.name}={_plain(getattr(profile, field.name))}\0".encode())
    for dialect in profile.dialects:
        digest.update(metadata.version(dialect.module.partition(".")[0].replace("_", "-")).encode())
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
        OracleError: where the oracle fails on a file, or was changed while it labelled.
    """
    splits, languages = tuple(splits), tuple(languages)
    wanted = {(split, language): tuple(chunks(split, language, cache)) for split in splits for language in languages}
    # Taken before any process reads the oracle, and again when a part is done: only labels of one oracle are kept.
    digests = {language: oracle_digest_of(language) for language in languages}
    for (split, language), parts in wanted.items():
        digest = digests[language]
        missing = [part for part in parts if not part.path(digest, cache).exists()]
        results = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(label_chunk)(part, digest, cache) for part in missing
        )
        for _ in tqdm(results, total=len(missing), desc=f"label {split.value} {language}", unit="chunk"):
            pass
        if oracle_digest_of(language) != digest:
            for part in missing:
                part.path(digest, cache).unlink(missing_ok=True)
            raise OracleError(f"the oracle of {language} was changed while it labelled; run again")
        mark_current(split, language, digest, parts, cache)
        yield LabelReport(split, language, len(missing), len(parts) - len(missing))


def label_chunk(chunk: Chunk, oracle_digest: str, cache: Path | None = None) -> None:
    """Labels and stores one chunk; raises OracleError naming the file on which the oracle fails."""
    masks: list[NDArray[np.uint32]] = []
    known: list[NDArray[np.bool_]] = []
    for file in chunk.files:
        try:
            truth = label_file(file.data, file.language, file_name=file.path)
        except OracleError as error:
            raise OracleError(f"{file.language}/{file.package} {file.path}: {error}") from error
        if len(truth.masks) != len(split_lines(file.data)):
            raise OracleError(f"{file.language}/{file.package} {file.path}: not one label set for each line")
        masks.append(truth.masks)
        known.append(truth.known)
    save_truth(chunk.path(oracle_digest, cache), masks, known)


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
