"""The public benchmark: a model and its rivals on the labelled lines of a split, language by language in parallel."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata, resources
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from linewise.features.labels import Group
from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import store
from linewise.training import corpus
from linewise.training.trainer.evaluation import Counts, Figures

from .bindings import BindingCounts
from .calibration import Calibration
from .cases import STARTS_INSIDE, Told
from .conformance import Conformance
from .measuring import MODEL, TEXT, LanguageResult, Plan, Scores, ViewResult, files_of, measure_language
from .results import digest_of_code, remembered
from .tallies import Decisions, HiddenRegions, ProjectCounts, merged
from .unseen.measuring import Unseen

SURFACE_AND_CONSTRUCT = (Group.SURFACE, Group.CONSTRUCT)
REGION = (Group.REGION,)
_SLOWEST = "typescript"
"""It is begun first, so that it is not waited for alone: two dialects, and what does not parse is mended in each."""
_VERSIONS_OF = ("numpy", "scipy", "scikit-learn", "tree-sitter", "pygments")


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """Share of documents whose language is right, and the same with C/C++ and JavaScript/TypeScript merged."""

    name: str
    apart: float
    merged: float
    n_documents: int


@dataclass(frozen=True)
class Accuracy:
    """All that was counted of one model on one split.

    Attributes:
        languages: by language, without the text part.
        text: the text part: READMEs, logs, traces, mails, some mixed with code.
        unseen: languages that no training data holds; None where they were not measured.
        conformance: the files labelled by hand; None where they were not measured.
        split_digest: of the test split's files; None on validation.
        manifest_digest: of the corpus manifest.
    """

    plan: Plan
    model_digest: str
    split_digest: str | None
    languages: Mapping[str, LanguageResult]
    text: LanguageResult
    seconds: float
    versions: Mapping[str, str] = field(default_factory=dict)
    manifest_digest: str = ""
    unseen: Unseen | None = None
    conformance: Conformance | None = None

    @property
    def cpu_seconds(self) -> float:
        """What the languages and the text part took of one core, in whichever run that was."""
        return sum(result.cpu_seconds for result in (self.text, *self.languages.values()))

    def views(self, view: str, told: Told = Told.NOTHING) -> dict[str, ViewResult]:
        """The model's results on a view by language; languages without such cases are left out."""
        found = {name: result.views.get((view, told)) for name, result in self.languages.items()}
        return {
            name: result for name, result in found.items() if result is not None and result.scores.all.total.n_lines
        }

    def figures(self, view: str, told: Told = Told.NOTHING, *, visible: bool = False) -> Figures:
        """The model's figures on a view; `visible`: region labels only where the view gives evidence of them."""
        return _figures({name: result.scores for name, result in self.views(view, told).items()}, visible)

    def projects(self, view: str, *, visible: bool = False) -> list[ProjectCounts]:
        """The same by language and project, nothing told."""
        return [r.scores.visible if visible else r.scores.all for r in self.views(view).values()]

    def rival_figures(self, view: str, name: str, *, visible: bool = False) -> Figures | None:
        """Anyone's figures on the sample of a view that all were given; None where not asked."""
        scores = {language: result.rivals.get((view, name)) for language, result in self.languages.items()}
        found = {language: value for language, value in scores.items() if value is not None}
        return _figures(found, visible) if found else None

    def literals(self, name: str) -> Figures | None:
        """Anyone's figures on windows that start inside a literal, of both kinds together; None where not asked.

        The model's own are of all such windows, those of the others of the sample that they were given.
        """
        parts: dict[str, list[Counts]] = {}
        for language, result in self.languages.items():
            for view in STARTS_INSIDE.values():
                own = result.views.get((view, Told.NOTHING)) if name == MODEL else None
                scores = own.scores if own is not None else result.rivals.get((view, name))
                if scores is not None:
                    parts.setdefault(language, []).append(scores.all.total)
        return Figures({language: merged(counts) for language, counts in parts.items()}) if parts else None

    def damage(self, kinds: Sequence[str], name: str) -> Figures:
        """Anyone's figures around some kinds of damage taken together."""
        return Figures(
            {
                language: merged([result.damage[kind, name] for kind in kinds])
                for language, result in self.languages.items()
            }
        )

    def hidden(self, view: str) -> dict[str, HiddenRegions]:
        """What cannot be known on a view, by language."""
        return {name: result.hidden for name, result in self.views(view).items()}

    def calibration(self, view: str) -> Calibration:
        """The predictions of all languages and of the text part on a view, with the context told."""
        total = Calibration()
        for result in (*self.views(view, Told.CONTEXT).values(), self.text.views.get((view, Told.CONTEXT))):
            if result is not None and result.calibration is not None:
                total.merge(result.calibration)
        return total

    def decisions(self, view: str, mode: str) -> Decisions:
        """All languages' decisions of a mode on a view."""
        total = Decisions()
        for result in self.views(view).values():
            total.merge(result.decisions[mode])
        return total

    def bindings(self, view: str) -> dict[str, BindingCounts]:
        """Plain bindings on a view, by language that declares by assigning."""
        found = {name: result.bindings for name, result in self.views(view).items()}
        return {name: counts for name, counts in found.items() if counts.n_first + counts.n_later}

    def detection(self) -> list[LanguageFigures]:
        """How often the language is found, by view; languages count alike."""
        results = [result.detection for result in self.languages.values()]
        rows = []
        for name in results[0]:
            counts = np.array([result[name] for result in results], dtype=np.float64)
            shares = counts[:, 1:] / np.maximum(counts[:, :1], 1)
            apart, both = shares.mean(axis=0).tolist()
            rows.append(LanguageFigures(name, apart, both, int(counts[:, 0].sum())))
        return rows


def measure_accuracy(
    plan: Plan,
    split_digest: str | None = None,
    languages: Sequence[str] = LANGUAGE_NAMES,
    n_jobs: int = 2,
    results: Path | None = None,
) -> Accuracy:
    """Run languages and the text part through the benchmark, each in a process of its own.

    Args:
        plan: what is measured.
        split_digest: of the test split's files.
        languages: which ones.
        n_jobs: so many at a time.
        results: the folder in which each language's result is kept, and looked for first; None keeps none.

    Raises:
        ModelError: the model cannot be used.
        CorpusMissingError: the split is not prepared and labelled.
    """
    began = time.monotonic()
    digest = store.load(plan.model).info.digest
    names = sorted((TEXT, *languages), key=lambda name: name != _SLOWEST)
    basis = f"{digest} {digest_of_code()}"
    running = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_measured)(name, plan, basis, results) for name in names
    )
    measured = list(tqdm(running, total=len(names), desc="measure", unit="language"))
    versions = {name: metadata.version(name) for name in _VERSIONS_OF} | {"python": platform.python_version()}
    found = {result.language: result for result in measured}
    by_language = {name: found[name] for name in languages}
    manifest = hashlib.sha256(resources.files(corpus).joinpath("manifest.toml").read_bytes())
    seconds = time.monotonic() - began
    return Accuracy(plan, digest, split_digest, by_language, found[TEXT], seconds, versions, manifest.hexdigest())


def _measured(language: str, plan: Plan, basis: str, results: Path | None) -> LanguageResult:
    # Processes share the cores already.
    with threadpool_limits(1):
        files = files_of(language, plan)
        if results is None:
            return measure_language(language, files, plan)
        return remembered(results, basis, plan, files, lambda: measure_language(language, files, plan))


def _figures(scores: Mapping[str, Scores], visible: bool) -> Figures:
    return Figures({name: (value.visible if visible else value.all).total for name, value in scores.items()})
