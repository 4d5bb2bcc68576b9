"""Where the corpus lives on disk.

Archives, prepared files and labels are large and can be made again, so they lie in the user's cache folder and not
beside the code: ``archives/<registry>/<name>-<version>/`` as fetched, ``corpus/files/`` after filtering and
``corpus/labelled/`` with the truth of every line.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "LINEWISE_CACHE"
"""The environment variable that names another cache folder."""


def cache_folder() -> Path:
    """The root of everything that can be made again."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("linewise"))


def archives_folder(cache: Path | None = None) -> Path:
    """Where fetched archives lie."""
    return (cache or cache_folder()) / "archives"


def corpus_folder(cache: Path | None = None) -> Path:
    """Where prepared and labelled files lie."""
    return (cache or cache_folder()) / "corpus"


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """A fresh folder to fill, which becomes ``target`` in one rename when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield partial
        if target.exists():
            shutil.rmtree(target)
        partial.chmod(0o755)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``target`` in one rename when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
