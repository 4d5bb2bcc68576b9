"""The corpus as training and evaluation read it: prepared files, and labelled files, by split and language.

Prepared files lie in ``corpus/files/<split>/<language>.npz``. Their truth lies apart, in chunks of some tens of
thousands of lines, ``corpus/labelled/<split>/<language>/``: a chunk's name is the digest of its contents and of the
oracle that labelled it, so a changed file or a changed query makes new just the chunks it bears on.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linewise.features.languages import LANGUAGE_NAMES
from linewise.training.corpus.cache import corpus_folder, replaced_file
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.storage import SourceFile, load_table

CHUNK_BYTES = 1_000_000
"""A chunk of files ends with the file that reaches this size: some 30,000 lines, seconds of labelling."""


KEPT_SECONDS = 24 * 3600
"""How long chunks of another oracle or of other files are kept."""


class CorpusMissingError(RuntimeError):
    """Files or labels are not in the cache; the message says which and the command that makes them."""


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """One file with the truth of its lines.

    Attributes:
        language, project, package, path, data: as in SourceFile.
        masks: uint32 of shape (n_lines,), each line's labels as a bit mask.
        known: bool of shape (n_lines,); False where the truth could not be told and the mask must not be used.
    """

    language: str
    project: str
    package: str
    path: str
    data: bytes
    masks: NDArray[np.uint32]
    known: NDArray[np.bool_]


def files_path(split: Split | str, language: str, cache: Path | None = None) -> Path:
    """Where the prepared files of one split and language are stored."""
    return corpus_folder(cache) / "files" / Split(split).value / f"{language}.npz"


def prepared_languages(split: Split | str, cache: Path | None = None) -> tuple[str, ...]:
    """The languages that have prepared files in a split, in the order of the vocabulary."""
    return tuple(name for name in LANGUAGE_NAMES if files_path(split, name, cache).exists())


def iter_files(split: Split | str, language: str, cache: Path | None = None) -> Iterator[SourceFile]:
    """The prepared files of one split and language, sorted by project, package and path.

    Raises:
        CorpusMissingError: where they have not been prepared.
    """
    path = files_path(split, language, cache)
    if not path.exists():
        raise CorpusMissingError(
            f"no prepared {language} files for {Split(split).value}: run `linewise corpus prepare`"
        )
    yield from load_table(path).files


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive files of one split and language that are labelled and stored together."""

    split: Split
    language: str
    files: tuple[SourceFile, ...]
    digest: str

    def path(self, oracle_digest: str, cache: Path | None = None) -> Path:
        """Where its truth under that oracle is stored."""
        key = hashlib.sha256(f"{self.digest}\0{oracle_digest}".encode()).hexdigest()[:32]
        return labelled_folder(self.split, self.language, cache) / f"{key}.npz"


def labelled_folder(split: Split | str, language: str, cache: Path | None = None) -> Path:
    """Where the truth of one split and language is stored."""
    return corpus_folder(cache) / "labelled" / Split(split).value / language


def chunks(split: Split | str, language: str, cache: Path | None = None) -> Iterator[Chunk]:
    """The files of one split and language cut into chunks; the same files always give the same chunks."""
    members: list[SourceFile] = []
    size = 0
    for file in iter_files(split, language, cache):
        members.append(file)
        size += len(file.data)
        if size >= CHUNK_BYTES:
            yield _chunk_of(Split(split), language, members)
            members, size = [], 0
    if members:
        yield _chunk_of(Split(split), language, members)


def _chunk_of(split: Split, language: str, files: Sequence[SourceFile]) -> Chunk:
    digest = hashlib.sha256()
    for file in files:
        # The path counts too: a file's name may choose its dialect (.tsx).
        digest.update(f"{file.path}\0{len(file.data)}\0".encode())
        digest.update(file.data)
    return Chunk(split, language, tuple(files), digest.hexdigest())


def save_truth(path: Path, masks: Sequence[NDArray[np.uint32]], known: Sequence[NDArray[np.bool_]]) -> None:
    """Stores the truth of a chunk's files, in their order, in one rename."""
    offsets = np.cumsum([0, *(len(mask) for mask in masks)], dtype=np.int64)
    with replaced_file(path) as partial, partial.open("wb") as stream:
        np.savez(
            stream,
            offsets=offsets,
            masks=np.concatenate([*masks, np.empty(0, np.uint32)]).astype(np.uint32),
            known=np.concatenate([*known, np.empty(0, np.bool_)]).astype(np.bool_),
        )


def load_truth(path: Path, files: Sequence[SourceFile]) -> Iterator[LabelledFile]:
    """A chunk's files with their stored truth."""
    with np.load(path, allow_pickle=False) as stored:
        offsets, masks, known = stored["offsets"].tolist(), stored["masks"], stored["known"]
    for index, file in enumerate(files):
        span = slice(offsets[index], offsets[index + 1])
        yield LabelledFile(*file.key, file.data, masks[span], known[span])


def mark_current(
    split: Split, language: str, oracle_digest: str, parts: Sequence[Chunk], cache: Path | None = None
) -> None:
    """Declares a split and language completely labelled under one oracle, and removes chunks no longer of use.

    Chunks of today are left alone, because another run, with a changed oracle, may be at work on them.

    Raises:
        CorpusMissingError: where a chunk is not there after all.
    """
    folder = labelled_folder(split, language, cache)
    current = {part.path(oracle_digest, cache) for part in parts}
    if not all(path.exists() for path in current):
        raise CorpusMissingError(f"chunks of {language} in {split.value} vanished: run `linewise corpus label` again")
    with replaced_file(folder / _CURRENT) as partial:
        partial.write_text(oracle_digest, encoding="ascii")
    for path in folder.glob("*.npz"):
        if path not in current and time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink()


_CURRENT = "oracle.txt"


def current_oracle(split: Split | str, language: str, cache: Path | None = None) -> str | None:
    """The digest of the oracle whose labels of a split and language are complete; None where there are none."""
    path = labelled_folder(split, language, cache) / _CURRENT
    return path.read_text("ascii") if path.exists() else None


def labelled_files(split: Split | str, language: str, cache: Path | None = None) -> Iterator[LabelledFile]:
    """The labelled files of one split and language, in the order of ``iter_files``.

    Raises:
        CorpusMissingError: where files are not prepared or not labelled, or were prepared anew after labelling.
    """
    oracle_digest = current_oracle(split, language, cache)
    missing = f"{language} files of {Split(split).value} are not labelled: run `linewise corpus label`"
    if oracle_digest is None:
        raise CorpusMissingError(missing)
    for chunk in chunks(split, language, cache):
        path = chunk.path(oracle_digest, cache)
        if not path.exists():
            raise CorpusMissingError(missing)
        yield from load_truth(path, chunk.files)
