"""One language through the whole benchmark: every view, every hint, the damage, the bindings and the rivals.

This is the unit that runs in a process of its own; what it returns adds up to the tables of the report.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import N_LABELS
from linewise.features.languages import LANGUAGE_INDEX
from linewise.models import pipeline, store
from linewise.models.network import Float32Array
from linewise.models.pipeline import Document
from linewise.models.store import MODES, LineThresholds, SavedModel
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import LabelledFile, labelled_files
from linewise.training.oracle.anatomy import Anatomy, anatomy_of
from linewise.training.oracle.evidence import REGION_COLUMNS, Evidence
from linewise.training.text.documents import text_documents
from linewise.training.trainer.evaluation import Counts
from linewise.training.trainer.perceptron import label_targets
from linewise.training.trainer.run import TEXT_SEED

from . import bindings
from .bindings import BindingCounts, PlainBindings, plain_bindings
from .calibration import Calibration
from .cases import (
    STARTS_INSIDE,
    WHOLE,
    WINDOW_LENGTHS,
    Case,
    Told,
    evidence_of_cases,
    groups,
    literal_windows,
    random_windows,
    whole_files,
    window_name,
)
from .damage import KINDS, Damage, damaged_files
from .failures import Failure, FailureList
from .rivals.highlighter import highlighted_labels
from .rivals.parser import parsed_labels
from .tallies import BoolArray, Decisions, HiddenRegions, ProjectCounts, given_labels

MODEL, HIGHLIGHTER, MAJORITY = "linewise", "Pygments", "majority"
PARSER, BARE_PARSER = "tree-sitter", "tree-sitter, no wrappers"
RIVALS = (PARSER, BARE_PARSER, HIGHLIGHTER, MAJORITY)
UNDAMAGED = "linewise, undamaged"
TEXT = "text"
BATCH_LINES = 20_000
_ALIKE = {"c": "cpp", "typescript": "javascript"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how much of it.

    Attributes:
        model: the model's folder.
        split: which split.
        seed: of all that is drawn.
        windows_per_file: at most so many windows of each length a file.
        rival_lines, rival_windows: so many lines, and at most so many windows, of a view are given to the rivals.
        damaged_files: so many files of a language get each kind of damage.
        max_files: takes so many files of a language, evenly spread; 0 for all.
    """

    model: Path
    split: Split
    seed: int = 7
    windows_per_file: int = 40
    rival_lines: int = 12_000
    rival_windows: int = 4_000
    damaged_files: int = 60
    max_files: int = 0

    @property
    def amounts(self) -> tuple[int, ...]:
        """What decides, besides the files and the model, what comes out."""
        return (self.seed, self.windows_per_file, self.rival_lines, self.rival_windows, self.damaged_files)


@dataclass
class Scores:
    """How one answerer did on one view: all labels, and with region labels where they are visible only."""

    all: ProjectCounts
    visible: ProjectCounts

    @classmethod
    def empty(cls, projects: Sequence[str]) -> Scores:
        """Nothing counted yet."""
        return cls(ProjectCounts(projects), ProjectCounts(projects))

    def add(self, projects: NDArray[np.intp], truth: BoolArray, given: BoolArray, evidence: Evidence) -> None:
        """Count some lines; arrays of shape (n_lines, N_LABELS)."""
        self.all.add(projects, truth, given)
        counted = np.ones_like(truth)
        counted[:, REGION_COLUMNS] = (evidence.visible | ~truth)[:, REGION_COLUMNS]
        self.visible.add(projects, truth & counted, given & counted)


@dataclass
class ViewResult:
    """The model on one view of one language with one thing told."""

    scores: Scores
    hidden: HiddenRegions = field(default_factory=HiddenRegions)
    calibration: Calibration | None = None
    decisions: dict[str, Decisions] = field(default_factory=dict)
    bindings: BindingCounts = field(default_factory=BindingCounts)


@dataclass
class LanguageResult:
    """All counts of one language.

    Attributes:
        views: the model's, by view and what was told.
        rivals: by view and answerer, the model among them, all on the same sample of the view's cases.
        damage: by kind of damage and answerer.
        detection: by view: documents, those whose language is right, those right when C/C++ and JavaScript/TypeScript
            are one. Headers (`.h`) are left out: they are of either language.
        failures: the most confident errors on whole files.
        cpu_seconds: what the measurement took of one core.
    """

    language: str
    n_files: int
    n_lines: int
    views: dict[tuple[str, Told], ViewResult] = field(default_factory=dict)
    rivals: dict[tuple[str, str], Scores] = field(default_factory=dict)
    damage: dict[tuple[str, str], Counts] = field(default_factory=dict)
    detection: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    cpu_seconds: float = 0.0


def files_of(language: str, plan: Plan) -> list[LabelledFile]:
    """The files of one language, or the documents of `TEXT`, that the plan takes; raises CorpusMissingError."""
    if language == TEXT:
        files = list(text_documents(plan.split, TEXT_SEED))
    else:
        files = list(labelled_files(plan.split, language))
    if plan.max_files and len(files) > plan.max_files:
        files = [files[index] for index in np.linspace(0, len(files) - 1, plan.max_files).astype(int).tolist()]
    return files


def measure_language(language: str, files: Sequence[LabelledFile], plan: Plan) -> LanguageResult:
    """Run the files of one language, or the documents of `TEXT`, through the benchmark; raises ModelError."""
    began = time.process_time()
    result = _Measurement(language, files, store.load(plan.model), plan).run()
    result.cpu_seconds = time.process_time() - began
    return result


@dataclass(frozen=True, slots=True)
class _Batch:
    """Cases with what does not depend on the answer; `scored` is of all their lines, the rest of the scored ones."""

    cases: Sequence[Case]
    scored: BoolArray
    projects: NDArray[np.intp]
    truth: BoolArray
    evidence: Evidence


class _Measurement:
    def __init__(self, language: str, files: Sequence[LabelledFile], model: SavedModel, plan: Plan) -> None:
        self._language = language
        self._files = files
        self._model = model
        self._plan = plan
        self._projects = sorted({file.project for file in files})
        index = {name: number for number, name in enumerate(self._projects)}
        self._project_of_file = np.array([index[file.project] for file in files], dtype=np.intp)
        self._anatomies: list[Anatomy] = []
        self._bindings: list[PlainBindings] = []
        self._result = LanguageResult(language, len(files), sum(len(file.masks) for file in files))

    def run(self) -> LanguageResult:
        """All parts, in order."""
        for length in (0, *WINDOW_LENGTHS):
            for told in (Told.NOTHING, Told.CONTEXT) if self._language == TEXT else ():
                self._text_view(WHOLE if not length else window_name(length), told, self._cases(length))
        if self._language == TEXT:
            return self._result
        self._anatomies = [
            anatomy_of(file.data, self._language, file.masks, file_name=file.path) for file in self._files
        ]
        if self._language in bindings.LANGUAGES:
            self._bindings = [plain_bindings(*pair) for pair in zip(self._files, self._anatomies, strict=True)]
        for length in (0, *WINDOW_LENGTHS):
            name = window_name(length) if length else WHOLE
            cases = list(self._cases(length))
            batches = [self._batch(group) for group in groups(cases, BATCH_LINES)]
            for told in Told:
                self._view(name, told, batches)
            self._rivals(name, cases)
        for end_shown, name in STARTS_INSIDE.items():
            per_file = self._plan.windows_per_file
            cases = list(literal_windows(self._files, self._anatomies, self._plan.seed, per_file, end_shown))
            batches = [self._batch(group) for group in groups(cases, BATCH_LINES)]
            for told in (Told.NOTHING, Told.CONTEXT):
                self._view(name, told, batches)
            self._rivals(name, cases)
        for kind in KINDS:
            self._damage(kind)
        self._detect()
        return self._result

    def _cases(self, length: int) -> Iterator[Case]:
        if not length:
            return whole_files(self._files)
        return random_windows(self._files, length, self._plan.seed, self._plan.windows_per_file)

    def _thresholds(self, n_lines: Sequence[int], mode: str = "balanced") -> LineThresholds:
        """A mode's thresholds for all lines of texts that have so many, (n_lines, N_LABELS)."""
        return self._model.thresholds[mode].of_lines(np.array(n_lines, dtype=np.int64))

    def _probabilities(self, documents: Sequence[Document]) -> Float32Array:
        return pipeline.answer(self._model.networks, documents).probabilities

    def _project_of_lines(self, cases: Sequence[Case]) -> NDArray[np.intp]:
        of_cases = self._project_of_file[[case.file for case in cases]]
        return np.repeat(of_cases, [len(case.masks) for case in cases])

    def _text_view(self, name: str, told: Told, cases: Iterable[Case]) -> None:
        result = ViewResult(Scores.empty(self._projects), calibration=Calibration() if told is Told.CONTEXT else None)
        for group in groups(cases, BATCH_LINES):
            scored = np.concatenate([case.scored for case in group])
            probabilities = self._probabilities([case.document(TEXT, told) for case in group])[scored]
            truth = label_targets(np.concatenate([case.masks for case in group])[scored]).astype(bool)
            given = given_labels(probabilities, self._thresholds([len(case.masks) for case in group]).taken(scored))
            result.scores.all.add(self._project_of_lines(group)[scored], truth, given)
            if result.calibration is not None:
                result.calibration.add(truth, probabilities)
        self._result.views[name, told] = result

    def _batch(self, cases: Sequence[Case]) -> _Batch:
        masks = np.concatenate([case.masks for case in cases])
        scored = np.concatenate([case.scored for case in cases])
        evidence = evidence_of_cases(cases, self._anatomies)
        return _Batch(
            cases,
            scored,
            self._project_of_lines(cases)[scored],
            label_targets(masks[scored]).astype(bool),
            evidence.taken(scored),
        )

    def _view(self, name: str, told: Told, batches: Iterable[_Batch]) -> None:
        result = ViewResult(Scores.empty(self._projects))
        if told is Told.CONTEXT:
            result.calibration = Calibration()
        if told is Told.NOTHING:
            result.decisions = {mode: Decisions() for mode in MODES}
        failures = FailureList(self._files) if name == WHOLE and told is Told.NOTHING else None
        for batch in batches:
            probabilities = self._probabilities([case.document(self._language, told) for case in batch.cases])
            n_lines = [len(case.masks) for case in batch.cases]
            thresholds = {mode: self._thresholds(n_lines, mode) for mode in MODES}
            if self._bindings:
                result.bindings.add(batch.cases, self._bindings, given_labels(probabilities, thresholds["balanced"]))
            probabilities = probabilities[batch.scored]
            thresholds = {mode: of_lines.taken(batch.scored) for mode, of_lines in thresholds.items()}
            given_in = {
                mode: given_labels(probabilities, of_lines, complete=mode != "high-confidence")
                for mode, of_lines in thresholds.items()
            }
            truth, given = batch.truth, given_in["balanced"]
            result.scores.add(batch.projects, truth, given, batch.evidence)
            if failures is not None:
                failures.add(batch.cases, batch.scored, truth, given, probabilities)
            result.hidden.add(truth, given, probabilities, batch.evidence, thresholds["high-confidence"])
            if result.calibration is not None:
                result.calibration.add(truth, probabilities)
            for mode, decisions in result.decisions.items():
                decisions.add(truth, probabilities, given_in[mode], thresholds[mode])
        self._result.views[name, told] = result
        if failures is not None:
            self._result.failures = failures.chosen()

    def _rivals(self, name: str, cases: Sequence[Case]) -> None:
        """Ask everyone for the labels of the same sample of cases."""
        sample = _sample(cases, self._plan)
        if not sample:
            return
        batch = self._batch(sample)
        documents = [case.document(self._language, Told.NOTHING) for case in sample]
        given = {
            MODEL: given_labels(
                np.concatenate([self._probabilities(part) for part in _parts(documents)]),
                self._thresholds([len(case.masks) for case in sample]),
            ),
            HIGHLIGHTER: _targets([highlighted_labels(case.text, self._language) for case in sample]),
            MAJORITY: np.broadcast_to(self._majority(), (len(batch.scored), N_LABELS)),
        }
        # Of a whole file the parser's answer is the truth itself.
        if name != WHOLE:
            read = [parsed_labels(case.text, self._language, self._files[case.file].path) for case in sample]
            given[PARSER] = _targets([readings.best for readings in read])
            given[BARE_PARSER] = _targets([readings.bare for readings in read])
        for rival, answer in given.items():
            scores = Scores.empty(self._projects)
            scores.add(batch.projects, batch.truth, answer[batch.scored], batch.evidence)
            self._result.rivals[name, rival] = scores

    def _majority(self) -> BoolArray:
        """The labels that more than half of the language's lines have, (N_LABELS,)."""
        masks = np.concatenate([file.masks[file.known] for file in self._files])
        frequent: BoolArray = label_targets(masks).mean(axis=0) > 0.5
        return frequent

    def _damage(self, kind: str) -> None:
        plan = self._plan
        counts = {name: Counts() for name in (MODEL, UNDAMAGED, PARSER)}
        damaged = damaged_files(self._files, kind, plan.seed, plan.damaged_files)
        for group in _damage_groups(damaged):
            whole = self._split([Document(self._files[damage.file].data) for damage in group])
            answers = self._split([Document(damage.text) for damage in group])
            for damage, before, after in zip(group, whole, answers, strict=True):
                file = self._files[damage.file]
                lines = damage.lines[damage.scored]
                truth = label_targets(file.masks[lines]).astype(bool)
                for name, answer, chosen in ((UNDAMAGED, before, lines), (MODEL, after, damage.scored)):
                    thresholds = self._thresholds([len(answer)]).taken(chosen)
                    counts[name].add(truth, given_labels(answer[chosen], thresholds))
                parsed = parsed_labels(damage.text, self._language, file.path, wrap=False).best[damage.scored]
                counts[PARSER].add(truth, label_targets(parsed).astype(bool))
        for name, value in counts.items():
            self._result.damage[kind, name] = value

    def _split(self, documents: Sequence[Document]) -> list[Float32Array]:
        answers = pipeline.answer(self._model.networks, documents)
        return np.split(answers.probabilities, answers.line_offsets[1:-1])

    def _detect(self) -> None:
        """Is the language found, in files, and in snippets of twenty and of five lines?"""
        index = LANGUAGE_INDEX[self._language]
        same = [
            number
            for other, number in LANGUAGE_INDEX.items()
            if _ALIKE.get(other, other) == _ALIKE.get(self._language, self._language)
        ]
        for length in (0, 20, 5):
            right = alike = total = 0
            cases = (case for case in self._cases(length) if not self._files[case.file].path.endswith(".h"))
            for group in groups(cases, BATCH_LINES):
                documents = [case.document(self._language, Told.NOTHING) for case in group]
                scores = pipeline.prepare(self._model.networks.language, documents).language_scores
                found = pipeline.likeliest(scores)
                right += int((found == index).sum())
                alike += int(np.isin(found, same).sum())
                total += len(group)
            self._result.detection[window_name(length) if length else WHOLE] = total, right, alike


def _targets(masks: Sequence[NDArray[np.uint32]]) -> BoolArray:
    """The labels of all lines of some texts, (n_lines, N_LABELS)."""
    return label_targets(np.concatenate(masks)).astype(bool)


def _parts(documents: Sequence[Document]) -> Iterator[Sequence[Document]]:
    for begin in range(0, len(documents), 1_000):
        yield documents[begin : begin + 1_000]


def _damage_groups(damaged: Iterable[Damage]) -> Iterator[list[Damage]]:
    gathered: list[Damage] = []
    for damage in damaged:
        gathered.append(damage)
        if len(gathered) == 20:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def _sample(cases: Sequence[Case], plan: Plan) -> list[Case]:
    """A random part of the cases, in their order, of about so many lines as the plan says."""
    order = np.random.default_rng(plan.seed).permutation(len(cases))[: plan.rival_windows]
    ends = np.cumsum([len(cases[index].masks) for index in order.tolist()])
    n_cases = int(np.searchsorted(ends, plan.rival_lines)) + 1
    return [cases[index] for index in sorted(order[:n_cases].tolist())]
