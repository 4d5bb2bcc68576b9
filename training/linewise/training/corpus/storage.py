"""Files of source text in one flat array file, which loads at the speed of the disk.

A table of files is stored as an uncompressed ``.npz``: all contents in one byte array, their offsets, and the names
as JSON. Whatever else goes with each file lies beside it as further arrays. Nothing in it is a pickle.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewise.training.corpus.cache import replaced_file


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the corpus: where it comes from and its bytes, in UTF-8."""

    language: str
    project: str
    package: str
    path: str
    data: bytes

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What orders and identifies it: language, project, package, path."""
        return (self.language, self.project, self.package, self.path)


@dataclass(frozen=True, slots=True)
class FileTable:
    """Stored files and the arrays that go with them, by name, each of shape (n_files, …)."""

    files: tuple[SourceFile, ...]
    extras: Mapping[str, NDArray[Any]]
    notes: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.files)


def save_table(
    path: Path,
    files: Sequence[SourceFile],
    extras: Mapping[str, NDArray[Any]] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Writes a table in one rename; ``notes`` is anything that JSON can hold."""
    offsets = np.zeros(len(files) + 1, dtype=np.int64)
    np.cumsum([len(file.data) for file in files], out=offsets[1:])
    names = [[file.language, file.project, file.package, file.path] for file in files]
    header = json.dumps({"names": names, "notes": dict(notes or {})}).encode()
    arrays: dict[str, Any] = {f"extra_{name}": array for name, array in (extras or {}).items()}
    arrays["header"] = np.frombuffer(header, dtype=np.uint8)
    arrays["offsets"] = offsets
    arrays["data"] = np.frombuffer(b"".join(file.data for file in files), dtype=np.uint8)
    with replaced_file(path) as partial, partial.open("wb") as stream:
        np.savez(stream, **arrays)


def load_table(path: Path) -> FileTable:
    """Reads a table that ``save_table`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        header = json.loads(stored["header"].tobytes())
        offsets = stored["offsets"].tolist()
        data = stored["data"].tobytes()
        extras = {name[6:]: stored[name] for name in stored.files if name.startswith("extra_")}
    files = tuple(
        SourceFile(language, project, package, name, data[offsets[index] : offsets[index + 1]])
        for index, (language, project, package, name) in enumerate(header["names"])
    )
    return FileTable(files, extras, header["notes"])


def iter_table(path: Path) -> Iterator[SourceFile]:
    """The files of a table, in their order."""
    yield from load_table(path).files
