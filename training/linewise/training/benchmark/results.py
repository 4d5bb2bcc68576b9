"""What was measured of each language, kept on disk: a run that was stopped goes on where it was.

A result's name is the digest of all it depends on (the model, the code, the plan, the files with their truth), so one
that was measured in another way is never taken for it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

import joblib

from linewise.training.corpus.cache import cache_folder, replaced_file
from linewise.training.corpus.code_digest import digest_of_modules, meaning_of
from linewise.training.corpus.shards import LabelledFile

from .measuring import LanguageResult, Plan

KEPT_SECONDS = 7 * 24 * 3600
"""How long results that nobody asked for are kept."""
_FOLDERS = ("features", "models", "training/oracle", "training/queries", "training/benchmark/rivals")
_MODULES = {
    "linewise.training.benchmark": (
        *("bindings.py", "calibration.py", "cases.py", "damage.py", "failures.py"),
        *("measuring.py", "tallies.py"),
    ),
    "linewise.training.trainer": ("evaluation.py", "perceptron.py", "sampling.py"),
}
"""What a language's figures are made by."""
_SUFFIXES = (".py", ".c", ".h", ".scm", ".txt")
_log = logging.getLogger(__name__)


def results_folder() -> Path:
    """Where results are kept, in the user's cache."""
    return cache_folder() / "benchmark"


def digest_of_code() -> str:
    """A digest of the code and the data that bear on a figure, by what they do."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        package, _, within = folder.partition("/")
        _add(digest, folder, resources.files(f"linewise.{package}").joinpath(*within.split("/")))
    for package, names in _MODULES.items():
        digest.update(digest_of_modules(package, names).encode())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, name: str, entry: Traversable) -> None:
    for child in sorted(entry.iterdir(), key=lambda one: one.name):
        path = f"{name}/{child.name}"
        if child.is_dir():
            _add(digest, path, child)
        elif child.name.endswith(_SUFFIXES):
            text = child.read_text("utf-8")
            content = meaning_of(text) if child.name.endswith(".py") else text
            digest.update(f"{path}\0{content}\0".encode())


def remembered(
    folder: Path, basis: str, plan: Plan, files: Sequence[LabelledFile], measure: Callable[[], LanguageResult]
) -> LanguageResult:
    """What was measured of these files before, or else what `measure` gives, which is kept.

    Args:
        folder: where results are kept.
        basis: digest of the model and the code.
        plan: what is measured.
        files: one language's files, or the text documents.
        measure: measures them.
    """
    path = folder / f"{_key(basis, plan, files)}.joblib"
    if path.exists():
        try:
            return cast(LanguageResult, joblib.load(path))
        except Exception as error:  # whatever a torn file makes joblib raise
            _log.warning("%s cannot be read and is measured again: %s", path, error)
    result = measure()
    with replaced_file(path) as partial:
        joblib.dump(result, partial, compress=3)
    _forget_old_ones(folder)
    return result


def _key(basis: str, plan: Plan, files: Sequence[LabelledFile]) -> str:
    digest = hashlib.sha256(f"{basis}\0{plan.amounts}\0".encode())
    for file in files:
        digest.update("\0".join((file.language, file.project, file.package, file.path, str(len(file.data)))).encode())
        for part in (file.data, file.masks.tobytes(), file.known.tobytes()):
            digest.update(part)
    return digest.hexdigest()


def _forget_old_ones(folder: Path) -> None:
    for path in folder.glob("*.joblib"):
        if time.time() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink(missing_ok=True)
