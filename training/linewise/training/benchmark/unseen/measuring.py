"""The model on languages that it never saw; nothing is told, since it has no name for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from linewise.models import store
from linewise.models.store import SavedModel
from linewise.training.oracle.unseen import UNSEEN
from linewise.training.trainer.evaluation import Counts, Figures, answer_with, judged, random_windows, whole_files
from linewise.training.trainer.sampling import Sample

from ..cases import WHOLE, window_name
from ..tallies import given_labels
from .sources import unseen_files

LENGTHS = (20, 7, 1)
SEED = 7


@dataclass(frozen=True, slots=True)
class Unseen:
    """What came out.

    Attributes:
        views: by view, the figures of all unseen languages.
        known: by language, the share of lines that the parser could read.
        projects: by language.
    """

    views: Mapping[str, Figures]
    known: Mapping[str, float]
    projects: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _One:
    views: Mapping[str, Counts]
    known: float
    projects: tuple[str, ...]


def measure_unseen(model: Path, cache: Path | None = None, n_jobs: int = 2) -> Unseen:
    """Label the files of every unseen language by oracle and model, and count.

    Raises:
        ModelError: the model cannot be used.
        FetchError: a package is not in the cache.
        GrammarError: a grammar is not installed.
    """
    found = dict(
        zip(UNSEEN, Parallel(n_jobs=n_jobs)(delayed(_one)(name, model, cache) for name in UNSEEN), strict=True)
    )
    views = (WHOLE, *map(window_name, LENGTHS))
    return Unseen(
        {view: Figures({name: one.views[view] for name, one in found.items()}) for view in views},
        {name: one.known for name, one in found.items()},
        {name: one.projects for name, one in found.items()},
    )


def _one(name: str, model: Path, cache: Path | None) -> _One:
    with threadpool_limits(1):
        saved = store.load(model)
        files = list(unseen_files(name, cache))
        views = {WHOLE: _counted(whole_files(files), saved)}
        for length in LENGTHS:
            views[window_name(length)] = _counted(random_windows(files, length, SEED), saved)
    n_lines = sum(len(file.known) for file in files)
    n_known = sum(int(file.known.sum()) for file in files)
    return _One(views, n_known / max(n_lines, 1), tuple(sorted({file.project for file in files})))


def _counted(samples: Iterable[Sample], model: SavedModel) -> Counts:
    counts = Counts()
    balanced = model.thresholds["balanced"]
    for truth, probabilities, thresholds in judged(samples, answer_with(model.networks), balanced):
        counts.add(truth, given_labels(probabilities, thresholds))
    return counts
