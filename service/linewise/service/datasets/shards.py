"""Which files a data set consists of: the shards that paths, folders and glob patterns name.

The form of a shard is told by its name: Parquet, or JSON Lines, bare or compressed. Its name in the output is its path
below the folder that was given (or below the part of a pattern that has no wildcard), or its file name.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_JSON_LINES = (".jsonl", ".ndjson")
_PARQUET = (".parquet",)
KNOWN_NAMES = "*.parquet, *.jsonl and *.ndjson, the latter two also with .gz, .zst or .bz2"


class InputError(ValueError):
    """What was given as input is no data set that can be labelled; the message names the culprit."""


class Form(StrEnum):
    """How a shard holds its rows."""

    PARQUET = "parquet"
    JSON_LINES = "jsonl"


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of rows: where it is, what it is called in the output, and what it was like when it was listed.

    ``compression`` is pyarrow's name of the codec around the whole file, None for Parquet and bare JSON Lines.
    """

    path: str
    name: str
    form: Form
    compression: str | None
    size: int
    mtime_ns: int


def find_shards(inputs: Iterable[str], output: Path) -> list[Shard]:
    """The shards of a data set, sorted by their names in the output.

    Args:
        inputs: files, folders and glob patterns. In a folder (and its subfolders) the files count whose names tell a
            form, hidden ones and those that begin with ``_`` excepted, as with Spark and Arrow.
        output: the folder that will be written, which must not lie where it would be read.

    Raises:
        InputError: there is no such file, its form is unknown, nothing was found, or two shards have one name.
    """
    found: dict[str, Shard] = {}
    for given in inputs:
        for path, name in _expand(given, output.resolve()):
            shard = _shard(path, name)
            other = found.get(shard.name)
            if other is not None and not os.path.samefile(other.path, shard.path):
                raise InputError(f"two inputs would both be written as {name}: {other.path} and {path}")
            found.setdefault(shard.name, shard)
    return [found[name] for name in sorted(found)]


def _expand(given: str, output: Path) -> Iterator[tuple[str, str]]:
    """The files that one argument stands for, each with its name in the output."""
    if os.path.isdir(given):
        if output.is_relative_to(Path(given).resolve()):
            raise InputError(f"the output {output} lies inside the input {given}, and would be read as its part")
        names = sorted(_walk(given))
        if not names:
            raise InputError(f"{given} holds no {KNOWN_NAMES}")
        yield from ((os.path.join(given, name), name) for name in names)
    elif os.path.exists(given):
        yield given, os.path.basename(given)
    else:
        paths = [path for path in sorted(glob.glob(given, recursive=True)) if os.path.isfile(path)]
        if not paths:
            raise InputError(f"there is no {given}")
        base = _fixed_part(given)
        yield from ((path, os.path.relpath(path, base)) for path in paths)


def _fixed_part(pattern: str) -> str:
    """The folder of a glob pattern in front of its first wildcard."""
    parts = Path(pattern).parts
    wild = next(index for index, part in enumerate((*parts, "*")) if glob.has_magic(part))
    return os.path.join(*parts[:wild]) if wild else "."


def _walk(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in files:
            if not name.startswith((".", "_")) and _form_of(name) is not None:
                yield os.path.relpath(os.path.join(place, name), folder)


def _form_of(name: str) -> tuple[Form, str | None] | None:
    """The form that a file name tells, and the compression around it."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix in _PARQUET:
        return Form.PARQUET, None
    if suffix in _JSON_LINES:
        return Form.JSON_LINES, None
    if suffix in _COMPRESSIONS and stem.endswith(_JSON_LINES):
        return Form.JSON_LINES, _COMPRESSIONS[suffix]
    return None


def _shard(path: str, name: str) -> Shard:
    told = _form_of(name)
    if told is None:
        raise InputError(f"{path}: its name tells no form that can be read; known are {KNOWN_NAMES}")
    if not os.path.isfile(path):
        raise InputError(f"{path} is no regular file")
    # Absolute, for the workers of a cluster have working folders of their own.
    state = os.stat(path)
    return Shard(os.path.abspath(path), name, *told, state.st_size, state.st_mtime_ns)
